/* Lets video to a viewer out no faster than a quarter more than what its path carries, so that a
 * key frame does not stand in the way of speech there. What has to wait stays in its feed's cache:
 * its stream is behind (queue.h). Speech and retransmissions never wait, but count. Owner: the
 * engine's thread; lives in a queue. */
#ifndef ORIEL_MEDIA_OUT_PACER_H
#define ORIEL_MEDIA_OUT_PACER_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>

#define PACER_FACTOR_NUM 5 /* ours; libwebrtc kDefaultPaceMultiplier: 2.5, for one encoder */
#define PACER_FACTOR_DEN 4
#define PACER_BURST (40 * US_PER_MS) /* libwebrtc kMaxBurstSize: trains of 16 stay whole */
#define PACER_DEBT (100 * US_PER_MS) /* ours */
#define PACER_DEBT_MIN 1500          /* [bytes] a packet */
#define PACER_STEP (5 * US_PER_MS)   /* libwebrtc kMinSleepTime: what waits goes in such steps */
#define PACER_BURST_MIN 12000        /* [bytes] and at low rates a frame does */

struct pacer {
    uint64_t rate;  /* [bit/s] it lets out; 0: everything */
    us_t at;        /* [us] tokens are of this time */
    int64_t tokens; /* [bytes] that may go; below 0: went before its time */
};

/* What may go at once [bytes] after a pause. */
static inline int64_t pacer_burst(const struct pacer *p) {
    int64_t burst = (int64_t)(p->rate * PACER_BURST / 8 / US_PER_S);
    return burst > PACER_BURST_MIN ? burst : PACER_BURST_MIN;
}

/* What went before its time, retransmissions above all, is not held against what waits for longer
 * than this: they are not asked for any more then, and the estimate knows of the queue. */
static inline int64_t pacer_debt(const struct pacer *p) {
    int64_t debt = (int64_t)(p->rate * PACER_DEBT / 8 / US_PER_S);
    return debt > PACER_DEBT_MIN ? debt : PACER_DEBT_MIN;
}

/* The path carries this much from now on [bit/s]; 0: it is not known, nothing waits. full: a queue
 * stands there already, and is to go. */
static inline void pacer_set(struct pacer *p, us_t now, uint64_t carried, bool full) {
    bool off = p->rate == 0;
    p->rate = full ? carried : carried * PACER_FACTOR_NUM / PACER_FACTOR_DEN;
    int64_t debt = pacer_debt(p);
    p->tokens = p->tokens < -debt ? -debt : p->tokens;
    if (off) {
        p->at = now;
        p->tokens = pacer_burst(p);
    }
}

/* Something that may wait: may it go now? */
static inline bool pacer_lets(struct pacer *p, us_t now) {
    if (p->rate == 0) {
        return true;
    }
    if (now > p->at) {
        us_t passed = us_min(now - p->at, US_PER_S);
        int64_t burst = pacer_burst(p);
        p->tokens += (int64_t)((uint64_t)passed * p->rate / 8 / US_PER_S);
        p->tokens = p->tokens < burst ? p->tokens : burst;
        p->at = now;
    }
    return p->tokens > 0;
}

/* n bytes went. */
static inline void pacer_spend(struct pacer *p, size_t n) {
    int64_t debt = pacer_debt(p);
    p->tokens -= p->rate ? (int64_t)n : 0;
    p->tokens = p->tokens < -debt ? -debt : p->tokens;
}

/* When what waits for it may go [us], in steps, so that trains form; what may go already, because
 * something else has asked meanwhile or nothing waits any more, does not wait for another step. */
static inline us_t pacer_next(const struct pacer *p) {
    if (p->rate == 0 || p->tokens > 0) {
        return p->at;
    }
    us_t wait = (us_t)((uint64_t)(1 - p->tokens) * 8 * US_PER_S / p->rate);
    return p->at + us_max(wait, PACER_STEP);
}

#endif
