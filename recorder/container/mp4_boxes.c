#include "recorder/container/mp4_boxes.h"

#define HEADER 8 /* [bytes] of size and type */

enum err mp4_next(struct rd *r, struct mp4_box *ret) {
    const uint8_t *start = r->p;
    uint32_t size = rd_u32(r), type = rd_u32(r);
    if (r->bad) {
        return ERR_SHORT;
    }
    if (size < HEADER) {
        return size < 2 ? ERR_UNSUPPORTED : ERR_FORMAT;
    }
    if (size - HEADER > rd_left(r)) {
        return ERR_SHORT;
    }
    *ret = (struct mp4_box){.type = type, .data = rd_bytes(r, size - HEADER)};
    ret->whole = bytes_of(start, size);
    return OK;
}

void mp4_put(struct buffer *t, uint64_t v, unsigned n) {
    uint8_t b[8];
    for (unsigned i = 0; i < n; i++) {
        b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    }
    buffer_put(t, b, n);
}

void mp4_put_zeros(struct buffer *t, size_t n) {
    static const uint8_t zeros[64];
    while (n > 0) {
        size_t some = n < sizeof(zeros) ? n : sizeof(zeros);
        buffer_put(t, zeros, some);
        n -= some;
    }
}

size_t mp4_begin(struct buffer *t, uint32_t type) {
    size_t at = t->n;
    mp4_put(t, 0, 4);
    mp4_put(t, type, 4);
    return at;
}

size_t mp4_begin_full(struct buffer *t, uint32_t type, uint8_t version, uint32_t flags) {
    size_t at = mp4_begin(t, type);
    mp4_put(t, version, 1);
    mp4_put(t, flags, 3);
    return at;
}

void mp4_end(struct buffer *t, size_t at) {
    if (!t->bad) {
        put_be32((uint8_t *)t->p + at, (uint32_t)(t->n - at));
    }
}
