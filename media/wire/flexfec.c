#include "media/wire/flexfec.h"

#include "media/wire/rtp.h"

#include <string.h>

bool flexfec_takes(const struct flexfec *f, uint16_t seq, size_t len) {
    return len <= FLEXFEC_BODY_MAX && (f->n == 0 || (uint16_t)(seq - f->base) < FLEXFEC_SPAN);
}

static void sum(uint8_t *to, struct bytes b) {
    for (size_t i = 0; i < b.n; i++) {
        to[i] ^= b.p[i];
    }
}

void flexfec_add(struct flexfec *f, struct bytes header, const struct bytes *piece, unsigned n) {
    const uint8_t *h = header.p;
    uint16_t seq = be16(h + 2);
    size_t len = header.n - RTP_FIXED_HEADER;
    if (f->n == 0) {
        f->base = seq;
        f->ssrc = be32(h + 8);
    }
    sum(f->body, bytes_of(h + RTP_FIXED_HEADER, len));
    for (unsigned i = 0; i < n; i++) {
        sum(f->body + len, piece[i]);
        len += piece[i].n;
    }
    f->n++;
    f->mask |= (uint16_t)(0x4000 >> (uint16_t)(seq - f->base));
    f->head[0] ^= h[0];
    f->head[1] ^= h[1];
    f->ts ^= be32(h + 4);
    f->length ^= (uint16_t)len;
    f->len = len > f->len ? len : f->len;
}

void flexfec_write_header(const struct flexfec *f, uint8_t out[FLEXFEC_HEADER]) {
    out[0] = f->head[0] & 0x3f; /* R and F: a mask of any form, no retransmission */
    out[1] = f->head[1];
    put_be16(out + 2, f->length);
    put_be32(out + 4, f->ts);
    put_be32(out + 8, 1U << 24); /* one stream; reserved */
    put_be32(out + 12, f->ssrc);
    put_be16(out + 16, f->base);
    put_be16(out + 18, 0x8000 | f->mask); /* k: no more of it */
}
