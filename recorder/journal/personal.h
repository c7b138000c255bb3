/* Personal text in a journal: what somebody is called (of a participant entry) or wrote (of a mark,
 * or an entry of the tour) is sealed under a key of that participant, not only under the
 * recording's as the whole journal is. So shredding a person takes the text out of a journal that
 * stays whole, chained and signed.
 *
 * Sealed: AES-256-GCM (aead.h) of the text, padded with NUL to PERSONAL_LEN bytes, so that not even
 * its length is left (of an entry of the tour to a multiple of PERSONAL_SAID_STEP); key:
 * key_ring_text; AAD: "oriel-text/1" | recording id 16 | participant 8 | the entry's type as text.
 * Owner: one thread, that of the ring. */
#ifndef ORIEL_RECORDER_JOURNAL_PERSONAL_H
#define ORIEL_RECORDER_JOURNAL_PERSONAL_H

#include "recorder/journal/entry.h"
#include "recorder/seal/ring.h"

#define PERSONAL_LEN 128 /* [bytes] that are sealed */
#define PERSONAL_SAID_STEP                                                 \
    256 /* [bytes] the same of an entry of the tour, or some times as many \
         */

/* Whether the text of this entry belongs to a participant. */
bool personal_is(const struct entry *e);
/* Seal the text of an entry, if it is personal, and make it empty; the participant's keys are made
 * if there are none (key_ring_add_subject): store them before the entry. Entries of other types are
 * left as they are. ERR_NOMEM, ERR_CRYPTO, errors of the vault; *e is as it was then. */
enum err personal_seal(struct key_ring *r, const struct rng *rng, struct entry *e);

/* Open the text of a sealed entry with this key (key_ring_text) and put it where it belongs.
 * ERR_AUTH: changed, of another entry or key, or of a type that has no personal text; ERR_LONG: of
 * a later release, and longer than this one takes; *e is as it was then. */
enum err personal_open(const uint8_t key[KEY_LEN], const struct id *recording, struct entry *e);

/* Who opens the texts of a recording's entries. NULL where nobody can. */
struct personal_opener {
    /* Put the text of a sealed entry where it belongs. ERR_GONE: the participant was shredded;
     * ERR_AUTH: not under this key, or the key is missing or damaged; ERR_LONG: this release
     * cannot; else it may pass. *e is as it was then. */
    enum err (*open)(void *ctx, struct entry *e);
    void *ctx;
};
/* With the keys on a ring, which must stay where it is. */
struct personal_opener personal_opener_of(struct key_ring *r);

#endif
