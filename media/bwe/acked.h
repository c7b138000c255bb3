/* What arrives [bit/s], by the viewer's clock. Two windows: the long one is steady, the short one
 * tells what the path carries while a queue stands before it. Owner: one worker. */
#ifndef ORIEL_MEDIA_BWE_ACKED_H
#define ORIEL_MEDIA_BWE_ACKED_H

#include "base/time.h"

#define ACKED_BUCKET (32 * US_PER_MS)
#define ACKED_BUCKETS 16 /* 512 ms; libwebrtc's acknowledged rate begins with 500 ms */
#define ACKED_SHORT 5    /* 160 ms; and goes on with 150 ms (BitrateEstimator) */

struct acked {
    us_t first;          /* [us] the first arrival; 0: none yet */
    uint32_t first_size; /* [bytes] */
    int64_t head;        /* number of the newest bucket */
    us_t newest;         /* [us] */
    uint32_t bytes[ACKED_BUCKETS];
};

/* In zeroed memory. size bytes arrived at `at` [us], not 0. */
void acked_add(struct acked *a, us_t at, uint32_t size);
/* [bit/s] over the last `buckets`; 0: not known yet. */
uint64_t acked_rate(const struct acked *a, unsigned buckets);
/* [bit/s] over all since the first arrival, as soon as that is a bucket's time ago; for the first
 * ACKED_BUCKETS only. 0: not known. */
uint64_t acked_begun(const struct acked *a);

#endif
