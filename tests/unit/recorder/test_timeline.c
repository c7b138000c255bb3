#include "recorder/timeline/timeline.h"

#include "base/rng.h"
#include "tests/unit/test.h"

#define MS US_PER_MS
#define NTP0 (UINT64_C(0xe9000000) << 32)

static uint64_t ntp_at(us_t t) {
    return NTP0 + ((uint64_t)(t / US_PER_S) << 32) + (((uint64_t)(t % US_PER_S) << 32) / 1000000);
}

/* A sender report that arrives at `at`. */
static uint64_t report(struct timeline *l, struct ntp_clock *c, us_t at, uint64_t ntp,
                       uint32_t rtp_ts) {
    return timeline_sr(l, c, &(struct timeline_report){at, ntp, rtp_ts});
}

static us_t apart(us_t a, us_t b) {
    return a > b ? a - b : b - a;
}

TEST(timeline_counts_media_time_from_the_first_arrival) {
    static const uint32_t starts[] = {0,     1,          127,        128,       32767,
                                      32768, 0x7fffffff, 0xffffff00, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct timeline l;
        struct ntp_clock c = {0};
        timeline_init(&l, 90000);
        for (us_t n = 0; n < 300; n++) {
            /* Arrival trembles, media time does not. */
            us_t arrival = 500 * MS + n * 40 * MS + (n % 7) * 9 * MS;
            uint32_t ts = starts[i] + (uint32_t)n * 3600;
            EXPECT_EQ(timeline_stamp(&l, &c, ts, arrival), 500 * MS + n * 40 * MS);
        }
        EXPECT_EQ(l.astray, 0);
    }
}

TEST(timeline_rises_strictly) {
    struct timeline l;
    struct ntp_clock c = {0};
    timeline_init(&l, 48000);
    EXPECT_EQ(timeline_stamp(&l, &c, 1000, 0), 0);
    EXPECT_EQ(timeline_stamp(&l, &c, 1000, 0), 1 * MS);
    EXPECT_EQ(timeline_stamp(&l, &c, 999, 0), 2 * MS);
    EXPECT_EQ(timeline_stamp(&l, &c, 1960, 0), 20 * MS);
}

TEST(timeline_sender_reports_bring_picture_and_sound_together) {
    /* Both show the same instants; the camera's packets take 180 ms longer to come. */
    struct ntp_clock c = {0};
    struct timeline sound, picture;
    us_t a = 0, v = 0;
    timeline_init(&sound, 48000);
    timeline_init(&picture, 90000);
    for (us_t n = 0; n < 500; n++) {
        us_t t = 1000 * MS + n * 20 * MS;
        if (n % 50 == 10) {
            uint32_t ts = 77u + (uint32_t)(t / 1000 * 48);
            EXPECT_EQ(report(&sound, &c, t + 30 * MS, ntp_at(t), ts) & UINT32_MAX, ts);
            ts = 0xffff0000u + (uint32_t)(t / 1000 * 90);
            report(&picture, &c, t + 30 * MS, ntp_at(t), ts);
        }
        a = timeline_stamp(&sound, &c, 77u + (uint32_t)(t / 1000 * 48), t + 30 * MS);
        v = timeline_stamp(&picture, &c, 0xffff0000u + (uint32_t)(t / 1000 * 90), t + 210 * MS);
        if (n == 0) {
            EXPECT_EQ(v - a, 180 * MS);
        }
    }
    EXPECT(apart(a, v) <= 2 * MS);
    EXPECT(apart(a, 1000 * MS + 499 * 20 * MS + 30 * MS) <= 3 * MS);
}

TEST(timeline_corrections_are_gentle) {
    struct ntp_clock c = {0};
    struct timeline l;
    timeline_init(&l, 90000);
    us_t last = timeline_stamp(&l, &c, 0, 0);
    report(&l, &c, 400 * MS, ntp_at(0), 0);
    for (unsigned n = 1; n < 400; n++) {
        us_t t = timeline_stamp(&l, &c, n * 3600, (us_t)n * 40 * MS);
        EXPECT(t - last >= 40 * MS && t - last <= 43 * MS);
        last = t;
    }
    EXPECT(apart(last, 399 * 40 * MS + 400 * MS) <= MS);
}

/* A step back would be media that finds its place taken, a step forward a hole. */
TEST(timeline_a_large_correction_is_as_gentle) {
    for (int sign = -1; sign <= 1; sign += 2) {
        struct ntp_clock c = {0};
        struct timeline l;
        timeline_init(&l, 90000);
        us_t last = timeline_stamp(&l, &c, 0, 5000 * MS);
        report(&l, &c, 5000 * MS + sign * 3000 * MS, ntp_at(0), 0);
        for (unsigned n = 1; n < 2000; n++) {
            us_t t = timeline_stamp(&l, &c, n * 3600, 5000 * MS + (us_t)n * 40 * MS);
            EXPECT(t - last >= 37 * MS && t - last <= 43 * MS);
            last = t;
        }
        EXPECT(apart(last, 5000 * MS + 1999 * 40 * MS + sign * 3000 * MS) <= MS);
    }
}

/* Picture and sound of one person, whose clock is set by `by` after 10 s; the reports of the two
 * come half a second apart, and the camera's first one after that may still be from before. */
static void clock_is_set(us_t by, bool late) {
    struct ntp_clock c = {0};
    struct timeline sound, picture;
    us_t a = 0, v = 0;
    timeline_init(&sound, 48000);
    timeline_init(&picture, 90000);
    for (us_t n = 0; n < 2000; n++) {
        us_t t = n * 20 * MS, ntp = 7200 * US_PER_S + t + (t >= 10 * US_PER_S ? by : 0);
        uint32_t at48 = (uint32_t)(t / 1000 * 48), at90 = (uint32_t)(t / 1000 * 90);
        if (n % 50 == 0) {
            report(&sound, &c, t + 30 * MS, ntp_at(ntp), at48);
        }
        if (n % 50 == 25) {
            us_t before = late && t < 11 * US_PER_S && t >= 10 * US_PER_S ? by : 0;
            report(&picture, &c, t + 30 * MS, ntp_at(ntp - before), at90);
        }
        us_t x = timeline_stamp(&sound, &c, at48, t + 30 * MS);
        us_t y = timeline_stamp(&picture, &c, at90, t + 30 * MS);
        EXPECT(n == 0 || (x - a >= 18 * MS && x - a <= 22 * MS));
        EXPECT(n == 0 || (y - v >= 18 * MS && y - v <= 22 * MS));
        EXPECT(apart(x, t + 30 * MS) <= (late ? 1500 * MS : 2 * MS));
        a = x;
        v = y;
    }
    EXPECT(late || apart(a, v) <= 2 * MS);
}

TEST(timeline_nothing_moves_when_the_sender_sets_its_clock) {
    static const us_t steps[] = {-7000 * US_PER_S, -6000 * MS, -2000 * MS, -300 * MS,
                                 300 * MS,         2000 * MS,  6000 * MS,  7000 * US_PER_S};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        clock_is_set(steps[i], false);
    }
    clock_is_set(2000 * MS, true);
    clock_is_set(-2000 * MS, true);
}

TEST(timeline_a_clock_gone_astray_is_not_believed) {
    struct ntp_clock c = {0};
    struct timeline l;
    timeline_init(&l, 90000);
    timeline_stamp(&l, &c, 0, 0);
    /* The source restarts its timestamps somewhere. */
    EXPECT_EQ(timeline_stamp(&l, &c, 0x40000000, 40 * MS), 40 * MS);
    EXPECT_EQ(l.astray, 1);
    EXPECT_EQ(timeline_stamp(&l, &c, 0x40000000 + 3600, 90 * MS), 80 * MS);
    /* A report that is a lie: wrong RTP time for the NTP time. */
    report(&l, &c, 100 * MS, ntp_at(0), 0x10000000);
    us_t t = timeline_stamp(&l, &c, 0x40000000 + 7200, 120 * MS);
    EXPECT(apart(t, 120 * MS) <= 2 * MS);
    EXPECT_EQ(l.astray, 1);
}

TEST(timeline_ntp_clock_smooths_the_way) {
    struct ntp_clock c = {0};
    ntp_clock_sr(&c, 50 * MS, ntp_at(0));
    int64_t first = c.offset;
    /* One late report hardly moves it, an early one does. */
    ntp_clock_sr(&c, 1000 * MS + 370 * MS, ntp_at(1000 * MS));
    EXPECT(c.offset - first <= 10 * MS);
    int64_t second = c.offset;
    ntp_clock_sr(&c, 2000 * MS + 20 * MS, ntp_at(2000 * MS));
    EXPECT(second - c.offset >= 8 * MS);
    /* The sender set its clock an hour forward. */
    ntp_clock_sr(&c, 3000 * MS + 50 * MS, ntp_at(3603000 * MS));
    EXPECT(apart(first - c.offset, 3600000 * MS) <= 2);
}

TEST(timeline_any_input_keeps_the_promises) {
    struct rng_seeded state;
    rng_seed(&state, 11);
    struct rng rng = rng_from_seeded(&state);
    struct ntp_clock c = {0};
    struct timeline l;
    us_t last = -1, arrival = 0;
    timeline_init(&l, 48000);
    for (unsigned i = 0; i < 20000; i++) {
        arrival += rng_below(&rng, 40000);
        if (rng_below(&rng, 10) == 0) {
            report(&l, &c, arrival, rng_u64(&rng), rng_u32(&rng));
        }
        us_t t = timeline_stamp(&l, &c, rng_u32(&rng), arrival);
        if (t == TIMELINE_REFUSED) {
            EXPECT(last + MS > arrival + TIMELINE_PUSHED);
            continue;
        }
        EXPECT(t >= last + MS || (last < 0 && t >= 0));
        EXPECT(t % MS == 0);
        EXPECT(t <= arrival + TIMELINE_ASTRAY);
        last = t;
    }
}

/* The same where frames may come in another order than they are shown. */
TEST(timeline_any_order_keeps_the_promises) {
    struct rng_seeded state;
    rng_seed(&state, 12);
    struct rng rng = rng_from_seeded(&state);
    struct ntp_clock c = {0};
    struct timeline l;
    us_t last = -1, arrival = 0;
    unsigned behind = 0;
    timeline_init(&l, 90000);
    l.reorders = true;
    for (unsigned i = 0; i < 20000; i++) {
        arrival += rng_below(&rng, 40000);
        uint32_t far = rng_below(&rng, 20) == 0 ? rng_u32(&rng) : rng_below(&rng, 90000);
        us_t t = timeline_stamp(&l, &c, (uint32_t)(arrival * 9 / 100) - far, arrival);
        if (t == TIMELINE_REFUSED) {
            EXPECT(last + MS > arrival + TIMELINE_PUSHED);
            continue;
        }
        EXPECT(t >= last + MS || (last < 0 && t >= 0));
        EXPECT(t % MS == 0 && l.shift % MS == 0);
        EXPECT(t <= arrival + TIMELINE_ASTRAY + TIMELINE_REORDER + TIMELINE_PUSHED);
        EXPECT(l.shift <= 0 && l.shift >= -(TIMELINE_REORDER + TIMELINE_PUSHED + 2 * MS));
        behind += l.shift < 0;
        last = t;
    }
    EXPECT(behind > 10000);
}

/* Nobody makes a second longer than it is by sending more packets in it. */
TEST(timeline_packets_in_masses_do_not_push_the_time_ahead) {
    for (uint32_t step = 0; step <= 24; step += 24) {
        struct ntp_clock c = {0};
        struct timeline l;
        timeline_init(&l, 48000);
        uint32_t given = 0;
        for (uint32_t i = 0; i < 40000; i++) {
            us_t arrival = (us_t)i * 500;
            us_t t = timeline_stamp(&l, &c, i * step, arrival);
            EXPECT(t == TIMELINE_REFUSED || t <= arrival + TIMELINE_PUSHED);
            given += t != TIMELINE_REFUSED;
        }
        EXPECT(given >= 10000);
        EXPECT_EQ(l.refused, 40000 - given);
        /* It goes on as soon as time has caught up. */
        EXPECT_EQ(timeline_stamp(&l, &c, 40400 * step, 20200 * MS) == TIMELINE_REFUSED, false);
    }
}

/* Extended timestamps go as far apart as the sender of reports likes. */
TEST(timeline_reports_may_leap_as_far_as_they_like) {
    for (unsigned back = 0; back < 2; back++) {
        struct ntp_clock c = {0};
        struct timeline l;
        uint32_t ts = 7;
        timeline_init(&l, 48000);
        EXPECT_EQ(timeline_stamp(&l, &c, ts, 0), 0);
        for (us_t i = 1; i <= 20000; i++) {
            ts += back ? 0x80000001u : 0x7fffffffu;
            report(&l, &c, i * MS, ntp_at(i * MS), ts);
        }
        us_t t = timeline_stamp(&l, &c, ts, 21000 * MS);
        EXPECT(apart(t, 21000 * MS) <= TIMELINE_ASTRAY);
        EXPECT_EQ(timeline_stamp(&l, &c, ts + 960, 21020 * MS), t + 20 * MS);
    }
}
