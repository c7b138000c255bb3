/* What rtcp_write_twcc wrote is read back by the decoder here, written from the draft alone. */
#include "media/wire/rtcp.h"
#include "tests/unit/test.h"

#define MAX 1024

struct decoded {
    uint16_t base, n;
    uint8_t fb_count;
    uint8_t symbol[MAX + 14];
    int64_t at_us[MAX];
    unsigned runs, one_bit, two_bit; /* chunks */
};

static unsigned decode_chunk(uint16_t word, struct decoded *d, unsigned at) {
    unsigned n = 14, bits = 1;
    if (!(word & 0x8000)) {
        n = word & 0x1fff;
        d->runs++;
        EXPECT(at + n <= d->n);
        for (unsigned i = 0; i < n && at + i < MAX; i++) {
            d->symbol[at + i] = word >> 13 & 3;
        }
        return n;
    }
    if (word & 0x4000) {
        n = 7;
        bits = 2;
    }
    *(bits == 1 ? &d->one_bit : &d->two_bit) += 1;
    for (unsigned i = 0; i < n; i++) {
        uint8_t symbol = word >> (14 - bits * (i + 1)) & (bits == 1 ? 1 : 3);
        EXPECT(at + i < d->n || symbol == 0); /* unused symbols are zero */
        d->symbol[at + i] = symbol;
    }
    return n;
}

static void decode_deltas(struct rd *r, struct decoded *d, int64_t at_us) {
    for (unsigned i = 0; i < d->n; i++) {
        EXPECT(d->symbol[i] <= 2);
        if (d->symbol[i] == 1) {
            at_us += (int64_t)rd_u8(r) * 250;
        } else if (d->symbol[i] == 2) {
            at_us += (int64_t)(int16_t)rd_u16(r) * 250;
        }
        d->at_us[i] = at_us;
    }
}

/* One whole feedback packet and nothing behind it. */
static bool decode(const uint8_t *p, size_t n, struct decoded *d) {
    struct bytes rest = bytes_of(p, n);
    struct rtcp_packet k;
    memset(d, 0, sizeof(*d));
    if (n % 4 != 0 || rtcp_next(&rest, &k) != OK || rest.n != 0 || k.type != RTCP_RTPFB ||
        k.count != RTCP_FMT_TWCC) {
        return false;
    }
    struct rd r = rd_of(k.body.p, k.body.n);
    rd_skip(&r, 4);
    d->base = rd_u16(&r);
    d->n = rd_u16(&r);
    int64_t reference = (int32_t)(rd_u24(&r) << 8) >> 8;
    d->fb_count = rd_u8(&r);
    if (d->n > MAX) {
        return false;
    }
    for (unsigned at = 0; at < d->n && !r.bad;) {
        at += decode_chunk(rd_u16(&r), d, at);
    }
    decode_deltas(&r, d, reference * 64000);
    return !r.bad && rd_left(&r) == 0;
}

/* Write a[0..n-1] into cap bytes, decode, compare what was taken. Returns how many were. */
static unsigned round_trip(const struct rtcp_twcc_arrival *a, unsigned n, size_t cap,
                           struct decoded *ret) {
    uint8_t *out = mem_alloc(cap);
    if (!out) {
        return 0;
    }
    struct wr w = wr_of(out, cap);
    unsigned took = rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 9}, a, n);
    EXPECT(!w.bad);
    EXPECT(took <= n);
    EXPECT_EQ(took == 0, wr_len(&w) == 0);
    if (took > 0) {
        EXPECT(decode(out, wr_len(&w), ret));
        EXPECT_EQ(ret->base, a[0].seq);
        EXPECT_EQ(ret->n, took);
        EXPECT_EQ(ret->fb_count, 9);
    }
    for (unsigned i = 0; i < took; i++) {
        EXPECT_EQ(ret->symbol[i] != 0, a[i].received);
        if (a[i].received) {
            int64_t error = a[i].at_us - ret->at_us[i];
            EXPECT(error >= 0 && error < 250);
        }
    }
    mem_free(out);
    return took;
}

static void fill(struct rtcp_twcc_arrival *a, unsigned n, uint16_t base, int64_t step_us) {
    for (unsigned i = 0; i < n; i++) {
        a[i] = (struct rtcp_twcc_arrival){(uint16_t)(base + i), true, 1000000 + step_us * i};
    }
}

/* A feedback with padding as browsers send it: base 153, reference 4057090, one packet 37 ms after
 * it. */
TEST(twcc_writes_a_known_packet) {
    static const uint8_t known[] = {0xaf, 0xcd, 0x00, 0x05, 0xfa, 0x17, 0xfa, 0x17,
                                    0x43, 0x03, 0x2f, 0xa0, 0x00, 0x99, 0x00, 0x01,
                                    0x3d, 0xe8, 0x02, 0x17, 0x20, 0x01, 0x94, 0x01};
    struct rtcp_twcc_arrival a = {153, true, INT64_C(4057090) * 64000 + 37000};
    uint8_t out[64];
    struct wr w = wr_of(out, sizeof(out));
    EXPECT_EQ(rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){0xfa17fa17, 0x43032fa0, 23}, &a, 1), 1);
    EXPECT_EQ(wr_len(&w), sizeof(known));
    EXPECT(memcmp(out, known, sizeof(known)) == 0);
}

TEST(twcc_runs_are_one_chunk) {
    struct rtcp_twcc_arrival a[500];
    struct decoded d;
    fill(a, 500, 65300, 1000);
    EXPECT_EQ(round_trip(a, 500, 1200, &d), 500);
    EXPECT_EQ(d.runs, 1);
    EXPECT_EQ(d.one_bit + d.two_bit, 0);
    for (unsigned i = 1; i < 499; i++) {
        a[i].received = false;
    }
    EXPECT_EQ(round_trip(a, 500, 1200, &d), 500);
    EXPECT(d.runs >= 1 && d.runs <= 2);
    EXPECT(d.one_bit <= 2);
}

TEST(twcc_mixes_take_vectors) {
    struct rtcp_twcc_arrival a[28];
    struct decoded d;
    fill(a, 28, 10, 1000);
    for (unsigned i = 1; i < 28; i += 2) {
        a[i].received = false;
    }
    EXPECT_EQ(round_trip(a, 28, 1200, &d), 28);
    EXPECT_EQ(d.one_bit, 2);
    EXPECT_EQ(d.runs + d.two_bit, 0);
    for (unsigned i = 1; i < 28; i++) {
        a[i].received = true;
        a[i].at_us = a[i - 1].at_us + (i % 2 ? 100000 : 250);
    }
    EXPECT_EQ(round_trip(a, 28, 1200, &d), 28);
    EXPECT_EQ(d.two_bit, 4);
    EXPECT_EQ(d.runs + d.one_bit, 0);
}

TEST(twcc_sequence_numbers_wrap) {
    static const uint16_t wraps[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    for (size_t i = 0; i < ARRAY_LEN(wraps); i++) {
        struct rtcp_twcc_arrival a[20];
        struct decoded d;
        fill(a, 20, wraps[i], 5000);
        EXPECT_EQ(round_trip(a, 20, 200, &d), 20);
    }
}

TEST(twcc_delta_limits) {
    /* [250 us] delta of the second packet; does it fit? */
    static const struct {
        int64_t delta;
        unsigned took;
        uint8_t symbol;
    } cases[] = {{0, 2, 1},     {255, 2, 1},   {256, 2, 2},    {-1, 2, 2},
                 {32767, 2, 2}, {32768, 1, 0}, {-32768, 2, 2}, {-32769, 1, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t first = 64000 * 1000;
        struct rtcp_twcc_arrival a[2] = {{7, true, first}, {8, true, first + cases[i].delta * 250}};
        struct decoded d;
        EXPECT_EQ(round_trip(a, 2, 100, &d), cases[i].took);
        EXPECT_EQ(d.symbol[1], cases[i].symbol);
    }
}

TEST(twcc_ends_before_a_long_gap_and_goes_on) {
    struct rtcp_twcc_arrival a[6];
    struct decoded d;
    fill(a, 6, 65533, 1000);
    a[2].received = a[3].received = false;
    a[4].at_us += 20000000;
    a[5].at_us += 20000000;
    EXPECT_EQ(round_trip(a, 6, 100, &d), 4);
    EXPECT_EQ(round_trip(a + 4, 2, 100, &d), 2);
}

/* The reference time is 24 bits of 64 ms: it wraps after 12 days and reads as signed. */
TEST(twcc_reference_time_wraps) {
    static const int64_t references[] = {0, 1, 0x7fffff, 0x800000, 0xffffff, 0x1000000};
    for (size_t i = 0; i < ARRAY_LEN(references); i++) {
        struct rtcp_twcc_arrival a = {1, true, references[i] * 64000 + 250};
        uint8_t out[64];
        struct wr w = wr_of(out, sizeof(out));
        EXPECT_EQ(rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, &a, 1), 1);
        EXPECT_EQ(be32(out + 16) >> 8, references[i] & 0xffffff);
        EXPECT_EQ(out[22], 1); /* the only delta: one tick */
    }
}

TEST(twcc_takes_what_fits) {
    struct rtcp_twcc_arrival a[60];
    struct decoded d;
    unsigned before = 0;
    for (unsigned i = 0; i < 60; i++) {
        a[i] = (struct rtcp_twcc_arrival){(uint16_t)i, i % 5 != 3,
                                          1000000 + (int64_t)i * 300 + i / 20 * 90000};
    }
    for (size_t cap = 0; cap <= 128; cap++) {
        unsigned took = round_trip(a, 60, cap, &d);
        EXPECT(took >= before);
        EXPECT(cap >= 24 || took == 0);
        EXPECT(cap < 24 || took > 0);
        before = took;
    }
    EXPECT_EQ(before, 60);
}

TEST(twcc_writes_nothing_without_an_arrival) {
    struct rtcp_twcc_arrival a[2] = {{1, false, 0}, {2, false, 0}};
    uint8_t out[64];
    struct wr w = wr_of(out, sizeof(out));
    EXPECT_EQ(rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, a, 2), 0);
    EXPECT_EQ(rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, a, 0), 0);
    EXPECT_EQ(wr_len(&w), 0);
    w.bad = true;
    a[0].received = true;
    EXPECT_EQ(rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, a, 2), 0);
}

/* Seeded patterns of loss and jitter, at many sizes of the room; always goes on to the end. */
TEST(twcc_random_patterns_round_trip) {
    static struct rtcp_twcc_arrival a[900];
    uint32_t x = 12345;
    for (unsigned round = 0; round < 300; round++) {
        int64_t now = 5000000;
        for (unsigned i = 0; i < 900; i++) {
            x = x * 1664525 + 1013904223;
            now += (x >> 24) % (1 + round % 7 * 40) * 500;
            bool jump = (x >> 8 & 0xff) < round % 5;
            a[i] = (struct rtcp_twcc_arrival){(uint16_t)(65000 + i), (x >> 16 & 0xff) >= round / 2,
                                              now + (jump ? 900000 : 0)};
        }
        for (unsigned at = 0; at < 900;) {
            static struct decoded d;
            if (!a[at].received) {
                at++;
                continue;
            }
            unsigned took = round_trip(a + at, 900 - at, 40 + round, &d);
            REQUIRE(took > 0);
            at += took;
        }
    }
}
