#include "bench/traffic.h"
#include "tests/unit/test.h"

TEST(the_rate_is_what_it_says) {
    struct traffic t = {0};
    size_t video = 0, audio = 0, frames = 0;
    while (traffic_at(&t) < 80 * US_PER_S) {
        struct burst b = traffic_next(&t);
        frames += b.video;
        for (unsigned i = 0; i < b.n; i++) {
            *(b.video ? &video : &audio) += b.payload[i];
        }
    }
    EXPECT_EQ(frames, 2401);
    EXPECT(video * 8 / 80 > 1190000 && video * 8 / 80 < 1210000);
    EXPECT_EQ(audio * 8 / 80, 32000);
}

TEST(packets_of_a_frame_differ_by_a_byte) {
    struct traffic t = {0};
    unsigned uneven = 0;
    while (traffic_at(&t) < 10 * US_PER_S) {
        struct burst b = traffic_next(&t);
        for (unsigned i = 1; i < b.n; i++) {
            EXPECT(b.payload[i] == b.payload[0] || b.payload[i] + 1 == b.payload[0]);
            EXPECT(b.payload[0] <= VIDEO_PAYLOAD);
            uneven += b.payload[i] != b.payload[0];
        }
    }
    EXPECT(uneven > 0);
}

TEST(a_key_frame_comes_when_wanted_and_once) {
    struct traffic t = {.want_key = true};
    unsigned keys = 0;
    for (int i = 0; i < 100; i++) {
        struct burst b = traffic_next(&t);
        keys += b.key;
        EXPECT(!b.key || (b.video && b.n > 10 && b.n <= BURST_MAX));
    }
    EXPECT_EQ(keys, 1);
}
