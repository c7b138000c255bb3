/* Feedback of the peers, read: bytes that browsers sent, what our own writer writes, and what no
 * honest peer sends. */
#include "media/wire/rtcp.h"
#include "tests/unit/test.h"

static enum err begin(const uint8_t *p, size_t n, int64_t near_us, struct rtcp_twcc_reader *r) {
    struct bytes rest = bytes_of(p, n);
    struct rtcp_packet k;
    EXPECT_EQ(rtcp_next(&rest, &k), OK);
    return rtcp_twcc_begin(&k, near_us, r);
}

TEST(twcc_read_knows_a_browsers_packet) {
    static const uint8_t known[] = {0xaf, 0xcd, 0x00, 0x05, 0xfa, 0x17, 0xfa, 0x17,
                                    0x43, 0x03, 0x2f, 0xa0, 0x00, 0x99, 0x00, 0x01,
                                    0x3d, 0xe8, 0x02, 0x17, 0x20, 0x01, 0x94, 0x01};
    struct rtcp_twcc_reader r;
    struct rtcp_twcc_arrival a;
    REQUIRE(begin(known, sizeof(known), INT64_C(4057000) * 64000, &r) == OK);
    EXPECT_EQ(r.fb_count, 23);
    REQUIRE(rtcp_twcc_next(&r, &a));
    EXPECT(a.received);
    EXPECT_EQ(a.seq, 153);
    EXPECT_EQ(a.at_us, INT64_C(4057090) * 64000 + 37000);
    EXPECT(!rtcp_twcc_next(&r, &a));
}

/* A whole feedback with chunks of every kind, written and read. */
TEST(twcc_read_gives_what_was_written) {
    static struct rtcp_twcc_arrival a[900];
    int64_t at = INT64_C(77) * 1000000;
    for (unsigned i = 0; i < 900; i++) {
        unsigned kind = i / 100 % 4;
        bool received = kind == 0 || (kind == 1 ? i % 3 != 0 : kind == 2 ? i % 50 == 0 : true);
        at += kind == 3 && i % 5 == 0 ? 90000 : i % 7 == 0 ? -1000 : 2000;
        a[i] = (struct rtcp_twcc_arrival){(uint16_t)(65200 + i), received, at};
    }
    static uint8_t out[4000];
    struct wr w = wr_of(out, sizeof(out));
    unsigned n = rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, a, 900);
    EXPECT_EQ(n, 900);
    struct rtcp_twcc_reader r;
    REQUIRE(begin(out, wr_len(&w), at, &r) == OK);
    for (unsigned i = 0; i < n; i++) {
        struct rtcp_twcc_arrival b;
        REQUIRE(rtcp_twcc_next(&r, &b));
        EXPECT_EQ(b.seq, a[i].seq);
        EXPECT_EQ(b.received, a[i].received);
        EXPECT(!b.received || (a[i].at_us - b.at_us >= 0 && a[i].at_us - b.at_us < 250));
    }
    EXPECT_EQ(r.left, 0);
}

TEST(twcc_read_skips_what_is_too_old) {
    static struct rtcp_twcc_arrival a[900];
    for (unsigned i = 0; i < 900; i++) {
        a[i] = (struct rtcp_twcc_arrival){(uint16_t)(65200 + i), i % 300 < 9, 64000 + i * 250};
    }
    static uint8_t out[4000];
    struct wr w = wr_of(out, sizeof(out));
    REQUIRE(rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, a, 900) == 900);
    for (unsigned keep = 0; keep <= 901; keep++) {
        struct rtcp_twcc_reader r;
        struct rtcp_twcc_arrival b;
        REQUIRE(begin(out, wr_len(&w), 0, &r) == OK);
        rtcp_twcc_keep(&r, keep);
        unsigned n = 0, from = keep < 900 ? 900 - keep : 0;
        for (; rtcp_twcc_next(&r, &b); n++) {
            const struct rtcp_twcc_arrival *was = &a[from + n];
            REQUIRE(b.seq == was->seq && b.received == was->received);
            REQUIRE(!b.received || b.at_us == was->at_us);
        }
        EXPECT_EQ(n, 900 - from);
    }
}

/* 24 bits of 64 ms turn over after 12 days: the nearest time is meant, on either side. */
TEST(twcc_read_unwraps_the_reference) {
    const int64_t cycle = (int64_t)64000 << 24;
    static const int64_t offsets[] = {0, 640000, -640000};
    for (unsigned turns = 0; turns < 3; turns++) {
        for (unsigned i = 0; i < 3; i++) {
            int64_t at = cycle * turns + (i == 2 ? cycle : 0) + offsets[i] + 1000000;
            struct rtcp_twcc_arrival a = {7, true, at}, b;
            uint8_t out[64];
            struct wr w = wr_of(out, sizeof(out));
            struct rtcp_twcc_reader r;
            EXPECT_EQ(rtcp_write_twcc(&w, &(struct rtcp_twcc_ids){1, 2, 3}, &a, 1), 1);
            REQUIRE(begin(out, wr_len(&w), at - 3000000, &r) == OK);
            REQUIRE(rtcp_twcc_next(&r, &b));
            EXPECT_EQ(b.at_us, at);
            REQUIRE(begin(out, wr_len(&w), at + 3000000, &r) == OK);
            REQUIRE(rtcp_twcc_next(&r, &b));
            EXPECT_EQ(b.at_us, at);
        }
    }
}

/* One feedback for `count` packets with these words behind the fixed part. */
static enum err bad(uint16_t count, const uint16_t *words, unsigned n) {
    uint8_t out[256] = {0x80 | RTCP_FMT_TWCC, RTCP_RTPFB};
    struct wr w = wr_of(out, sizeof(out));
    struct rtcp_twcc_reader r;
    wr_u16(&w, 0x8000 | RTCP_FMT_TWCC << 8 | RTCP_RTPFB);
    wr_u16(&w, 0);
    wr_u32(&w, 1);
    wr_u32(&w, 2);
    wr_u16(&w, 10);
    wr_u16(&w, count);
    wr_u32(&w, 0);
    for (unsigned i = 0; i < n; i++) {
        wr_u16(&w, words[i]);
    }
    if (n % 2) {
        wr_u16(&w, 0);
    }
    put_be16(out + 2, (uint16_t)(wr_len(&w) / 4 - 1));
    return begin(out, wr_len(&w), 0, &r);
}

TEST(twcc_read_refuses_what_cannot_be) {
    static const uint16_t many[] = {0x3fff, 0x3fff, 0x3fff, 0x3fff};
    EXPECT_EQ(bad(0, NULL, 0), OK);
    EXPECT_EQ(bad(1, NULL, 0), ERR_SHORT);                               /* no chunk */
    EXPECT_EQ(bad(1, (const uint16_t[]){0x0000, 0}, 2), ERR_FORMAT);     /* a run of nothing */
    EXPECT_EQ(bad(1, (const uint16_t[]){0x6001, 0}, 2), ERR_FORMAT);     /* the reserved symbol */
    EXPECT_EQ(bad(7, (const uint16_t[]){0xffff, 0}, 2), ERR_FORMAT);     /* seven times */
    EXPECT_EQ(bad(1, (const uint16_t[]){0xf000, 0}, 2), ERR_FORMAT);     /* in a vector */
    EXPECT_EQ(bad(4, (const uint16_t[]){0x2005, 0x0101}, 2), ERR_SHORT); /* 4 deltas, 2 there */
    EXPECT_EQ(bad(4, (const uint16_t[]){0x2005, 0x0101, 0x0101}, 3), OK);
    EXPECT_EQ(bad(65535, many, 4), ERR_SHORT);
}
