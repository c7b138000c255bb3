/* What a stream takes, layer by layer. */
#include "media/feed/meter.h"
#include "tests/unit/test.h"

#define PAYLOAD 952 /* [bytes], 1000 with what is around it */

/* 25 packets a second, the temporal layers as L1T3 has them: 0 2 1 2. */
static us_t send(struct meter *m, us_t from, us_t duration, bool layers) {
    static const uint8_t pattern[] = {0, 2, 1, 2};
    unsigned i = 0;
    us_t t = from;
    for (; t < from + duration; t += 40 * US_PER_MS) {
        meter_add(m, t, layers ? pattern[i++ % 4] : 0, PAYLOAD);
    }
    return t;
}

static bool near(uint64_t rate, uint64_t expected) {
    return rate > expected * 9 / 10 && rate < expected * 11 / 10;
}

TEST(meter_knows_nothing_at_first) {
    struct meter m = {0};
    EXPECT_EQ(meter_rate(&m, US_PER_S, 3), 0);
    meter_add(&m, US_PER_S, 0, PAYLOAD);
    EXPECT_EQ(meter_rate(&m, US_PER_S, 3), 0);
    EXPECT_EQ(meter_layers(&m), 1);
}

TEST(meter_tells_layers_apart) {
    struct meter m = {0};
    us_t now = send(&m, US_PER_S, 4 * US_PER_S, true);
    EXPECT(near(meter_rate(&m, now, 0), 50000));
    EXPECT(near(meter_rate(&m, now, 1), 100000));
    EXPECT(near(meter_rate(&m, now, 2), 200000));
    EXPECT_EQ(meter_rate(&m, now, 2), meter_rate(&m, now, 3));
    EXPECT_EQ(meter_layers(&m), 3);
    now = send(&m, now, 15 * US_PER_S, false);
    EXPECT_EQ(meter_layers(&m), 1);
}

TEST(meter_forgets_what_stopped) {
    struct meter m = {0};
    us_t now = send(&m, US_PER_S, 2 * US_PER_S, false);
    EXPECT(meter_rate(&m, now, 0) > 0);
    EXPECT_EQ(meter_rate(&m, now + 2 * US_PER_S, 0), 0);
    now = send(&m, now + 10 * US_PER_S, US_PER_S, false);
    EXPECT(near(meter_rate(&m, now, 0), 200000)); /* not smeared over the pause */
}

/* A key frame of ten packets is not a better picture. */
TEST(meter_is_smooth) {
    struct meter m = {0};
    us_t now = send(&m, US_PER_S, 4 * US_PER_S, false);
    for (unsigned i = 0; i < 10; i++) {
        meter_add(&m, now, 0, PAYLOAD);
    }
    now = send(&m, now, US_PER_S, false);
    EXPECT(meter_rate(&m, now, 0) < 260000);
}
