#include "recorder/archive/verify_words.h"

#include "base/check.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *what, *word;
} words[] = {
    {"missing", "missing"},
    {"not authentic", "changed"},
    {"malformed", "changed"},
    {"too_long", "changed"},
    {"out_of_range", "changed"},
    {"not the object that was recorded (size or hash differs)", "changed"},
    {"a personal text does not open under its key", "changed"},
    {"chain of entries broken", "changed"},
    {"entries malformed", "changed"},
    {"extra: nothing lists it", "unlisted"},
    {"not in the manifest", "unlisted"},
    {"a manifest that the catalogue does not know", "unlisted"},
    {"manifest and journal disagree", "disagrees"},
    {"the journal does not end where the manifest says", "disagrees"},
    {"the manifest lists objects that the journal does not know", "disagrees"},
    {"the catalogue and the manifest disagree", "disagrees"},
    {"the catalogue lacks segments that the manifest lists", "disagrees"},
    {"it is not signed by a key that was given", "signature"},
    {"its signature is not that of this installation", "signature"},
    {"not authentic, or the signature is wrong", "signature"},
    {"malformed, or about another recording or version", "signature"},
    {"is not closed: nothing is signed", "unclosed"},
    {"is not closed: there is no manifest", "unclosed"},
    {"is not closed: there is no manifest yet", "unclosed"},
    {"its key is lost", "key"},
    {"its key is not authentic", "key"},
    {"erased, but still stored: order it again", "left"},
    {"left behind by a shred: order it again", "left"},
    {"made by a later release: upgrade to check it", "later"},
    {"recovery found its journal damaged", "journal"},
    {"of an earlier release: no public key can check it", "unproved"},
    {"of an earlier release: cannot be checked without the key", "unproved"},
    {"cannot be checked: the public key is not here", "unproved"},
    {"signed by an earlier key of this installation", "earlier_key"},
};

const char *verify_word(const char *what) {
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i].what, what) == 0) {
            return words[i].word;
        }
    }
    return "other";
}
