/* Whether newcomers are let in. A server that has more to do than it can refuses who would come and
 * keeps who is in: what it is measured by goes over a bound, and newcomers are refused at once; all
 * of it stays below three quarters for a while, and they are let in again. Pure: the time and the
 * measures are arguments. Owner: one thread. */
#ifndef ORIEL_SERVER_HTTP_ADMISSION_H
#define ORIEL_SERVER_HTTP_ADMISSION_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What may be too much, in the order in which it is told. X(symbol, name) */
#define ADMISSION_MEASURES(X)                                                               \
    X(ADMISSION_LAG, "lag")         /* of the control thread: p99 of ten seconds [us] */    \
    X(ADMISSION_WORKERS, "workers") /* processor time of the least busy worker [%] */       \
    X(ADMISSION_ORDERS, "orders")   /* that wait for a worker */                            \
    X(ADMISSION_PACKETS, "packets") /* lost in a second, all packet buffers being in use */ \
    X(ADMISSION_MEMORY, "memory")   /* of the process [bytes] */

#define X(sym, name) sym,
enum admission_measure { ADMISSION_MEASURES(X) ADMISSION_COUNT };
#undef X

#define ADMISSION_CALM (5 * US_PER_S) /* all must be well for so long */
#define ADMISSION_SAMPLES 200         /* of the lag: ten seconds' */
#define ADMISSION_SAMPLE_EVERY (50 * US_PER_MS)
#define ADMISSION_BUCKETS 12 /* of the histogram, and one above them */

struct admission_config {
    uint64_t most[ADMISSION_COUNT]; /* 0: whatever it is */
    uint32_t retry_s;               /* newcomers are told to come again in [s] */
};

struct admission {
    struct admission_config config;
    bool refuses;
    enum admission_measure why;      /* while it refuses, and the last time it did */
    us_t calm_since;                 /* US_NEVER: something is above three quarters */
    uint64_t times[ADMISSION_COUNT]; /* it began to refuse, by why */
    us_t samples[ADMISSION_SAMPLES]; /* of the lag: the last ones */
    size_t n_samples, next_sample;
    uint64_t buckets[ADMISSION_BUCKETS + 1]; /* all samples, by admission_bound */
    us_t sum;                                /* of all samples */
};

/* Newcomers are let in, and nothing is known yet. */
void admission_init(struct admission *a, const struct admission_config *c);
/* The control thread was so late for something that was due. */
void admission_sample(struct admission *a, us_t lag);
/* 99 of 100 of the last samples were no later than this; 0 without any. */
us_t admission_lag_p99(const struct admission *a);
/* What it is now; the lag is known. True when newcomers are refused from now on and were not, or
 * the other way round. */
bool admission_update(struct admission *a, us_t now, const uint64_t load[ADMISSION_COUNT]);
/* The upper bound of a bucket of the histogram [us]; US_NEVER of the last. */
us_t admission_bound(size_t bucket);
const char *admission_name(enum admission_measure m);

#endif
