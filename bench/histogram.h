/* Quantiles of many durations in little memory: buckets that grow with the value, so that any
 * answer is right to 3 %. Owner: one thread. */
#ifndef ORIEL_BENCH_HISTOGRAM_H
#define ORIEL_BENCH_HISTOGRAM_H

#include "base/time.h"

#define HISTOGRAM_BUCKETS 896 /* 32 for each power of two up to an hour */

struct histogram { /* a zeroed struct is empty */
    uint64_t n;
    us_t max;
    uint32_t bucket[HISTOGRAM_BUCKETS];
};

/* Negative durations count as 0, those over an hour as an hour. */
void histogram_add(struct histogram *h, us_t duration);
/* The duration below which the share q (0..1) of all lies; 0 of an empty one. */
us_t histogram_quantile(const struct histogram *h, double q);
/* The same in milliseconds. */
double histogram_ms(const struct histogram *h, double q);

#endif
