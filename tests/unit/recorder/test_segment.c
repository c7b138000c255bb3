#include "recorder/container/segment.h"

#include "recorder/container/mux.h"
#include "recorder/container/webm_parse.h"
#include "tests/unit/test.h"

#define MS US_PER_MS

static const struct segment_limits limits = {2000 * MS, 4000 * MS};
static const uint8_t body[] = "0123456789abcdef";

static struct media_frame picture(us_t ms, bool key) {
    return (struct media_frame){.t = ms * MS,
                                .data = bytes_of(body, 10),
                                .stream = STREAM_VIDEO,
                                .key = key,
                                .width = 320,
                                .height = 180};
}

static struct media_frame sound(us_t ms) {
    return (struct media_frame){.t = ms * MS,
                                .duration = 20 * MS,
                                .data = bytes_of(body + 4, 7),
                                .stream = STREAM_AUDIO,
                                .key = true};
}

static void add(struct segment *s, struct media_frame f) {
    EXPECT_EQ(segment_add(s, &f), OK);
}

static bool cut(const struct segment *s, struct media_frame f) {
    return segment_cut(s, &f, &limits);
}

TEST(segment_is_cut_at_key_frames_or_the_maximum) {
    struct segment s = {0};
    EXPECT(!cut(&s, picture(9000, true)));
    add(&s, picture(1000, true));
    EXPECT(!cut(&s, picture(2999, true)));
    EXPECT(cut(&s, picture(3000, true)));
    EXPECT(!cut(&s, picture(3000, false)));
    EXPECT(!cut(&s, picture(4999, false)));
    EXPECT(cut(&s, picture(5000, false)));
    /* While there are pictures, sound waits for them. */
    EXPECT(!cut(&s, sound(3500)));
    EXPECT(cut(&s, sound(5000)));
    segment_clear(&s);
    EXPECT(!cut(&s, sound(5000)));
    add(&s, sound(5000));
    EXPECT(!cut(&s, sound(6980)));
    EXPECT(cut(&s, sound(7000)));
    /* A first picture that is no key frame does not cut sound. */
    EXPECT(!cut(&s, picture(7000, false)));
    segment_free(&s);
}

TEST(segment_is_cut_when_it_is_large) {
    struct segment s = {0};
    for (unsigned i = 0; i < SEGMENT_FRAMES_MAX; i++) {
        EXPECT(!cut(&s, sound(i / 10)));
        add(&s, sound(i / 10));
    }
    EXPECT(cut(&s, sound(820)));
    segment_clear(&s);
    static uint8_t big[1 << 20];
    for (unsigned i = 0; i < SEGMENT_BYTES_MAX >> 20; i++) {
        struct media_frame f = picture(i, i == 0);
        f.data = bytes_of(big, sizeof(big));
        EXPECT(!cut(&s, f));
        add(&s, f);
    }
    EXPECT(cut(&s, picture(100, false)));
    segment_free(&s);
}

TEST(segment_knows_its_span_and_size) {
    struct segment s = {0};
    struct media_frame wide = picture(150, false);
    add(&s, picture(120, true));
    wide.width = 640;
    add(&s, wide);
    add(&s, sound(100));
    EXPECT_EQ(s.start, 100 * MS);
    EXPECT_EQ(s.end, 150 * MS);
    EXPECT_EQ(s.width, 640);
    EXPECT_EQ(s.height, 180);
    EXPECT_EQ(s.data.n, 27);
    EXPECT(s.video);
    add(&s, sound(140));
    EXPECT_EQ(s.end, 160 * MS);
    segment_free(&s);
}

TEST(segment_sorts_by_time_and_picture_first) {
    struct segment s = {0};
    add(&s, sound(100));
    add(&s, sound(120));
    add(&s, sound(140));
    add(&s, picture(120, true));
    add(&s, picture(90, false));
    segment_sort(&s);
    static const us_t ms[] = {90, 100, 120, 120, 140};
    static const uint8_t stream[] = {STREAM_VIDEO, STREAM_AUDIO, STREAM_VIDEO, STREAM_AUDIO,
                                     STREAM_AUDIO};
    for (unsigned i = 0; i < 5; i++) {
        EXPECT_EQ(s.frames[i].t, ms[i] * MS);
        EXPECT_EQ(s.frames[i].stream, stream[i]);
        EXPECT(s.data.p[s.frames[i].at] == (stream[i] == STREAM_VIDEO ? '0' : '4'));
    }
    segment_clear(&s);
    segment_sort(&s);
    EXPECT_EQ(s.n, 0);
    segment_free(&s);
}

TEST_ALLOC(segment_without_memory) {
    struct segment s = {0};
    for (unsigned i = 0; i < 200; i++) {
        struct media_frame f = picture(i, i == 0);
        size_t n = s.n, len = s.data.n;
        enum err e = segment_add(&s, &f);
        EXPECT(e == OK || mem_failed());
        EXPECT(s.n == n + (e == OK) && s.data.n == len + (e == OK ? 10 : 0));
    }
    segment_free(&s);
}

struct seen {
    unsigned n;
    struct webm_block b[64];
};

static enum err see(void *ctx, const struct webm_block *b) {
    struct seen *s = ctx;
    if (s->n < ARRAY_LEN(s->b)) {
        s->b[s->n++] = *b;
    }
    return OK;
}

TEST(mux_gives_whole_clusters_with_untouched_times) {
    struct segment s = {0};
    struct mux_spec m = {.video = CODEC_VP8, .audio = CODEC_OPUS, .origin = 40 * MS};
    struct buffer out = {0};
    struct mux_keys keys;
    struct seen seen = {0};
    add(&s, picture(100000, true));
    add(&s, picture(100067, false));
    add(&s, sound(100010));
    add(&s, sound(100030));
    add(&s, sound(103990));
    segment_sort(&s);
    buffer_put(&out, "before", 6);
    EXPECT_EQ(mux_segment(&m, &s, &out, &keys), OK);
    EXPECT(memcmp(out.p, "before\x1f\x43\xb6\x75", 10) == 0);
    REQUIRE(webm_blocks(bytes_of(out.p + 6, out.n - 6), see, &seen) == OK);
    EXPECT_EQ(seen.n, 5);
    static const int64_t ms[] = {99960, 99970, 99990, 100027, 103950};
    static const unsigned track[] = {1, 2, 2, 1, 2};
    for (unsigned i = 0; i < seen.n; i++) {
        EXPECT_EQ(seen.b[i].ms, ms[i]);
        EXPECT_EQ(seen.b[i].track, track[i]);
        EXPECT(
            bytes_eq(seen.b[i].frame, track[i] == 1 ? bytes_of(body, 10) : bytes_of(body + 4, 7)));
    }
    EXPECT(seen.b[0].key && !seen.b[3].key);
    buffer_free(&out);
    segment_free(&s);
}

TEST(mux_key_frames_begin_clusters) {
    /* Only so can an index point at them; libavformat does it from 4 KiB on. */
    struct segment s = {0};
    struct mux_spec m = {.video = CODEC_VP8};
    struct buffer out = {0};
    struct mux_keys keys;
    struct seen seen = {0};
    static uint8_t big[5000];
    struct media_frame f = picture(0, true);
    f.data = bytes_of(big, sizeof(big));
    add(&s, f);
    add(&s, picture(500, true));
    add(&s, picture(540, false));
    EXPECT_EQ(mux_segment(&m, &s, &out, &keys), OK);
    REQUIRE(webm_blocks(bytes_of(out.p, out.n), see, &seen) == OK);
    EXPECT_EQ(seen.n, 3);
    EXPECT_EQ(seen.b[0].cluster, 0);
    EXPECT(seen.b[1].cluster > 5000 && seen.b[2].cluster == seen.b[1].cluster);
    EXPECT_EQ(seen.b[1].cluster_ms, 500);
    buffer_free(&out);
    segment_free(&s);
}

TEST(mux_sound_alone_is_track_one) {
    struct segment s = {0};
    struct mux_spec alone = {.audio = CODEC_OPUS}, both = {.video = CODEC_VP8, .audio = CODEC_OPUS};
    EXPECT_EQ(mux_track_number(&alone, STREAM_AUDIO), 1);
    EXPECT_EQ(mux_track_number(&both, STREAM_AUDIO), 2);
    EXPECT_EQ(mux_track_number(&both, STREAM_VIDEO), 1);
    struct buffer out = {0};
    struct mux_keys keys;
    struct seen seen = {0};
    add(&s, sound(20));
    EXPECT_EQ(mux_segment(&alone, &s, &out, &keys), OK);
    EXPECT_EQ(webm_blocks(bytes_of(out.p, out.n), see, &seen), OK);
    EXPECT_EQ(seen.n, 1);
    EXPECT_EQ(seen.b[0].track, 1);
    buffer_free(&out);
    segment_free(&s);
}

TEST(mux_refuses_times_that_go_back) {
    struct segment s = {0};
    struct mux_spec m = {.audio = CODEC_OPUS};
    struct buffer out = {0};
    struct mux_keys keys;
    add(&s, sound(40));
    add(&s, sound(20));
    EXPECT_EQ(mux_segment(&m, &s, &out, &keys), ERR_FORMAT);
    EXPECT_EQ(out.n, 0);
    buffer_free(&out);
    segment_free(&s);
}

TEST_ALLOC(mux_without_memory) {
    struct segment s = {0};
    struct mux_spec m = {.audio = CODEC_OPUS};
    struct buffer out = {0};
    struct mux_keys keys;
    struct media_frame f = sound(0);
    if (segment_add(&s, &f) == OK) {
        enum err e = mux_segment(&m, &s, &out, &keys);
        EXPECT(e == OK || (mem_failed() && out.n == 0));
    }
    buffer_free(&out);
    segment_free(&s);
}
