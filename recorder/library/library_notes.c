#include "recorder/library/library_notes.h"

#include "recorder/library/library_parts.h"

#include <string.h>

_Static_assert(LIBRARY_NOTE_MAX >= WRAPS_TEXT_MAX, "what was noted fits");

static void copy_note(const struct wraps_note *n, struct library_note *ret) {
    ret->at = n->at;
    memcpy(ret->who, n->who, sizeof(n->who));
    memcpy(ret->why, n->why, sizeof(n->why));
}

enum err library_held(struct library *l, const char *id, struct library_note *ret) {
    OWNER_CHECK(&l->owner);
    struct id recording;
    struct wraps_note n;
    enum err e =
        id_parse(id, &recording) ? wraps_held(l->archive->wraps, &recording, &n) : ERR_UNKNOWN;
    if (e == OK) {
        copy_note(&n, ret);
    }
    return e;
}

enum err library_shredded(struct library *l, const char *id, uint64_t participant,
                          struct library_note *ret) {
    OWNER_CHECK(&l->owner);
    struct key_context c = {.subject = participant};
    struct wraps_note n;
    enum err e =
        id_parse(id, &c.recording) ? wraps_shredded(l->archive->wraps, &c, &n) : ERR_UNKNOWN;
    if (e == OK && ret) {
        copy_note(&n, ret);
    }
    return e;
}
