/* When to try again. Sans-I/O. Thread: any. */
#ifndef ORIEL_SERVER_EVENTS_RETRY_H
#define ORIEL_SERVER_EVENTS_RETRY_H

#include "base/rng.h"
#include "base/time.h"

struct retry_policy {
    us_t first; /* [us] after one failure */
    us_t most;  /* [us] it doubles up to this */
};

/* [us] How long to wait after so many failures in a row (from 1): a random time of the doubled
 * one's upper half, so that many who failed together do not come back together ("equal jitter",
 * AWS Architecture Blog, Exponential Backoff And Jitter). */
us_t retry_after(const struct retry_policy *p, uint32_t failures, const struct rng *rng);

#endif
