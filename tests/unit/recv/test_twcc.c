#include "media/recv/twcc.h"

#include "base/rng.h"
#include "media/wire/rtcp.h"
#include "tests/unit/test.h"

#define MS US_PER_MS

static const uint16_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};

/* A decoded feedback, by an independent reader of the draft's section 3.1. */
struct feedback {
    uint16_t base, count;
    uint8_t fb_count;
    bool received[1024];
    int64_t at[1024]; /* [250 us] */
};

static unsigned chunk_symbols(uint16_t chunk, uint8_t *out) {
    if (!(chunk & 0x8000)) {
        unsigned run = chunk & 0x1fff;
        memset(out, chunk >> 13 & 3, run);
        return run;
    }
    unsigned bits = chunk & 0x4000 ? 2 : 1, n = 14 / bits;
    for (unsigned i = 0; i < n; i++) {
        out[i] = (uint8_t)(chunk >> (14 - bits * (i + 1)) & ((1u << bits) - 1));
    }
    return n;
}

static bool decode(struct bytes b, struct feedback *f) {
    struct rtcp_packet p;
    if (rtcp_next(&b, &p) != OK || p.type != RTCP_RTPFB || p.count != RTCP_FMT_TWCC) {
        return false;
    }
    static uint8_t symbols[1024 + 8192];
    struct rd r = rd_of(p.body.p, p.body.n);
    rd_u32(&r);
    f->base = rd_u16(&r);
    f->count = rd_u16(&r);
    int64_t tick = (int64_t)rd_u24(&r) * 256;
    f->fb_count = rd_u8(&r);
    for (unsigned n = 0; n < f->count && !r.bad;) {
        n += chunk_symbols(rd_u16(&r), symbols + n);
    }
    for (unsigned i = 0; i < f->count; i++) {
        f->received[i] = symbols[i] != 0;
        tick += symbols[i] == 1 ? rd_u8(&r) : symbols[i] == 2 ? (int16_t)rd_u16(&r) : 0;
        f->at[i] = tick;
    }
    return !r.bad && f->count <= 1024;
}

static bool take(struct recv_twcc *t, struct feedback *f, bool *ret_more) {
    uint8_t buf[1400];
    struct wr w = wr_of(buf, sizeof(buf));
    *ret_more = recv_twcc_write(t, &w, 1, 2);
    return wr_len(&w) > 0 && decode(bytes_of(buf, wr_len(&w)), f);
}

TEST(twcc_reports_loss_and_times_from_every_start) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct recv_twcc t;
        struct feedback f;
        bool more;
        recv_twcc_init(&t);
        EXPECT_EQ(recv_twcc_deadline(&t), US_NEVER);
        for (unsigned k = 0; k < 50; k++) {
            if (k % 5 != 2) {
                recv_twcc_packet(&t, US_PER_S + k * MS, (uint16_t)(starts[i] + k), false);
            }
        }
        EXPECT_EQ(recv_twcc_deadline(&t), US_PER_S + 100 * MS);
        REQUIRE(take(&t, &f, &more));
        EXPECT(!more);
        EXPECT_EQ(f.base, starts[i]);
        EXPECT_EQ(f.count, 50);
        EXPECT_EQ(f.fb_count, 0);
        for (unsigned k = 0; k < 50; k++) {
            EXPECT_EQ(f.received[k], k % 5 != 2);
            EXPECT(!f.received[k] || f.at[k] == (US_PER_S + k * MS) / 250);
        }
        EXPECT_EQ(recv_twcc_deadline(&t), US_NEVER);
        EXPECT(!take(&t, &f, &more));
    }
}

TEST(twcc_is_due_after_many_packets) {
    struct recv_twcc t;
    recv_twcc_init(&t);
    for (uint16_t s = 0; s < 63; s++) {
        recv_twcc_packet(&t, 5, s, true);
        EXPECT_EQ(recv_twcc_deadline(&t), 5 + 100 * MS);
    }
    recv_twcc_packet(&t, 6, 63, false); /* 64, but in the middle of a frame */
    EXPECT_EQ(recv_twcc_deadline(&t), 5 + 100 * MS);
    recv_twcc_packet(&t, 7, 64, true);
    EXPECT_EQ(recv_twcc_deadline(&t), 7);
    recv_twcc_init(&t);
    for (uint16_t s = 0; s < 128; s++) {
        EXPECT(recv_twcc_deadline(&t) > 9);
        recv_twcc_packet(&t, 9, s, false);
    }
    EXPECT_EQ(recv_twcc_deadline(&t), 9);
}

TEST(twcc_first_arrival_counts) {
    struct recv_twcc t;
    struct feedback f;
    bool more;
    recv_twcc_init(&t);
    recv_twcc_packet(&t, 100 * MS, 10, false);
    recv_twcc_packet(&t, 101 * MS, 11, false);
    recv_twcc_packet(&t, 150 * MS, 10, false);
    EXPECT_EQ(t.pending, 2);
    REQUIRE(take(&t, &f, &more));
    EXPECT_EQ(f.count, 2);
    EXPECT_EQ(f.at[0], 400);
    recv_twcc_packet(&t, 160 * MS, 11, false); /* a duplicate of something reported */
    EXPECT_EQ(recv_twcc_deadline(&t), US_NEVER);
}

/* A loss at the border of two reports is told by the second one. */
TEST(twcc_no_packet_falls_between_two_reports) {
    struct recv_twcc t;
    struct feedback f;
    bool more;
    recv_twcc_init(&t);
    recv_twcc_packet(&t, 0, 65534, false);
    REQUIRE(take(&t, &f, &more));
    EXPECT_EQ(f.count, 1);
    recv_twcc_packet(&t, 50 * MS, 1, false);
    REQUIRE(take(&t, &f, &more));
    EXPECT_EQ(f.base, 65535);
    EXPECT_EQ(f.count, 3);
    EXPECT_EQ(f.fb_count, 1);
    EXPECT(!f.received[0] && !f.received[1] && f.received[2]);
    recv_twcc_packet(&t, 90 * MS, 0, false); /* late: the next report goes back to it */
    REQUIRE(take(&t, &f, &more));
    EXPECT_EQ(f.base, 0);
    EXPECT_EQ(f.count, 2);
    EXPECT_EQ(f.at[0], 360);
    EXPECT_EQ(f.at[1], 200);
}

TEST(twcc_reordered_before_the_first) {
    struct recv_twcc t;
    struct feedback f;
    bool more;
    recv_twcc_init(&t);
    recv_twcc_packet(&t, 10 * MS, 3, false);
    recv_twcc_packet(&t, 11 * MS, 65534, false);
    REQUIRE(take(&t, &f, &more));
    EXPECT_EQ(f.base, 65534);
    EXPECT_EQ(f.count, 6);
    EXPECT(f.received[0] && f.received[5] && !f.received[1]);
}

TEST(twcc_a_jump_begins_anew) {
    struct recv_twcc t;
    struct feedback f;
    bool more;
    recv_twcc_init(&t);
    recv_twcc_packet(&t, 0, 0, false);
    recv_twcc_packet(&t, 1, TWCC_WINDOW - 1, false);
    EXPECT_EQ(t.pending, 2);
    recv_twcc_packet(&t, 2, 20000, false);
    EXPECT_EQ(t.pending, 1);
    recv_twcc_packet(&t, 3, 10, false); /* far too late */
    REQUIRE(take(&t, &f, &more));
    EXPECT_EQ(f.base, 20000);
    EXPECT_EQ(f.count, 1);
}

TEST(twcc_little_room_means_more_packets) {
    struct recv_twcc t;
    recv_twcc_init(&t);
    for (uint16_t s = 0; s < 120; s++) {
        if (s % 3 != 1) {
            recv_twcc_packet(&t, 1000 * s, s, false);
        }
    }
    unsigned told = 0, packets = 0;
    bool more = true;
    while (more && packets < 20) {
        uint8_t buf[48];
        struct feedback f;
        struct wr w = wr_of(buf, sizeof(buf));
        more = recv_twcc_write(&t, &w, 1, 2);
        REQUIRE(decode(bytes_of(buf, wr_len(&w)), &f));
        EXPECT_EQ(f.base, told);
        EXPECT_EQ(f.fb_count, packets);
        told += f.count;
        packets++;
    }
    EXPECT_EQ(told, 120);
    EXPECT(packets > 1);
    EXPECT_EQ(recv_twcc_deadline(&t), US_NEVER);
}

/* Whatever the network does, a report never says received for what did not come, and everything
 * that came within the window is reported with its first arrival. */
TEST(twcc_tells_the_truth) {
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct rng_seeded state;
        rng_seed(&state, seed);
        struct rng rng = rng_from_seeded(&state);
        static int64_t came[4000], told[4000];
        memset(came, 0, sizeof(came));
        memset(told, 0, sizeof(told));
        struct recv_twcc t;
        recv_twcc_init(&t);
        us_t now = US_PER_S;
        uint16_t offset = (uint16_t)(65536 - 1500);
        for (unsigned i = 100; i < 3500; i++, now += 250 * (1 + rng_below(&rng, 16))) {
            unsigned s = i - (rng_below(&rng, 8) == 0 ? rng_below(&rng, 60) : 0);
            if (rng_below(&rng, 12) != 0) {
                came[s] = came[s] ? came[s] : now / 250;
                recv_twcc_packet(&t, now, (uint16_t)(s + offset), rng_below(&rng, 9) == 0);
            }
            bool more = now >= recv_twcc_deadline(&t) || i == 3499;
            while (more) {
                struct feedback f;
                if (!take(&t, &f, &more)) {
                    break;
                }
                for (unsigned k = 0; k < f.count; k++) {
                    unsigned x = (uint16_t)(f.base + k - offset);
                    EXPECT(x < 3500 && (!f.received[k] || f.at[k] == came[x]));
                    told[x] = f.received[k] ? f.at[k] : told[x];
                }
            }
        }
        for (unsigned s = 100; s < 3500; s++) {
            EXPECT_EQ(told[s], came[s]);
        }
    }
}

/* A loss of seconds is a loss, not a new beginning. */
TEST(twcc_reports_a_long_gap) {
    struct recv_twcc t;
    recv_twcc_init(&t);
    recv_twcc_packet(&t, US_PER_S, 10, false);
    recv_twcc_packet(&t, US_PER_S + 2000, 11, false);
    recv_twcc_packet(&t, US_PER_S + 4000, 511, false);
    struct feedback f;
    bool more = false;
    REQUIRE(take(&t, &f, &more));
    EXPECT_EQ(f.base, 10);
    EXPECT_EQ(f.count, 502);
    EXPECT(f.received[0] && f.received[1] && f.received[501]);
    EXPECT(!f.received[2] && !f.received[500]);
}
