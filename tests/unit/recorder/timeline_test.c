#include "recorder/timeline.h"

#include "base/rng.h"
#include "tests/unit/test.h"

#define MS US_PER_MS
#define NTP0 (UINT64_C(0xe9000000) << 32)

static uint64_t ntp_at(us_t t) {
    return NTP0 + ((uint64_t)(t / US_PER_S) << 32) + (((uint64_t)(t % US_PER_S) << 32) / 1000000);
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
            ntp_clock_sr(&c, t + 30 * MS, ntp_at(t));
            EXPECT_EQ(timeline_sr(&sound, ntp_at(t), 77u + (uint32_t)(t / 1000 * 48)) & UINT32_MAX,
                      77u + (uint32_t)(t / 1000 * 48));
            ntp_clock_sr(&c, t + 30 * MS, ntp_at(t));
            timeline_sr(&picture, ntp_at(t), 0xffff0000u + (uint32_t)(t / 1000 * 90));
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
    ntp_clock_sr(&c, 400 * MS, ntp_at(0));
    timeline_sr(&l, ntp_at(0), 0);
    for (unsigned n = 1; n < 400; n++) {
        us_t t = timeline_stamp(&l, &c, n * 3600, (us_t)n * 40 * MS);
        EXPECT(t - last >= 40 * MS && t - last <= 43 * MS);
        last = t;
    }
    EXPECT(apart(last, 399 * 40 * MS + 400 * MS) <= MS);
}

TEST(timeline_a_large_correction_is_made_at_once) {
    struct ntp_clock c = {0};
    struct timeline l;
    timeline_init(&l, 90000);
    timeline_stamp(&l, &c, 0, 0);
    ntp_clock_sr(&c, 3000 * MS, ntp_at(0));
    timeline_sr(&l, ntp_at(0), 0);
    EXPECT_EQ(timeline_stamp(&l, &c, 3600, 40 * MS), 3040 * MS);
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
    ntp_clock_sr(&c, 100 * MS, ntp_at(0));
    timeline_sr(&l, ntp_at(0), 0x10000000);
    EXPECT_EQ(timeline_stamp(&l, &c, 0x40000000 + 7200, 120 * MS), 120 * MS);
    EXPECT_EQ(l.astray, 2);
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
            uint64_t ntp = rng_u64(&rng);
            ntp_clock_sr(&c, arrival, ntp);
            timeline_sr(&l, ntp, rng_u32(&rng));
        }
        us_t t = timeline_stamp(&l, &c, rng_u32(&rng), arrival);
        EXPECT(t >= last + MS || (last < 0 && t >= 0));
        EXPECT(t % MS == 0);
        EXPECT(t <= us_max(arrival + TIMELINE_ASTRAY, last + MS));
        last = t;
    }
}
