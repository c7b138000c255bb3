#include "bench/histogram.h"

#define LINEAR_BITS 5 /* values below 32 have a bucket each */
#define LINEAR (1U << LINEAR_BITS)

static unsigned bucket_of(uint64_t v) {
    if (v < LINEAR) {
        return (unsigned)v;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(v) - LINEAR_BITS;
    unsigned i = (shift + 1) * LINEAR + (unsigned)(v >> shift) - LINEAR;
    return i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1;
}

/* The smallest value of a bucket. */
static uint64_t value_of(unsigned i) {
    return i < LINEAR ? i : (uint64_t)(i % LINEAR + LINEAR) << (i / LINEAR - 1);
}

void histogram_add(struct histogram *h, us_t duration) {
    us_t v = us_max(duration, 0);
    h->n++;
    h->max = us_max(h->max, v);
    h->bucket[bucket_of((uint64_t)v)]++;
}

us_t histogram_quantile(const struct histogram *h, double q) {
    uint64_t below = 0, rank = (uint64_t)(q * (double)h->n);
    if (h->n == 0) {
        return 0;
    }
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        below += h->bucket[i];
        if (below > rank) {
            return us_min((us_t)value_of(i), h->max);
        }
    }
    return h->max;
}

double histogram_ms(const struct histogram *h, double q) {
    return (double)histogram_quantile(h, q) / (double)US_PER_MS;
}
