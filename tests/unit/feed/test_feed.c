#include "media/feed/feed.h"

#include "base/check.h"
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

static struct feeds all;
static struct feed copied;
static struct packet_pool *pool;

static void begin(void) {
    static const struct session_line line = {.source = SOURCE_CAMERA, .codec = CODEC_H264};
    copied = (struct feed){0};
    feeds_init(&all);
    all.gop_age = 10 * US_PER_S;
    pool = packet_pool_new(64);
    CHECK(pool && feed_init(&copied, &all, &line, 64) == OK);
    copied.live = true;
}

static void end(void) {
    feed_free(&copied);
    pool = packet_pool_free(pool);
}

static struct media_packet packet(uint64_t seq, uint32_t ts, bool keyframe) {
    return (struct media_packet){.packet = packet_take(pool),
                                 .seq = seq,
                                 .at = US_PER_S,
                                 .ts = ts,
                                 .payload_len = 100,
                                 .keyframe = keyframe,
                                 .layers = layers_none()};
}

/* As it comes now; true: a stream may begin with it. */
static bool live(struct media_packet p) {
    feed_packet(&copied, &p, true);
    packet_unref(p.packet);
    return p.keyframe;
}

static void copy(struct media_packet p) {
    (void)feed_copy(&copied, &p);
    packet_unref(p.packet);
}

static void copy_key(uint64_t seq, uint32_t ts) {
    struct media_packet p = packet(seq, ts, true);
    feed_copy_begin(&copied, &p);
    copy(p);
}

/* What is copied counts as a whole, with what came meanwhile, and not before. */
TEST(feed_is_replayed_when_the_copy_is_whole) {
    uint64_t first = 0;
    begin();
    EXPECT(!live(packet(13, 3, false)));
    copy_key(10, 1);
    EXPECT(!live(packet(14, 4, false)));
    copy((struct media_packet){.seq = 11, .at = US_PER_S, .skipped = true});
    copy(packet(12, 2, false));
    copy(packet(13, 3, false)); /* was here already */
    EXPECT(!feed_replayable(&copied, US_PER_S, &first));
    EXPECT(feed_copied(&copied, US_PER_S));
    EXPECT(feed_replayable(&copied, US_PER_S, &first));
    EXPECT_EQ(first, 10);
    EXPECT_EQ(copied.gop_bytes, 400);
    EXPECT_EQ(copied.newest_seq, 14);
    EXPECT(packet_cache_skipped(&copied.cache, 11));
    end();
}

/* A slice of the key frame that is being copied is no beginning, and nor is one before it. */
TEST(feed_does_not_begin_within_the_key_frame_that_is_copied) {
    uint64_t first = 0;
    begin();
    copy_key(10, 1);
    EXPECT(!live(packet(12, 1, true)));
    EXPECT(live(packet(9, 1, true))); /* it begins earlier than was known */
    EXPECT(!feed_replayable(&copied, US_PER_S, &first));
    copy(packet(11, 1, false));
    EXPECT(feed_copied(&copied, US_PER_S));
    EXPECT(feed_replayable(&copied, US_PER_S, &first));
    EXPECT_EQ(first, 9);
    end();
}

TEST(feed_takes_a_newer_key_frame_for_the_copy) {
    uint64_t first = 0;
    begin();
    copy_key(10, 1);
    EXPECT(live(packet(20, 5, true)));
    EXPECT(feed_replayable(&copied, US_PER_S, &first));
    EXPECT_EQ(first, 20);
    end();
}

TEST(feed_has_no_use_for_a_copy_that_is_not_whole) {
    uint64_t first = 0;
    begin();
    copy_key(10, 1);
    struct media_packet p = packet(13, 3, false);
    p.after_gap = true;
    EXPECT(!live(p));
    EXPECT(!feed_copied(&copied, US_PER_S));
    EXPECT(!feed_replayable(&copied, US_PER_S, &first));
    end();
    begin();
    copy_key(10, 1);
    EXPECT(!feed_copied(&copied, 20 * US_PER_S)); /* or too old */
    EXPECT(!feed_replayable(&copied, US_PER_S, &first));
    end();
    begin(); /* the hole came before the copy did */
    p = packet(13, 3, false);
    p.after_gap = true;
    EXPECT(!live(p));
    copy_key(10, 1);
    copy(packet(11, 2, false));
    EXPECT(!feed_copied(&copied, US_PER_S));
    end();
}

/* Its parameter sets come when it was given up already: it has a hole all the same. */
TEST(feed_does_not_keep_again_what_had_a_hole) {
    uint64_t first = 0;
    begin();
    EXPECT(live(packet(10, 1, true)));
    EXPECT(live(packet(9, 1, true))); /* it begins earlier than was known */
    EXPECT(feed_replayable(&copied, US_PER_S, &first));
    EXPECT_EQ(first, 9);
    struct media_packet p = packet(13, 3, false);
    p.after_gap = true;
    EXPECT(!live(p));
    EXPECT(live(packet(8, 1, true)));
    EXPECT(!feed_replayable(&copied, US_PER_S, &first));
    EXPECT(live(packet(20, 5, true))); /* the next one is whole */
    EXPECT(feed_replayable(&copied, US_PER_S, &first));
    end();
}
