/* Bounds-checked big-endian reading and writing. A reader or writer that runs past its end turns
 * `bad` and stays so; reads then give 0 and writes do nothing, so a parser checks once, at the
 * end. Thread: any; a value belongs to its user. */
#ifndef ORIEL_BASE_BYTES_H
#define ORIEL_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view; never owns. p may be NULL when n is 0. */
struct bytes {
    const uint8_t *p;
    size_t n; /* [bytes] */
};

struct rd {
    const uint8_t *p, *end;
    bool bad;
};

struct wr {
    uint8_t *start, *p, *end;
    bool bad;
};

/* A view of n bytes at p. */
static inline struct bytes bytes_of(const void *p, size_t n) {
    return (struct bytes){(const uint8_t *)p, n};
}
/* Same length and contents; not for secrets. */
static inline bool bytes_eq(struct bytes a, struct bytes b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* A reader over the n bytes at p, which stay the caller's. */
static inline struct rd rd_of(const void *p, size_t n) {
    /* No arithmetic on NULL, which is undefined even for n = 0. */
    return (struct rd){(const uint8_t *)p, n ? (const uint8_t *)p + n : p, false};
}
/* [bytes] not read yet. */
static inline size_t rd_left(const struct rd *r) {
    return (size_t)(r->end - r->p);
}
/* The next n bytes as a view, or an empty view and bad. */
struct bytes rd_bytes(struct rd *r, size_t n);
/* As rd_bytes, and a big-endian integer of the width named; 0 and bad past the end. */
void rd_skip(struct rd *r, size_t n);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u24(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);

/* A writer into the cap bytes at p, which stay the caller's. */
static inline struct wr wr_of(void *p, size_t cap) {
    return (struct wr){(uint8_t *)p, (uint8_t *)p, cap ? (uint8_t *)p + cap : p, false};
}
/* [bytes] written so far. */
static inline size_t wr_len(const struct wr *w) {
    return (size_t)(w->p - w->start);
}
/* [bytes] of room. */
static inline size_t wr_left(const struct wr *w) {
    return (size_t)(w->end - w->p);
}
/* Append bytes, zeros or a big-endian integer of the width named; whole or not at all. p may be
 * NULL when n is 0. */
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_zero(struct wr *w, size_t n);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u24(struct wr *w, uint32_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);

/* Unaligned big-endian access where the bounds are known already. */
static inline uint16_t be16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t be32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline void put_be16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void put_be32(uint8_t *p, uint32_t v) {
    put_be16(p, (uint16_t)(v >> 16));
    put_be16(p + 2, (uint16_t)v);
}

/* Lower-case hex: out holds 2n+1 bytes and is NUL-terminated. */
void hex_encode(char *out, const void *p, size_t n);
/* Decode exactly 2n hex digits (either case); false on anything else, out then undefined. */
bool hex_decode(uint8_t *out, size_t n, const char *hex);
/* Equality in time independent of the contents. */
bool ct_equal(const void *a, const void *b, size_t n);
/* Overwrite secrets; not removed by the optimiser. */
void mem_wipe(void *p, size_t n);

#endif
