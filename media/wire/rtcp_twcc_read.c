/* Transport-wide congestion control feedback, as the peers write it
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
 *
 * DESIGN. rtcp_twcc_begin walks all chunks once, so that the number of deltas that belong to them
 * is known to be there; reading then cannot fail in the middle. */
#include "media/wire/rtcp.h"

#define FIXED_LEN 12       /* [bytes] media SSRC, base, count, reference time, fb count */
#define TICK_US 250        /* [us] unit of a receive delta */
#define REFERENCE_US 64000 /* [us] unit of the reference time */
#define REFERENCE_BITS 24
#define RUN_BITS 13
#define VECTOR_1BIT 14 /* symbols in a one-bit status vector chunk */
#define VECTOR_2BIT 7

enum { LOST = 0, SMALL = 1, LARGE = 2, RESERVED = 3 };

/* Symbols that a chunk holds. */
static unsigned symbols_of(uint16_t chunk) {
    if (!(chunk & 0x8000)) {
        return chunk & ((1u << RUN_BITS) - 1);
    }
    return chunk & 0x4000 ? VECTOR_2BIT : VECTOR_1BIT;
}

/* Symbol number i of it. */
static unsigned symbol_at(uint16_t chunk, unsigned i) {
    if (!(chunk & 0x8000)) {
        return chunk >> RUN_BITS & 3;
    }
    if (chunk & 0x4000) {
        return chunk >> 2 * (VECTOR_2BIT - 1 - i) & 3;
    }
    return chunk >> (VECTOR_1BIT - 1 - i) & 1;
}

/* The bytes of the deltas of the first n symbols; ret_bad when one is reserved. */
static size_t deltas_of(uint16_t chunk, unsigned n, bool *ret_bad) {
    size_t sum = 0;
    if (!(chunk & 0x8000)) {
        *ret_bad = *ret_bad || symbol_at(chunk, 0) == RESERVED;
        return (size_t)n * symbol_at(chunk, 0);
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned s = symbol_at(chunk, i);
        *ret_bad = *ret_bad || s == RESERVED;
        sum += s;
    }
    return sum;
}

/* Find where the chunks of `count` packets end and see that their deltas are there. */
static enum err measure(struct rd *r, unsigned count, struct rd *ret_chunks) {
    const uint8_t *start = r->p;
    size_t deltas = 0;
    bool bad = false;
    for (unsigned left = count; left > 0 && !r->bad;) {
        uint16_t chunk = rd_u16(r);
        unsigned n = symbols_of(chunk);
        n = n < left ? n : left;
        if (n == 0 && !r->bad) {
            return ERR_FORMAT; /* a run of nothing: it would never end */
        }
        deltas += deltas_of(chunk, n, &bad);
        left -= n;
    }
    if (bad) {
        return ERR_FORMAT;
    }
    *ret_chunks = rd_of(start, (size_t)(r->p - start));
    return r->bad || deltas > rd_left(r) ? ERR_SHORT : OK;
}

/* The time of reference number `reference` that is nearest to near_us. */
static int64_t unwrap(uint32_t reference, int64_t near_us) {
    const int64_t cycle = (int64_t)1 << REFERENCE_BITS;
    int64_t at = near_us / REFERENCE_US;
    int64_t step = ((int64_t)reference - at) % cycle;
    if (step >= cycle / 2) {
        step -= cycle;
    } else if (step < -cycle / 2) {
        step += cycle;
    }
    return (at + step) * REFERENCE_US;
}

unsigned rtcp_twcc_count(const struct rtcp_packet *p) {
    return p->body.n < FIXED_LEN ? 0 : be16(p->body.p + 6);
}

enum err rtcp_twcc_begin(const struct rtcp_packet *p, int64_t near_us,
                         struct rtcp_twcc_reader *ret) {
    if (p->type != RTCP_RTPFB || p->count != RTCP_FMT_TWCC) {
        return ERR_FORMAT;
    }
    if (p->body.n < FIXED_LEN) {
        return ERR_SHORT;
    }
    struct rd r = rd_of(p->body.p, p->body.n);
    rd_skip(&r, 4);
    uint16_t seq = rd_u16(&r), count = rd_u16(&r);
    uint32_t reference = rd_u24(&r);
    uint8_t fb_count = rd_u8(&r);
    struct rd chunks;
    enum err e = measure(&r, count, &chunks);
    if (e) {
        return e;
    }
    *ret = (struct rtcp_twcc_reader){.chunks = chunks,
                                     .deltas = r,
                                     .seq = seq,
                                     .left = count,
                                     .at_us = unwrap(reference, near_us),
                                     .fb_count = fb_count};
    return OK;
}

static void load_chunk(struct rtcp_twcc_reader *r) {
    if (r->in_chunk == 0) {
        r->chunk = rd_u16(&r->chunks);
        r->in_chunk = (uint16_t)symbols_of(r->chunk);
    }
}

bool rtcp_twcc_next(struct rtcp_twcc_reader *r, struct rtcp_twcc_arrival *ret) {
    if (r->left == 0) {
        return false;
    }
    load_chunk(r);
    unsigned symbol = symbol_at(r->chunk, symbols_of(r->chunk) - r->in_chunk);
    if (symbol != LOST) {
        int ticks = symbol == SMALL ? rd_u8(&r->deltas) : (int16_t)rd_u16(&r->deltas);
        r->at_us += (int64_t)ticks * TICK_US;
    }
    *ret = (struct rtcp_twcc_arrival){r->seq, symbol != LOST, r->at_us};
    r->seq++;
    r->left--;
    r->in_chunk--;
    return true;
}

void rtcp_twcc_keep(struct rtcp_twcc_reader *r, unsigned n) {
    while (r->left > n) {
        struct rtcp_twcc_arrival a;
        load_chunk(r);
        if (r->chunk >> RUN_BITS != LOST) {
            (void)rtcp_twcc_next(r, &a); /* it has bytes of its own, so there are not many */
            continue;
        }
        unsigned over = r->left - n, lost = r->in_chunk < over ? r->in_chunk : over;
        r->seq = (uint16_t)(r->seq + lost);
        r->left = (uint16_t)(r->left - lost);
        r->in_chunk = (uint16_t)(r->in_chunk - lost);
    }
}
