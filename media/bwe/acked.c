#include "media/bwe/acked.h"

void acked_add(struct acked *a, us_t at, uint32_t size) {
    int64_t bucket = at / ACKED_BUCKET;
    if (a->first == 0) {
        a->first = at;
        a->first_size = size;
        a->head = bucket;
    }
    if (bucket <= a->head - ACKED_BUCKETS) {
        return; /* older than anybody asks for */
    }
    for (int64_t skipped = 0; a->head < bucket && skipped < ACKED_BUCKETS; skipped++) {
        a->head++;
        a->bytes[(uint64_t)a->head % ACKED_BUCKETS] = 0;
    }
    if (a->head < bucket) {
        a->head = bucket; /* all are cleared */
    }
    a->newest = us_max(a->newest, at);
    a->bytes[(uint64_t)bucket % ACKED_BUCKETS] += size;
}

uint64_t acked_begun(const struct acked *a) {
    us_t span = a->newest - a->first;
    uint64_t bytes = 0;
    if (a->first == 0 || span < ACKED_BUCKET || span >= (ACKED_BUCKETS - 1) * ACKED_BUCKET) {
        return 0;
    }
    for (unsigned i = 0; i < ACKED_BUCKETS; i++) {
        bytes += a->bytes[i];
    }
    return (bytes - a->first_size) * 8 * US_PER_S / (uint64_t)span;
}

uint64_t acked_rate(const struct acked *a, unsigned buckets) {
    us_t from = us_max((a->head - buckets + 1) * ACKED_BUCKET, a->first);
    us_t span = a->newest - from;
    uint64_t bytes = 0;
    if (a->first == 0 || span < (us_t)(buckets - 2) * ACKED_BUCKET) {
        return 0;
    }
    for (unsigned i = 0; i < buckets; i++) {
        bytes += a->bytes[(uint64_t)(a->head - i) % ACKED_BUCKETS];
    }
    return bytes * 8 * US_PER_S / (uint64_t)span;
}
