/* Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01
 * section 3.1).
 *
 * DESIGN. Every packet becomes a symbol first; then chunks are cut greedily from the symbols, once
 * to learn how many fit and once to write. Cutting fewer symbols never needs more chunks, hence
 * the second pass cannot run out of room. */
#include "media/wire/rtcp.h"

#define TWCC_FIXED_LEN 20       /* [bytes] header, SSRCs, base, count, reference time, fb count */
#define TWCC_STATUS_MAX 1024    /* statuses in one feedback; bounds the stack and the datagram */
#define TICK_US 250             /* [us] unit of a receive delta */
#define TICKS_PER_REFERENCE 256 /* 64 ms, unit of the reference time */
#define RUN_MAX 8191            /* 13 bits */
#define VECTOR_1BIT 14          /* symbols in a one-bit status vector chunk */
#define VECTOR_2BIT 7

/* Packet status symbols (section 3.1.1); the value of one is also the size of its delta [bytes]. */
enum { LOST = 0, SMALL = 1, LARGE = 2 };

struct feedback {
    const struct rtcp_twcc_arrival *a;
    uint8_t symbol[TWCC_STATUS_MAX];
    unsigned n;        /* symbols */
    int64_t reference; /* [64 ms] */
};

struct chunk {
    uint16_t word;
    unsigned n;    /* symbols covered */
    size_t deltas; /* [bytes] of their deltas */
};

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* The delta of an arrival to the tick before it, which moves on. */
static int64_t next_delta(const struct rtcp_twcc_arrival *a, int64_t *tick) {
    int64_t now = floor_div(a->at_us, TICK_US);
    int64_t delta = now - *tick;
    *tick = now;
    return delta;
}

static int64_t reference_tick(const struct feedback *f) {
    return f->reference * TICKS_PER_REFERENCE;
}

/* Classify up to n arrivals; stops before one whose delta is out of range. */
static void classify(struct feedback *f, unsigned n) {
    unsigned first = 0;
    while (first < n && !f->a[first].received) {
        first++;
    }
    f->n = 0;
    if (first == n) {
        return;
    }
    f->reference = floor_div(f->a[first].at_us, TICK_US * TICKS_PER_REFERENCE);
    int64_t tick = reference_tick(f);
    for (; f->n < n; f->n++) {
        if (!f->a[f->n].received) {
            f->symbol[f->n] = LOST;
            continue;
        }
        int64_t delta = next_delta(&f->a[f->n], &tick);
        if (delta < INT16_MIN || delta > INT16_MAX) {
            return;
        }
        f->symbol[f->n] = delta >= 0 && delta <= UINT8_MAX ? SMALL : LARGE;
    }
}

static unsigned run_at(const struct feedback *f, unsigned at) {
    unsigned n = 1;
    while (at + n < f->n && n < RUN_MAX && f->symbol[at + n] == f->symbol[at]) {
        n++;
    }
    return n;
}

static bool any_large(const struct feedback *f, unsigned at, unsigned n) {
    for (unsigned i = at; i < at + n; i++) {
        if (f->symbol[i] == LARGE) {
            return true;
        }
    }
    return false;
}

/* The chunk that starts with symbol number at (< f->n). */
static struct chunk chunk_at(const struct feedback *f, unsigned at) {
    unsigned left = f->n - at, run = run_at(f, at);
    unsigned n = left < VECTOR_1BIT ? left : VECTOR_1BIT;
    unsigned bits = 1;
    struct chunk c = {.n = 0};
    if (any_large(f, at, n)) {
        bits = 2;
        n = left < VECTOR_2BIT ? left : VECTOR_2BIT;
    }
    if (run >= n) {
        c.word = (uint16_t)(f->symbol[at] << 13 | run);
        c.n = run;
        c.deltas = (size_t)run * f->symbol[at];
        return c;
    }
    c.word = (uint16_t)(bits == 1 ? 0x8000 : 0xc000);
    for (; c.n < n; c.n++) {
        unsigned shift = VECTOR_1BIT - bits * (c.n + 1);
        c.word |= (uint16_t)(f->symbol[at + c.n] << shift);
        c.deltas += f->symbol[at + c.n];
    }
    return c;
}

/* How many symbols fit into room bytes behind the fixed part. A chunk may be used in part. */
static unsigned count_fitting(const struct feedback *f, size_t room) {
    unsigned at = 0;
    while (at < f->n) {
        struct chunk c = chunk_at(f, at);
        if (room < 2) {
            return at;
        }
        room -= 2;
        if (c.deltas <= room) {
            room -= c.deltas;
            at += c.n;
            continue;
        }
        while (f->symbol[at] <= room) {
            room -= f->symbol[at++];
        }
        return at;
    }
    return at;
}

static void write_deltas(struct wr *w, const struct feedback *f) {
    int64_t tick = reference_tick(f);
    for (unsigned i = 0; i < f->n; i++) {
        if (f->symbol[i] == LOST) {
            continue;
        }
        int64_t delta = next_delta(&f->a[i], &tick);
        if (f->symbol[i] == SMALL) {
            wr_u8(w, (uint8_t)delta);
        } else {
            wr_u16(w, (uint16_t)delta);
        }
    }
}

/* Fill up to a word and set the P bit as libwebrtc does, then patch the length. */
static void finish(struct wr *w, uint8_t *start) {
    size_t pad = (size_t)(start - w->p) & 3;
    if (pad > 0) {
        wr_zero(w, pad - 1);
        wr_u8(w, (uint8_t)pad);
        start[0] |= 0x20;
    }
    put_be16(start + 2, (uint16_t)((w->p - start) / 4 - 1));
}

unsigned rtcp_write_twcc(struct wr *w, const struct rtcp_twcc_ids *ids,
                         const struct rtcp_twcc_arrival *a, unsigned n) {
    struct feedback f = {.a = a};
    size_t room = wr_left(w) & ~(size_t)3;
    if (w->bad || room < TWCC_FIXED_LEN) {
        return 0;
    }
    classify(&f, n < TWCC_STATUS_MAX ? n : TWCC_STATUS_MAX);
    f.n = count_fitting(&f, room - TWCC_FIXED_LEN);
    if (f.n == 0) {
        return 0;
    }
    uint8_t *start = w->p;
    wr_u8(w, 2 << 6 | RTCP_FMT_TWCC);
    wr_u8(w, RTCP_RTPFB);
    wr_u16(w, 0);
    wr_u32(w, ids->sender);
    wr_u32(w, ids->media);
    wr_u16(w, a[0].seq);
    wr_u16(w, (uint16_t)f.n);
    wr_u24(w, (uint32_t)f.reference & 0xffffff);
    wr_u8(w, ids->fb_count);
    for (unsigned at = 0; at < f.n;) {
        struct chunk c = chunk_at(&f, at);
        wr_u16(w, c.word);
        at += c.n;
    }
    write_deltas(w, &f);
    finish(w, start);
    return f.n;
}
