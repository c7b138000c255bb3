/* What a stream takes, layer by layer. */
#include "media/feed/layers.h"
#include "media/feed/meter.h"
#include "media/feed/presence.h"
#include "tests/unit/test.h"

#define PAYLOAD 952 /* [bytes], 1000 with what is around it */

/* 25 packets a second, the temporal layers as L1T3 has them: 0 2 1 2. */
static us_t send(struct meter *m, us_t from, us_t duration, bool layers) {
    static const uint8_t pattern[] = {0, 2, 1, 2};
    unsigned i = 0;
    us_t t = from;
    for (; t < from + duration; t += 40 * US_PER_MS) {
        struct vp8 d = {.has_tid = true, .tid = layers ? pattern[i++ % 4] : 0};
        struct layer_marks marks = layers_vp8(&d);
        meter_add(m, t, &marks, PAYLOAD);
    }
    return t;
}

static bool near(uint64_t rate, uint64_t expected) {
    return rate > expected * 9 / 10 && rate < expected * 11 / 10;
}

TEST(meter_knows_nothing_at_first) {
    struct meter m = {0};
    EXPECT_EQ(meter_rate(&m, US_PER_S, 3), 0);
    struct layer_marks none = layers_none();
    meter_add(&m, US_PER_S, &none, PAYLOAD);
    EXPECT_EQ(meter_rate(&m, US_PER_S, 3), 0);
    EXPECT_EQ(meter_frame_rates(&m, 0), 1);
}

TEST(meter_tells_layers_apart) {
    struct meter m = {0};
    us_t now = send(&m, US_PER_S, 4 * US_PER_S, true);
    EXPECT(near(meter_rate(&m, now, 0), 50000));
    EXPECT(near(meter_rate(&m, now, 1), 100000));
    EXPECT(near(meter_rate(&m, now, 2), 200000));
    EXPECT_EQ(meter_rate(&m, now, 2), meter_rate(&m, now, 3));
    EXPECT_EQ(meter_frame_rates(&m, 0), 3);
    now = send(&m, now, 15 * US_PER_S, false);
    EXPECT_EQ(meter_frame_rates(&m, 0), 1);
}

TEST(meter_forgets_what_stopped) {
    struct meter m = {0};
    us_t now = send(&m, US_PER_S, 2 * US_PER_S, false);
    EXPECT(meter_rate(&m, now, 0) > 0);
    EXPECT_EQ(meter_rate(&m, now + 2 * US_PER_S, 0), 0);
    now = send(&m, now + 10 * US_PER_S, US_PER_S, false);
    EXPECT(near(meter_rate(&m, now, 0), 200000)); /* not smeared over the pause */
}

/* What sleeps is reckoned with by what it took. */
TEST(meter_remembers_what_stopped) {
    struct meter m = {0};
    EXPECT_EQ(meter_last(&m, 3), 0);
    us_t now = send(&m, US_PER_S, 4 * US_PER_S, true);
    uint64_t low = meter_last(&m, 0), all = meter_last(&m, 2);
    EXPECT(near(low, 50000) && near(all, 200000));
    EXPECT_EQ(meter_rate(&m, now + 60 * US_PER_S, 2), 0);
    EXPECT_EQ(meter_last(&m, 2), all);
    EXPECT_EQ(meter_frame_rates(&m, 0), 3);
    struct layer_marks none = layers_none();
    meter_add(&m, now + 60 * US_PER_S, &none, PAYLOAD);
    EXPECT_EQ(meter_rate(&m, now + 60 * US_PER_S, 2), all); /* known again at once */
}

/* Another worker has measured it; what is measured here counts more. */
TEST(meter_is_told) {
    struct meter m = {0};
    meter_told(&m, 300000);
    EXPECT_EQ(meter_last(&m, 0), 300000);
    EXPECT_EQ(meter_last(&m, 3), 300000);
    EXPECT_EQ(meter_rate(&m, 10 * US_PER_S, 3), 0); /* nothing has come */
    us_t now = send(&m, 10 * US_PER_S, 10 * US_PER_S, false);
    EXPECT(near(meter_rate(&m, now, 0), 200000));
    meter_told(&m, 300000);
    EXPECT(near(meter_rate(&m, now, 0), 200000));
}

/* A key frame of ten packets is not a better picture. */
TEST(meter_is_smooth) {
    struct meter m = {0};
    us_t now = send(&m, US_PER_S, 4 * US_PER_S, false);
    for (unsigned i = 0; i < 10; i++) {
        struct layer_marks none = layers_none();
        meter_add(&m, now, &none, PAYLOAD);
    }
    now = send(&m, now, US_PER_S, false);
    EXPECT(meter_rate(&m, now, 0) < 260000);
}

/* Three sizes at 25 pictures a second, each on its own between key frames: of a target is counted
 * what it needs, and no lower layer. */
TEST(meter_tells_sizes_apart) {
    struct meter m = {0};
    us_t now = US_PER_S;
    for (unsigned i = 0; i < 100; i++, now += 40 * US_PER_MS) {
        for (uint8_t s = 0; s < LAYERS_SPATIAL; s++) {
            struct layer_marks marks = {
                .layered = true, .spatial = s, .needed = targets_from(s, 0)};
            for (unsigned n = 0; n <= s; n++) {
                meter_add(&m, now, &marks, PAYLOAD);
            }
        }
        EXPECT(i < 20 || meter_sizes(&m) == 7);
    }
    EXPECT(near(meter_rate(&m, now, target_of(0, 0)), 200000));
    EXPECT(near(meter_rate(&m, now, target_of(1, 2)), 400000));
    EXPECT(near(meter_best(&m, now), 600000));
    EXPECT_EQ(meter_frame_rates(&m, 1), 1);
}

static bool picture(struct presence *x, unsigned i, uint8_t top) {
    bool changed = false;
    for (uint8_t s = 0; s <= top; s++) {
        struct media_packet p = {.at = (us_t)i * 33 * US_PER_MS, .ts = i * 3000};
        p.layers.spatial = s;
        changed = presence_note(x, &p) || changed;
    }
    return changed;
}

/* A size that is left out now and then comes; one that has stopped does not, and that is known in
 * 300 ms. */
TEST(presence_knows_when_a_size_has_stopped) {
    struct presence x = {0};
    EXPECT(picture(&x, 0, 2));
    EXPECT_EQ(x.top, 2);
    unsigned i = 1;
    for (; i < 100; i++) {
        EXPECT(!picture(&x, i, i % 4 == 0 ? 2 : 1));
    }
    unsigned from = i;
    while (!picture(&x, i, 1)) {
        i++;
        REQUIRE(i < from + 20);
    }
    EXPECT(i >= from + 6 && i <= from + 12);
    EXPECT_EQ(x.top, 1);
    EXPECT(!picture(&x, i + 1, 1));
    EXPECT(picture(&x, i + 2, 2)); /* at once */
}
