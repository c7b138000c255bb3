/* Checks of recordings that were ordered: those that wait, the one under way, and the last of each
 * recording, for as long as this process runs and there is room. PURE. Owner: one thread. */
#ifndef ORIEL_SERVER_RECORDING_VERIFICATIONS_H
#define ORIEL_SERVER_RECORDING_VERIFICATIONS_H

#include "base/time.h"
#include "recorder/library/library_notes.h"
#include "server/recording/verification.h"

/* A check reads all of a recording, minutes of a disk: what would wait for more of them than this
 * nobody looks at any more. */
#define VERIFICATIONS_UNDER_WAY 16
/* Of which the result can be asked for; beyond that the oldest goes. */
#define VERIFICATIONS_KEPT 256

enum verification_state {
    VERIFICATION_NONE, /* nobody asked */
    VERIFICATION_WAITS,
    VERIFICATION_RUNS,
    VERIFICATION_ENDED
};

struct verification {
    uint64_t number; /* of the order, from 1 */
    enum verification_state state;
    char recording[RECORDING_ID_LEN + 1];
    char who[LIBRARY_NOTE_MAX]; /* ordered it */
    uint16_t permille;          /* of its objects, while it runs */
    wall_t ordered, ended;
    struct verification_end end; /* when it has ended: */
    char *findings;              /* elements of a JSON array; NULL: none. Heap */
    size_t findings_len;         /* [bytes] */
    uint32_t n_findings;
    uint32_t left_out; /* findings beyond those */
};

struct verifications {
    uint64_t numbers; /* given out */
    struct verification of[VERIFICATIONS_KEPT];
};

/* Forget all of them. */
void verifications_clear(struct verifications *v);
/* Order one: the entry, whose state is VERIFICATION_WAITS and number new; or, when one of the
 * recording waits or runs, that one, *ret_new false. NULL: too many are under way. */
const struct verification *verifications_order(struct verifications *v, const char *recording,
                                               const char *who, wall_t now, bool *ret_new);
/* It is under way, that far; of one that is not known, or has ended, nothing. */
void verifications_run(struct verifications *v, uint64_t number, uint16_t permille);
/* It has ended as *e says, whose number, times, end and findings are taken over. NULL: there is no
 * such; then its findings stay the caller's. */
const struct verification *verifications_end(struct verifications *v, const struct verification *e);
/* NULL: nobody asked, or it is forgotten. */
const struct verification *verifications_find(const struct verifications *v, const char *recording);
uint32_t verifications_under_way(const struct verifications *v);

/* As docs/api.md says, also of NULL. */
void verification_put(struct buffer *b, const struct verification *v);

#endif
