#include "media/recv/clock.h"

#include "base/rng.h"
#include "tests/unit/test.h"

#define MS US_PER_MS

/* A sender whose wall clock says `wall` when the server's monotonic clock says 0. */
static uint64_t ntp_at(us_t wall, us_t t) {
    return ntp_from_wall((wall_t){wall + t});
}

#define WALL 1700000000000000ll

static bool near(int64_t a, int64_t b, int64_t by) {
    return a - b <= by && b - a <= by;
}

TEST(clock_knows_nothing_without_reports) {
    struct clock_offset o = {0};
    struct recv_clock c;
    uint32_t ts;
    us_t at;
    recv_clock_init(&c, 90000);
    EXPECT(!recv_clock_ts_at(&c, &o, 0, &ts));
    EXPECT(!recv_clock_time_of(&c, &o, 0, &at));
    recv_clock_sr(&c, 0, 0, 5); /* "no wall clock" */
    clock_offset_sr(&o, 0, 0);
    EXPECT(!recv_clock_ts_at(&c, &o, 0, &ts));
}

TEST(clock_maps_both_ways_from_every_timestamp) {
    static const uint32_t starts[] = {0,     1,     127,      128,        32767,     32768,
                                      65534, 65535, 1u << 31, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct clock_offset o = {0};
        struct recv_clock c;
        uint32_t ts;
        us_t at;
        recv_clock_init(&c, 90000);
        recv_clock_sr(&c, 20 * MS, ntp_at(WALL, 0), starts[i]);
        clock_offset_sr(&o, 20 * MS, ntp_at(WALL, 0));
        /* The smallest delay seen is 20 ms, so the instant of the report is put at 20 ms. */
        REQUIRE(recv_clock_ts_at(&c, &o, 1020 * MS, &ts));
        EXPECT_EQ(ts, (uint32_t)(starts[i] + 90000));
        REQUIRE(recv_clock_ts_at(&c, &o, 10 * MS, &ts));
        EXPECT(near((int32_t)(ts - starts[i]), -900, 1));
        REQUIRE(recv_clock_time_of(&c, &o, starts[i] + 45000, &at));
        EXPECT_EQ(at, 520 * MS);
        REQUIRE(recv_clock_time_of(&c, &o, starts[i] - 90000, &at));
        EXPECT_EQ(at, -980 * MS);
    }
}

/* Queues of up to 300 ms over a path of 15 ms: after a few reports the estimate is near 15. */
TEST(clock_offset_ignores_queueing) {
    struct rng_seeded state;
    rng_seed(&state, 42);
    struct rng rng = rng_from_seeded(&state);
    struct clock_offset o = {0};
    struct recv_clock c;
    recv_clock_init(&c, 48000);
    for (int i = 0; i < 50; i++) {
        us_t sent = i * US_PER_S;
        us_t queue = rng_below(&rng, 4) == 0 ? 0 : rng_below(&rng, 300000);
        clock_offset_sr(&o, sent + 15 * MS + queue, ntp_at(WALL, sent));
        recv_clock_sr(&c, sent + 15 * MS + queue, ntp_at(WALL, sent), (uint32_t)i * 48000);
    }
    us_t at;
    REQUIRE(recv_clock_time_of(&c, &o, 49 * 48000, &at));
    EXPECT(near(at, 49 * US_PER_S + 15 * MS, 2));
}

TEST(clock_offset_follows_a_longer_path_within_two_windows) {
    struct clock_offset o = {0};
    struct recv_clock c;
    us_t at;
    recv_clock_init(&c, 90000);
    for (us_t t = 0; t < 10 * US_PER_S; t += US_PER_S) {
        clock_offset_sr(&o, t + 10 * MS, ntp_at(WALL, t));
    }
    us_t t = 10 * US_PER_S;
    for (; t < 10 * US_PER_S + 2 * CLOCK_WINDOW; t += US_PER_S) {
        clock_offset_sr(&o, t + 80 * MS, ntp_at(WALL, t));
    }
    recv_clock_sr(&c, t, ntp_at(WALL, t), 0);
    REQUIRE(recv_clock_time_of(&c, &o, 0, &at));
    EXPECT(near(at, t + 80 * MS, 2));
    clock_offset_sr(&o, t + 30 * MS, ntp_at(WALL, t)); /* a shorter one counts at once */
    REQUIRE(recv_clock_time_of(&c, &o, 0, &at));
    EXPECT(near(at, t + 30 * MS, 2));
}

TEST(clock_offset_follows_a_clock_that_was_set) {
    struct clock_offset o = {0};
    struct recv_clock c;
    us_t at;
    recv_clock_init(&c, 90000);
    clock_offset_sr(&o, 0, ntp_at(WALL, 0));
    clock_offset_sr(&o, US_PER_S, ntp_at(WALL - 3600 * US_PER_S, US_PER_S));
    recv_clock_sr(&c, US_PER_S, ntp_at(WALL - 3600 * US_PER_S, US_PER_S), 0);
    REQUIRE(recv_clock_time_of(&c, &o, 0, &at));
    EXPECT(near(at, US_PER_S, 2));
    clock_offset_sr(&o, 2 * US_PER_S, ntp_at(WALL + 7200 * US_PER_S, 2 * US_PER_S));
    recv_clock_sr(&c, 2 * US_PER_S, ntp_at(WALL + 7200 * US_PER_S, 2 * US_PER_S), 0);
    REQUIRE(recv_clock_time_of(&c, &o, 0, &at));
    EXPECT(near(at, 2 * US_PER_S, 2));
}

/* Lip sync: sound and picture of one instant map to one server time, whatever each stream's clock
 * and queue. */
TEST(clock_streams_of_one_participant_agree) {
    struct clock_offset o = {0};
    struct recv_clock audio, video;
    us_t a, v;
    recv_clock_init(&audio, 48000);
    recv_clock_init(&video, 90000);
    recv_clock_sr(&audio, 130 * MS, ntp_at(WALL, 100 * MS), 0xfffffff0);
    clock_offset_sr(&o, 130 * MS, ntp_at(WALL, 100 * MS));
    recv_clock_sr(&video, 700 * MS, ntp_at(WALL, 600 * MS), 1234);
    clock_offset_sr(&o, 700 * MS, ntp_at(WALL, 600 * MS));
    REQUIRE(recv_clock_time_of(&audio, &o, 0xfffffff0 + 48000, &a));
    REQUIRE(recv_clock_time_of(&video, &o, 1234 + 45000, &v));
    EXPECT(near(a, v, 2));
}
