/* What was ordered of a recording, and stands written: a hold, a shred. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_NOTES_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_NOTES_H

#include "recorder/library/library.h"

#define LIBRARY_NOTE_MAX 129 /* [bytes] with the NUL; what is longer was cut */

struct library_note {
    wall_t at;
    char who[LIBRARY_NOTE_MAX], why[LIBRARY_NOTE_MAX];
};
/* Who holds it, since when and why. ERR_UNKNOWN: it is not held. Owner: the library's thread. */
enum err library_held(struct library *l, const char *id, struct library_note *ret);
/* Who had it shredded, the recording or, with participant, that one alone or with all of it; from
 * then on nothing of it can be opened, whatever else the order is still to do. ERR_UNKNOWN: it was
 * not. ret may be NULL. Owner: the library's thread. */
enum err library_shredded(struct library *l, const char *id, uint64_t participant,
                          struct library_note *ret);

typedef void library_each_shred(void *ctx, const char *id, uint64_t participant);
/* Shreds that the catalogue has not heard of: whoever carried them out died behind the keys. The
 * keys are gone; names and titles are not until the order is given again. participant 0: all of the
 * recording. Owner: the library's thread. */
enum err library_each_unfinished(struct library *l, library_each_shred *each, void *ctx);

/* An order to shred that was carried out, for whoever else was told of people in recordings. */
struct library_erasure {
    char recording[RECORDING_ID_LEN + 1];
    uint64_t participant; /* 0: all of it */
    wall_t at;
    int64_t place; /* among all of them, from 1: grows with each */
};
typedef enum err library_each_erasure(void *ctx, const struct library_erasure *x);
/* Those behind this place, in their order, until `each` says an error, which is returned. dir is as
 * in library_config: nothing else of the library is opened, and no key is needed. When the list is
 * shorter than that it is another one, of a backup: all of it. No list yet: OK. ERR_IO, ERR_FORMAT,
 * ERR_UNSUPPORTED, ERR_NOMEM. Thread: any. */
enum err library_erasures(const char *dir, int64_t behind, library_each_erasure *each, void *ctx);

#endif
