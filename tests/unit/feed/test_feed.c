#include "media/feed/feed.h"
#include "media/feed/layers.h"

#include "tests/unit/test.h"

#define FRAME 952 /* [bytes] 1000 with what is around it: 200 kbit/s at 25 a second */

static void frames(struct feed *f, us_t *now, unsigned n) {
    static uint64_t seq = 70000;
    for (unsigned i = 0; i < n; i++, *now += 40 * US_PER_MS) {
        struct media_packet p = {.seq = seq++,
                                 .at = *now,
                                 .ts = (uint32_t)seq * 3000,
                                 .payload_len = FRAME,
                                 .layers = layers_none()};
        feed_packet(f, &p, false);
    }
}

/* Five times as large as another, in five packets. */
static void key_frame(struct feed *f, us_t *now) {
    static uint32_t ts = 1;
    ts += 2;
    for (unsigned i = 0; i < 5; i++) {
        struct media_packet p = {.seq = 900000 + i + ts,
                                 .at = *now,
                                 .ts = ts,
                                 .payload_len = FRAME,
                                 .keyframe = i == 0,
                                 .layers = layers_none()};
        feed_packet(f, &p, false);
    }
    *now += 40 * US_PER_MS;
}

/* A switch to a layer asks for a key frame. In full it would make the layer look too large for the
 * path, and undo the switch. */
TEST(feed_counts_a_key_frame_as_a_frame) {
    static const struct session_line line = {.source = SOURCE_CAMERA, .codec = CODEC_VP8};
    struct feeds all;
    struct feed f = {0};
    us_t now = US_PER_S;
    feeds_init(&all);
    REQUIRE(feed_init(&f, &all, &line, 64) == OK);
    frames(&f, &now, 100);
    uint64_t before = meter_best(&f.meter, now);
    EXPECT(before > 190000 && before < 210000);
    uint64_t most = 0;
    for (unsigned i = 0; i < 5; i++) { /* each second */
        key_frame(&f, &now);
        for (unsigned k = 0; k < 24; k++) {
            frames(&f, &now, 1);
            uint64_t rate = meter_best(&f.meter, now);
            most = rate > most ? rate : most;
        }
    }
    EXPECT(most < 210000);
    feed_free(&f);
}
