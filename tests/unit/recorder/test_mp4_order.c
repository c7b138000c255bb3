/* Pictures that are shown in another order than they come, from the packet to the file: an encoder
 * with B pictures, as OBS sends by WHIP; browsers send none. */
#include "recorder/container/container.h"
#include "recorder/container/mp4_header.h"
#include "recorder/container/mp4_order.h"
#include "recorder/container/mux.h"
#include "recorder/timeline/h264_sps.h"
#include "recorder/timeline/timeline.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/recorder/mp4_view.h"
#include "tests/unit/recorder/packetize.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#define MS US_PER_MS
#define INTERVAL 66667
#define GOP 30

static struct mp4_view mp4;

/* When picture i of video_b.h264 is shown, counted in pictures: I P B B P B B ... P B. */
static unsigned shown(unsigned i) {
    static const unsigned last[] = {27, 25, 26, 29, 28};
    unsigned gop = i / GOP * GOP, k = i % GOP;
    if (k == 0) {
        return gop;
    }
    return gop + (k >= 25 ? last[k - 25] : k % 3 == 1 ? k + 2 : k - 1);
}

TEST(timeline_says_when_pictures_are_shown_that_come_late) {
    struct timeline l;
    struct ntp_clock c = {0};
    us_t last = -1;
    timeline_init(&l, 90000);
    l.reorders = true;
    for (unsigned i = 0; i < 300; i++) {
        us_t arrival = 500 * MS + i * 40 * MS;
        us_t t = timeline_stamp(&l, &c, 0xfffffff0u + shown(i) * 3600, arrival);
        EXPECT(t != TIMELINE_REFUSED && t > last);
        EXPECT(l.shift <= 0);
        EXPECT_EQ(t + l.shift, 500 * MS + shown(i) * 40 * MS);
        last = t;
    }
    EXPECT_EQ(l.refused, 0);
    EXPECT_EQ(l.astray, 0);
    /* What is further behind is another clock's, as it is of codecs that do not reorder. */
    (void)timeline_stamp(&l, &c, 0xfffffff0u + 301 * 3600 - 2 * 90000, 500 * MS + 301 * 40 * MS);
    EXPECT_EQ(l.shift, 0);
    l.reorders = false;
    (void)timeline_stamp(&l, &c, 0xfffffff0u + 299 * 3600, 500 * MS + 302 * 40 * MS);
    EXPECT_EQ(l.shift, 0);
}

/* Deeper than people encode: eight pictures between two that they refer to, sent as they are ready.
 */
TEST(timeline_bears_deep_reordering) {
    struct timeline l;
    struct ntp_clock c = {0};
    timeline_init(&l, 90000);
    l.reorders = true;
    for (unsigned i = 0; i < 270; i++) {
        unsigned n = i == 0 ? 0 : i % 9 == 1 ? i + 8 : i - 1;
        us_t t = timeline_stamp(&l, &c, n * 3000, 500 * MS + i * 33334);
        EXPECT(t != TIMELINE_REFUSED);
        us_t wrong = t + l.shift - (500 * MS + n * 33333);
        EXPECT(wrong <= MS && wrong >= -MS);
    }
    EXPECT_EQ(l.refused, 0);
}

/* A clip recorded whole; its file, and the pictures in it. */
static unsigned pictures_of(const struct clip *c, us_t begin) {
    uint8_t *form = malloc(1 << 20);
    unsigned n = 0, wrong = 0;
    uint64_t last = 0;
    CHECK(form);
    for (unsigned i = 0; i < mp4.n; i++) {
        if (mp4.sample[i].track != 1) {
            continue;
        }
        if (n == c->n) {
            break;
        }
        wrong += !bytes_eq(mp4.sample[i].data, recorded_form(c->codec, c->frame[n], form));
        int64_t at = (int64_t)mp4.sample[i].time + mp4.sample[i].shown;
        us_t want = begin + shown(n) * INTERVAL;
        wrong += at * 1000 / 90 < want - 2 * MS || at * 1000 / 90 > want + 2 * MS;
        wrong += n && mp4.sample[i].time < last;
        wrong += mp4.sample[i].shown < 0;
        /* After the beginning each is decoded in its turn, and evenly: the next is one interval
         * later, if there is one. */
        wrong += n > 15 && n + 1 < c->n &&
                 (mp4.sample[i].duration < 60 * 90 || mp4.sample[i].duration > 73 * 90);
        last = mp4.sample[i].time + 1;
        n++;
    }
    free(form);
    EXPECT_EQ(wrong, 0);
    return n;
}

TEST(codecs_h264_with_b_pictures) {
    struct rig g;
    struct clip clip;
    struct feed_list list = {0};
    struct library *l = NULL;
    char why[WHY_MAX];
    size_t n = 0;
    rig_init(&g);
    clip_h264(&clip, "video_b.h264");
    EXPECT_EQ(clip.n, 2 * GOP);
    REQUIRE(rig_open(&g) == OK);
    us_t zero = g.now;
    rig_order(&g, ORDER_START);
    struct feed_source s = {.id = 11,
                            .participant = 5,
                            .seq = 65536 + 65500,
                            .kind = SOURCE_CAMERA,
                            .step = 6000,
                            .at0 = zero + 100 * MS,
                            .interval = INTERVAL,
                            .clip = &clip};
    feed_tap(&list, &s, TAP_SOURCE_ON, zero);
    feed_tap(&list, &s, TAP_STAGE, zero + 1);
    for (unsigned i = 0; i < clip.n; i++) {
        s.rtp0 = 0xfffff000u + (shown(i) - i) * s.step;
        feed_frames(&list, &s, g.pool, i, i + 1);
    }
    rig_run(&g, &list);
    rig_order(&g, ORDER_STOP);
    REQUIRE(library_open(&(struct library_config){.dir = g.dir}, &l, why) == OK);
    uint8_t *file = read_file(l, g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && mp4_view(bytes_of(file, n), &mp4));
    EXPECT_EQ(pictures_of(&clip, 100 * MS), clip.n);
    keep_file("h264_b.mp4", file, n);
    mem_free(file);
    library_close(l);
    clip_free(&clip);
    feed_free(&list);
    rig_free(&g);
}

static uint8_t avcc[] = {1, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0, 3, 0x67, 1, 2, 1, 0, 2, 0x68, 5};

static void add(struct segment *s, us_t ms, us_t shift, bool key) {
    struct media_frame f = {.t = ms * MS,
                            .shift = shift * MS,
                            .data = bytes_of("\0\0\0\1\x65", 5),
                            .stream = STREAM_VIDEO,
                            .key = key,
                            .codec = CODEC_H264,
                            .width = 2,
                            .height = 2};
    CHECK(segment_add(s, &f) == OK);
}

/* A segment, as samples with their times in ms. */
static void expect_times(const struct segment *s, const us_t (*want)[2], unsigned n) {
    struct mux_spec m = {.video = CODEC_H264, .init = bytes_of(avcc, sizeof(avcc))};
    struct mp4_point point = {0, 0, true};
    struct mux_keys keys;
    struct buffer t = {0};
    struct mp4_file f = {
        .video = 1, .avcc = m.init, .points = &point, .n_points = 1, .fragments = 1};
    REQUIRE(mp4_header(&f, &t) == OK);
    REQUIRE(mux_segment(&m, s, &t, &keys) == OK);
    REQUIRE(mp4_view(bytes_of(t.p, t.n), &mp4));
    EXPECT_EQ(mp4.n, n);
    for (unsigned i = 0; i < n && i < mp4.n; i++) {
        EXPECT_EQ((us_t)mp4.sample[i].time, want[i][0] * 90);
        EXPECT_EQ((us_t)mp4.sample[i].time + mp4.sample[i].shown, want[i][1] * 90);
    }
    buffer_free(&t);
}

/* A segment that begins between key frames keeps the times in which they came; with the key frame
 * they are spread. */
TEST(mux_mp4_order_never_goes_back) {
    static const us_t want[][2] = {{100, 100}, {101, 40},  {102, 70}, {200, 200},
                                   {230, 290}, {260, 230}, {290, 260}};
    struct segment s = {0};
    add(&s, 100, 0, false);
    add(&s, 101, -61, false);
    add(&s, 102, -32, false);
    add(&s, 200, 0, true);
    add(&s, 290, 0, false);
    add(&s, 291, -61, false);
    add(&s, 292, -32, false);
    segment_last_until(&s, STREAM_VIDEO, 320 * MS);
    expect_times(&s, want, ARRAY_LEN(want));
    segment_free(&s);
}

/* A sender that says beforehand that it reorders: nothing is shown before it is decoded, and the
 * delay is the same in every fragment, reordered or not. */
TEST(mux_mp4_order_that_is_announced_is_delayed) {
    static const struct {
        us_t t, shift;
        bool key;
    } in[] = {{0, 0, true},    {90, 0, false},   {91, -61, false},   {92, -32, false},
              {2000, 0, true}, {2090, 0, false}, {2091, -61, false}, {2092, -32, false},
              {3000, 0, true}, {3033, 0, false}};
    struct segment s = {0};
    for (unsigned i = 0; i < ARRAY_LEN(in); i++) {
        struct media_frame f = {.t = in[i].t * MS,
                                .shift = in[i].shift * MS,
                                .data = bytes_of("\0\0\0\1\x65", 5),
                                .stream = STREAM_VIDEO,
                                .reorders = true,
                                .key = in[i].key,
                                .codec = CODEC_H264};
        CHECK(segment_add(&s, &f) == OK);
    }
    segment_last_until(&s, STREAM_VIDEO, 3066 * MS);
    struct mux_spec m = {.video = CODEC_H264, .init = bytes_of(avcc, sizeof(avcc))};
    struct mp4_point point = {0, 0, true};
    struct mux_keys keys;
    struct buffer t = {0};
    struct mp4_file f = {
        .video = 1, .avcc = m.init, .points = &point, .n_points = 1, .fragments = 1};
    REQUIRE(mp4_header(&f, &t) == OK && mux_segment(&m, &s, &t, &keys) == OK);
    REQUIRE(mp4_view(bytes_of(t.p, t.n), &mp4));
    EXPECT_EQ(mp4.n, ARRAY_LEN(in));
    for (unsigned i = 0; i < mp4.n; i++) {
        EXPECT(mp4.sample[i].shown >= 0);
        EXPECT_EQ((us_t)mp4.sample[i].time + mp4.sample[i].shown, (in[i].t + in[i].shift) * 90);
        EXPECT(i == 0 || mp4.sample[i].time > mp4.sample[i - 1].time);
    }
    EXPECT_EQ(mp4.sample[0].time, 0);
    EXPECT_EQ(mp4.sample[4].time, 1500 * 90);
    EXPECT_EQ(mp4.sample[5].time, 1530 * 90);
    EXPECT_EQ(mp4.sample[9].time, 2533 * 90);
    buffer_free(&t);
    segment_free(&s);
}

/* As encoders say it: libx264 with B pictures and without. */
TEST(h264_sps_says_that_pictures_are_reordered) {
    static const struct {
        const char *name;
        bool reorders;
    } clips[] = {{"video_b.h264", true}, {"video.h264", false}, {"video_small.h264", false}};
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        struct clip clip;
        struct bytes nal;
        struct h264_sps sps;
        unsigned found = 0;
        size_t at = 0;
        clip_h264(&clip, clips[i].name);
        while (annexb_next(clip.frame[0], &at, &nal)) {
            if ((nal.p[0] & 0x1f) == H264_SPS) {
                found++;
                EXPECT_EQ(h264_sps_read(nal, &sps), OK);
                EXPECT_EQ(sps.reorders, clips[i].reorders);
                /* What is cut off says nothing, and the set is as good as before. */
                EXPECT_EQ(h264_sps_read(bytes_of(nal.p, nal.n - 3), &sps), OK);
                EXPECT(!sps.reorders);
            }
        }
        EXPECT_EQ(found, 1);
        clip_free(&clip);
    }
}

/* Shown before the key frame behind which it comes, and before time 0: what no encoder sends. */
TEST(mux_mp4_order_bears_what_no_encoder_sends) {
    static const us_t key[][2] = {{200, 200}, {201, 1}, {300, 300}}, one[][2] = {{50, 0}},
                      same[][2] = {{0, 0}, {1, 0}, {2, 0}};
    struct segment s = {0};
    add(&s, 200, 0, true);
    add(&s, 201, -200, false);
    add(&s, 300, 0, false);
    segment_last_until(&s, STREAM_VIDEO, 320 * MS);
    expect_times(&s, key, ARRAY_LEN(key));
    segment_clear(&s);
    add(&s, 50, -900, false);
    expect_times(&s, one, ARRAY_LEN(one));
    segment_clear(&s);
    add(&s, 0, 0, true);
    add(&s, 1, -1, false);
    add(&s, 2, -2, false);
    expect_times(&s, same, ARRAY_LEN(same));
    segment_free(&s);
}

TEST(mp4_order_undoes_only_what_it_knows) {
    static const uint32_t flags[] = {0x000b01, 0x000301, 0x000801, 0x000f05};
    for (unsigned i = 0; i < ARRAY_LEN(flags); i++) {
        for (unsigned cut = 0; cut < 2; cut++) {
            struct buffer t = {0};
            size_t moof = mp4_begin(&t, MP4_TYPE('m', 'o', 'o', 'f'));
            size_t traf = mp4_begin(&t, MP4_TYPE('t', 'r', 'a', 'f'));
            size_t tfhd = mp4_begin_full(&t, MP4_TYPE('t', 'f', 'h', 'd'), 0, 0x020000);
            mp4_put(&t, 7, 4);
            mp4_end(&t, tfhd);
            size_t trun = mp4_begin_full(&t, MP4_TYPE('t', 'r', 'u', 'n'), 0, flags[i]);
            mp4_put(&t, 2, 4);
            mp4_put(&t, 0, 4);                       /* where the data are */
            mp4_put_zeros(&t, flags[i] & 4 ? 4 : 0); /* flags of the first */
            unsigned before = (unsigned)__builtin_popcount(flags[i] & 0x700) * 4;
            for (unsigned k = 0; k < 2; k++) {
                mp4_put_zeros(&t, before);
                if (flags[i] & 0x800) {
                    mp4_put(&t, 100 + k, 4);
                }
            }
            mp4_put_zeros(&t, cut ? 1 : 0);
            mp4_end(&t, trun);
            mp4_end(&t, traf);
            mp4_end(&t, moof);
            bool ok = flags[i] & 0x800 && !cut;
            EXPECT_EQ(mp4_order_undo((uint8_t *)t.p, t.n, 8, 90), ERR_FORMAT);
            EXPECT_EQ(mp4_order_undo((uint8_t *)t.p, t.n, 7, 90), ok ? OK : ERR_FORMAT);
            if (ok) {
                EXPECT_EQ(be32((uint8_t *)t.p + t.n - 4), 11);
                EXPECT_EQ(be32((uint8_t *)t.p + t.n - 8 - before), 10);
            }
            EXPECT_EQ(mp4_order_undo((uint8_t *)t.p, 7, 7, 90), ERR_FORMAT);
            buffer_free(&t);
        }
    }
}

TEST_ALLOC(mux_mp4_order_without_memory) {
    struct segment s = {0};
    struct mux_spec m = {.video = CODEC_H264, .init = bytes_of(avcc, sizeof(avcc))};
    struct buffer out = {0};
    struct mux_keys keys;
    struct media_frame f = {.data = bytes_of("\0\0\0\1\x65", 5), .key = true, .codec = CODEC_H264};
    struct media_frame b = {
        .t = 3 * MS, .shift = -MS, .data = bytes_of("\0\0\0\1\x65", 5), .codec = CODEC_H264};
    if (segment_add(&s, &f) == OK && segment_add(&s, &b) == OK) {
        enum err e = mux_segment(&m, &s, &out, &keys);
        EXPECT(e == OK || (e == ERR_NOMEM && out.n == 0));
    }
    buffer_free(&out);
    segment_free(&s);
}
