/* Serial number arithmetic (RFC 1982; RFC 3550 appendix A.1) for 16-bit sequence numbers and
 * 32-bit RTP timestamps, and extenders that unwrap them to 64 bits. Thread: any. */
#ifndef ORIEL_BASE_SEQ_H
#define ORIEL_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* a - b as a signed distance, -32768..32767. */
static inline int16_t seq16_diff(uint16_t a, uint16_t b) {
    return (int16_t)(uint16_t)(a - b);
}
static inline bool seq16_newer(uint16_t a, uint16_t b) {
    return seq16_diff(a, b) > 0;
}
static inline int32_t ts32_diff(uint32_t a, uint32_t b) {
    return (int32_t)(a - b);
}
static inline bool ts32_newer(uint32_t a, uint32_t b) {
    return ts32_diff(a, b) > 0;
}

struct seq_ext {
    uint64_t high; /* highest extended value seen */
    bool any;      /* false until the first value */
};

/* Extend v near the highest value seen; advances `high` when v is newer. The first value starts
 * at 2^16 + v (2^32 + v for timestamps), so that an older one never goes below zero. */
uint64_t seq16_extend(struct seq_ext *e, uint16_t v);
uint64_t ts32_extend(struct seq_ext *e, uint32_t v);

#endif
