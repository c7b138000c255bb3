/* A lease of numbers that must never be used twice, not even by the process that takes over when
 * this one is killed: a number may be used only below a limit that was written to shared memory
 * before. Whoever takes over begins at the limit.
 *
 * DESIGN. Writing a limit is one store, so the lease is extended in the middle of the packet path
 * when it must be, once in some thousand numbers; else it costs one comparison. It is extended when
 * half of it is used up: then what is left out by a take-over is always between LEASE_STEP / 2 and
 * LEASE_STEP numbers, never a few. Receivers take a step of thousands in RTP sequence numbers for
 * what it is, a stream that begins anew, and a small one for losses: libwebrtc asks for up to 1000
 * missing packets one by one, and counts up to 450 as lost. Nothing is leased before the first use:
 * numbers that nobody uses do not move, however often the process is killed, else a stream that
 * pauses would be 2^15 ahead of what its receiver knows after eight times, and the rollover counter
 * is guessed wrongly from there on (RFC 3711 section 3.3.1).
 *
 * Owner: whoever owns what is numbered; lives in it. */
#ifndef ORIEL_BASE_LEASE_H
#define ORIEL_BASE_LEASE_H

#include "base/seqlock.h"

#include <stdbool.h>

#define LEASE_STEP 4096 /* numbers that a limit is ahead of use, at most */
/* Numbers are below this: 48 bits are the number, 16 bits of the word say that it is one. */
#define LEASE_END_MAX ((UINT64_C(1) << 48) - 1)

struct lease {
    uint64_t renew;     /* a number from here on is reason to extend the lease */
    uint64_t limit;     /* a number below may be used */
    uint64_t end;       /* the limit is never higher */
    shared_word *place; /* where the limit is written; NULL: it is not extended */
};

/* Nobody is to take over: every number below end (at most LEASE_END_MAX) may be used. */
void lease_init(struct lease *l, uint64_t end);
/* From now on the limit is at `place`: `next` itself, the lowest number that was never used. It is
 * there when this returns. */
void lease_keep(struct lease *l, shared_word *place, uint64_t next);
/* It is not extended any more: what the limit allows may still be used. */
void lease_stop(struct lease *l);
/* It ends before `next`, and the limit says so: whoever takes over begins right there. */
void lease_end(struct lease *l, uint64_t next);
/* Extend the lease so that it covers n. False when it cannot be: n must not be used. */
bool lease_extend(struct lease *l, uint64_t n);
/* May n be used? The limit is written before the answer is yes. */
static inline bool lease_covers(struct lease *l, uint64_t n) {
    return n < l->renew || lease_extend(l, n);
}
/* The limit that was written there. ERR_FORMAT when none was. */
enum err lease_read(const shared_word *place, uint64_t *ret);

#endif
