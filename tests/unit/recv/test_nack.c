#include "media/recv/nack.h"

#include "base/rng.h"
#include "tests/unit/test.h"

#define MS US_PER_MS

static const uint64_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535, 0xfffffffe};

static unsigned poll(struct recv_nack *k, us_t now, uint16_t *out) {
    return recv_nack_poll(k, now, 50 * MS, out, NACK_MAX);
}

TEST(nack_is_quiet_without_loss) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct recv_nack k;
        uint16_t out[NACK_MAX];
        recv_nack_init(&k, true);
        for (uint64_t s = starts[i]; s < starts[i] + 300; s++) {
            recv_nack_packet(&k, 0, s);
        }
        EXPECT_EQ(recv_nack_deadline(&k), US_NEVER);
        EXPECT_EQ(poll(&k, US_PER_S, out), 0);
        EXPECT(!recv_nack_take_lost(&k));
    }
}

TEST(nack_asks_at_once_after_three_newer_from_every_start) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct recv_nack k;
        uint16_t out[NACK_MAX];
        uint64_t s = starts[i];
        recv_nack_init(&k, true);
        recv_nack_packet(&k, 0, s);
        recv_nack_packet(&k, 1 * MS, s + 2);
        EXPECT_EQ(recv_nack_deadline(&k), 11 * MS);
        EXPECT_EQ(poll(&k, 1 * MS, out), 0);
        recv_nack_packet(&k, 2 * MS, s + 3);
        EXPECT_EQ(poll(&k, 2 * MS, out), 0);
        recv_nack_packet(&k, 3 * MS, s + 4);
        EXPECT_EQ(recv_nack_deadline(&k), 3 * MS);
        REQUIRE(poll(&k, 3 * MS, out) == 1);
        EXPECT_EQ(out[0], (uint16_t)(s + 1));
        recv_nack_packet(&k, 4 * MS, s + 1);
        EXPECT_EQ(recv_nack_deadline(&k), US_NEVER);
    }
}

TEST(nack_patience_ends_after_ten_ms) {
    struct recv_nack k;
    uint16_t out[NACK_MAX];
    recv_nack_init(&k, true);
    recv_nack_packet(&k, 0, 100);
    recv_nack_packet(&k, 0, 102);
    EXPECT_EQ(poll(&k, 10 * MS - 1, out), 0);
    REQUIRE(poll(&k, 10 * MS, out) == 1);
    EXPECT_EQ(out[0], 101);
}

TEST(nack_small_reordering_is_never_asked_for) {
    struct recv_nack k;
    uint16_t out[NACK_MAX];
    recv_nack_init(&k, true);
    us_t now = 0;
    for (uint64_t s = 1000; s < 1300; s += 3, now += 3 * MS) {
        recv_nack_packet(&k, now, s + 2);
        EXPECT_EQ(poll(&k, now, out), 0);
        recv_nack_packet(&k, now + MS, s);
        recv_nack_packet(&k, now + 2 * MS, s + 1);
        EXPECT_EQ(poll(&k, now + 2 * MS, out), 0);
    }
    EXPECT_EQ(k.asked, 0);
}

struct timing {
    us_t rtt, pause;
};

/* Ten requests, a round trip (100 ms when unknown) apart but never under 20 ms, then one that is
 * not sent but given up; or all that fit into a second. */
TEST(nack_repeats_by_the_round_trip_and_gives_up) {
    static const struct timing table[] = {{0, 100 * MS},      {1 * MS, 20 * MS},
                                          {5 * MS, 20 * MS},  {20 * MS, 20 * MS},
                                          {60 * MS, 60 * MS}, {90 * MS, 90 * MS}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct recv_nack k;
        uint16_t out[4];
        recv_nack_init(&k, true);
        recv_nack_packet(&k, 0, 7);
        recv_nack_packet(&k, 0, 9);
        for (unsigned n = 0; n < NACK_TRIES; n++) {
            us_t due = 10 * MS + n * table[i].pause;
            EXPECT_EQ(recv_nack_deadline(&k), due);
            EXPECT_EQ(recv_nack_poll(&k, due - 1, table[i].rtt, out, 4), 0);
            EXPECT_EQ(recv_nack_poll(&k, due, table[i].rtt, out, 4), 1);
            EXPECT(!recv_nack_take_lost(&k));
        }
        us_t end = us_min(10 * MS + NACK_TRIES * table[i].pause, NACK_AGE);
        EXPECT_EQ(recv_nack_deadline(&k), end);
        EXPECT_EQ(recv_nack_poll(&k, end, table[i].rtt, out, 4), 0);
        EXPECT(recv_nack_take_lost(&k));
        EXPECT(!recv_nack_take_lost(&k));
        EXPECT_EQ(recv_nack_deadline(&k), US_NEVER);
        EXPECT_EQ(k.asked, NACK_TRIES);
    }
}

TEST(nack_gives_up_after_a_second_on_a_slow_path) {
    struct recv_nack k;
    uint16_t out[4];
    recv_nack_init(&k, true);
    recv_nack_packet(&k, 5, 7);
    recv_nack_packet(&k, 5, 9);
    unsigned asked = 0;
    while (recv_nack_deadline(&k) != US_NEVER) {
        us_t now = recv_nack_deadline(&k);
        REQUIRE(now <= 5 + NACK_AGE);
        asked += recv_nack_poll(&k, now, 400 * MS, out, 4);
    }
    EXPECT_EQ(asked, 3); /* at 10, 410 and 810 ms */
    EXPECT(recv_nack_take_lost(&k));
}

TEST(nack_limits_the_list) {
    struct recv_nack k;
    uint16_t out[NACK_MAX];
    recv_nack_init(&k, true);
    recv_nack_packet(&k, 0, 1000);
    recv_nack_packet(&k, 0, 1000 + NACK_MAX + 1);
    EXPECT_EQ(poll(&k, 0, out), NACK_MAX - 2); /* the last two may still be on their way */
    EXPECT_EQ(poll(&k, 10 * MS, out), 2);
    EXPECT(!recv_nack_take_lost(&k));
    recv_nack_packet(&k, 11 * MS, 1000 + NACK_MAX + 3);
    EXPECT_EQ(recv_nack_deadline(&k), 11 * MS); /* somebody must look at what was lost */
    EXPECT_EQ(poll(&k, 11 * MS, out), 0);
    EXPECT(recv_nack_take_lost(&k));
    EXPECT_EQ(recv_nack_deadline(&k), US_NEVER);
    recv_nack_packet(&k, 12 * MS, 1000 + 3 * NACK_MAX);
    EXPECT(recv_nack_take_lost(&k));
}

TEST(nack_cap_leaves_the_rest_due) {
    struct recv_nack k;
    uint16_t out[NACK_MAX];
    recv_nack_init(&k, true);
    recv_nack_packet(&k, 0, 0);
    recv_nack_packet(&k, 0, 21);
    EXPECT_EQ(recv_nack_poll(&k, 10 * MS, 0, out, 15), 15);
    EXPECT_EQ(out[14], 15);
    EXPECT(recv_nack_deadline(&k) <= 10 * MS);
    EXPECT_EQ(recv_nack_poll(&k, 10 * MS, 0, out, 15), 5);
    EXPECT_EQ(out[0], 16);
    EXPECT_EQ(recv_nack_deadline(&k), 110 * MS);
}

/* Random loss and reordering: every packet that was lost is asked for, none that came in time,
 * and after all repairs the list is empty. */
TEST(nack_asks_for_exactly_what_is_missing) {
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rng_seeded state;
        rng_seed(&state, seed);
        struct rng rng = rng_from_seeded(&state);
        static bool have[70000], asked[70000];
        memset(have, 0, sizeof(have));
        memset(asked, 0, sizeof(asked));
        struct recv_nack k;
        recv_nack_init(&k, true);
        uint64_t base = 65536 - 1000;
        us_t now = (us_t)1 << 32;
        now -= US_PER_S; /* the low half of the time wraps on the way */
        for (uint64_t s = base; s < base + 2000; s++, now += MS) {
            if (s == base || s == base + 1999 || rng_below(&rng, 10) != 0) {
                have[s] = true;
                recv_nack_packet(&k, now, s);
            }
            uint16_t out[NACK_MAX];
            unsigned n = recv_nack_poll(&k, now, 0, out, NACK_MAX);
            for (unsigned i = 0; i < n; i++) {
                uint64_t full = s - (uint16_t)((uint16_t)s - out[i]);
                EXPECT(!have[full]);
                asked[full] = true;
                if (rng_below(&rng, 2)) { /* the answer may be lost as well */
                    have[full] = true;
                    recv_nack_packet(&k, now, full);
                }
            }
        }
        for (uint64_t s = base; s < base + 1990; s++) {
            EXPECT(have[s] || asked[s]);
        }
    }
}

/* RFC 4585 section 6.3.1: without NACK a loss is told once reordering is out of question. */
TEST(nack_of_nobody_who_agreed_is_a_loss_after_the_patience) {
    struct recv_nack k;
    uint16_t out[4];
    recv_nack_init(&k, false);
    recv_nack_packet(&k, 0, 65535);
    recv_nack_packet(&k, 1 * MS, 65537);
    EXPECT_EQ(poll(&k, 5 * MS, out), 0);
    EXPECT(!recv_nack_take_lost(&k));
    recv_nack_packet(&k, 6 * MS, 65536); /* it was only late */
    EXPECT_EQ(recv_nack_deadline(&k), US_NEVER);
    recv_nack_packet(&k, 7 * MS, 65539);
    EXPECT_EQ(recv_nack_deadline(&k), 17 * MS);
    EXPECT_EQ(poll(&k, 17 * MS, out), 0);
    EXPECT(recv_nack_take_lost(&k));
    EXPECT_EQ(recv_nack_deadline(&k), US_NEVER);
    EXPECT_EQ(k.asked, 0);
}

/* Whether it still matters depends on which it was. */
TEST(nack_tells_the_newest_number_that_it_gave_up) {
    struct recv_nack k;
    uint16_t out[NACK_MAX];
    recv_nack_init(&k, false);
    recv_nack_packet(&k, 0, 65530);
    recv_nack_packet(&k, 0, 65532);
    recv_nack_packet(&k, 0, 65538); /* around the wrap */
    recv_nack_packet(&k, 5 * MS, 65541);
    EXPECT_EQ(poll(&k, 10 * MS, out), 0);
    EXPECT_EQ(recv_nack_take_lost(&k), 65537);
    EXPECT_EQ(poll(&k, 15 * MS, out), 0);
    EXPECT_EQ(recv_nack_take_lost(&k), 65540);
    EXPECT_EQ(recv_nack_take_lost(&k), 0);
    recv_nack_packet(&k, 20 * MS, 65541 + NACK_MAX + 2); /* too long for the list */
    EXPECT_EQ(recv_nack_take_lost(&k), 65541 + NACK_MAX + 1);
}

/* Loses a packet and polls until it is given up; how long that took. */
static us_t give_up(struct recv_nack *k, us_t now, uint64_t seq) {
    uint16_t out[4];
    us_t begun = now;
    recv_nack_packet(k, now, seq);
    recv_nack_packet(k, now, seq + 2);
    while (!recv_nack_take_lost(k)) {
        now = recv_nack_deadline(k);
        (void)recv_nack_poll(k, now, 50 * MS, out, 4);
    }
    return now - begun;
}

TEST(nack_of_somebody_who_never_answers_is_soon_given_up) {
    struct recv_nack k;
    uint16_t out[4];
    us_t now = 0;
    recv_nack_init(&k, true);
    for (unsigned i = 0; i < NACK_DEAF; i++, now += US_PER_S) {
        EXPECT_EQ(give_up(&k, now, 3 * i), 510 * MS); /* ten tries */
    }
    EXPECT_EQ(give_up(&k, now, 3 * NACK_DEAF), 60 * MS); /* one */
    recv_nack_packet(&k, now, 3 * NACK_DEAF + 4);
    EXPECT_EQ(poll(&k, now + 10 * MS, out), 1);
    recv_nack_packet(&k, now + 30 * MS, 3 * NACK_DEAF + 3); /* it has learnt to */
    EXPECT_EQ(give_up(&k, now + US_PER_S, 3 * NACK_DEAF + 5), 510 * MS);
}
