/* MP4 boxes and the computed header; what containers carry. */
#include "recorder/container/container.h"
#include "recorder/container/mp4_header.h"
#include "recorder/container/mux.h"
#include "tests/unit/recorder/mp4_view.h"
#include "tests/unit/test.h"

#define MS US_PER_MS

TEST(mp4_boxes_are_read_as_written) {
    struct buffer t = {0};
    struct mp4_box b;
    size_t outer = mp4_begin(&t, MP4_TYPE('m', 'o', 'o', 'v'));
    size_t inner = mp4_begin_full(&t, MP4_TYPE('m', 'v', 'h', 'd'), 1, 0x020304);
    mp4_put(&t, 0x0102030405060708, 8);
    mp4_put_zeros(&t, 100);
    mp4_end(&t, inner);
    mp4_end(&t, outer);
    struct rd r = rd_of(t.p, t.n);
    REQUIRE(mp4_next(&r, &b) == OK);
    EXPECT_EQ(b.type, MP4_TYPE('m', 'o', 'o', 'v'));
    EXPECT_EQ(b.whole.n, t.n);
    EXPECT_EQ(rd_left(&r), 0);
    struct bytes mvhd = mp4_child(b.data, 0, MP4_TYPE('m', 'v', 'h', 'd'));
    EXPECT_EQ(mvhd.n, 4 + 8 + 100);
    EXPECT_EQ(be32(mvhd.p), 0x01020304);
    EXPECT_EQ(be32(mvhd.p + 8), 0x05060708);
    buffer_free(&t);
}

TEST(mp4_boxes_refuse_what_is_none) {
    static const struct {
        uint8_t b[8];
        size_t n;
        enum err want;
    } cases[] = {{{0, 0, 0, 8, 'f', 'r', 'e'}, 7, ERR_SHORT},
                 {{0, 0, 0, 9, 'f', 'r', 'e', 'e'}, 8, ERR_SHORT},
                 {{0xff, 0xff, 0xff, 0xff, 'f', 'r', 'e', 'e'}, 8, ERR_SHORT},
                 {{0, 0, 0, 7, 'f', 'r', 'e', 'e'}, 8, ERR_FORMAT},
                 {{0, 0, 0, 1, 'f', 'r', 'e', 'e'}, 8, ERR_UNSUPPORTED},
                 {{0, 0, 0, 0, 'f', 'r', 'e', 'e'}, 8, ERR_UNSUPPORTED},
                 {{0, 0, 0, 8, 'f', 'r', 'e', 'e'}, 8, OK}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mp4_box b;
        struct rd r = rd_of(cases[i].b, cases[i].n);
        EXPECT_EQ(mp4_next(&r, &b), cases[i].want);
    }
}

static uint8_t avcc[] = {1, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0, 3, 0x67, 1, 2, 1, 0, 2, 0x68, 5};

TEST(mp4_header_says_what_the_file_is) {
    static struct mp4_view v;
    struct mp4_point points[] = {{0, 0, true}, {1500, 100, false}, {1400, 180, true}};
    struct mp4_file f = {.video = 1,
                         .audio = 2,
                         .width = 1280,
                         .height = 720,
                         .avcc = bytes_of(avcc, sizeof(avcc)),
                         .duration_ms = 4000,
                         .fragments = 300,
                         .points = points,
                         .n_points = 3};
    struct buffer t = {0};
    struct mp4_reference ref;
    buffer_put(&t, "before", 6);
    EXPECT_EQ(mp4_header(&f, &t), OK);
    REQUIRE(mp4_view(bytes_of(t.p + 6, t.n - 6), &v));
    struct bytes trak = mp4_child(v.moov, 0, MP4_TYPE('t', 'r', 'a', 'k'));
    struct bytes tkhd = mp4_child(trak, 0, MP4_TYPE('t', 'k', 'h', 'd'));
    REQUIRE(tkhd.n == 84);
    EXPECT_EQ(be32(tkhd.p + 76), 1280 << 16);
    EXPECT_EQ(be32(tkhd.p + 80), 720 << 16);
    /* The pictures' samples are shown at their times. */
    EXPECT_EQ(mp4_child(trak, 0, MP4_TYPE('e', 'd', 't', 's')).n, 0);
    /* Both indexes lead to the same fragments, each in its clock; time does not go back. */
    for (unsigned track = 1; track <= 2; track++) {
        uint64_t clock = track == 1 ? 90 : 48;
        static const uint64_t ms[] = {0, 1500, 1500, 4000}, at[] = {0, 100, 180, 300};
        for (unsigned i = 0; i < 4; i++) {
            REQUIRE(mp4_reference(v.sidx[track - 1], i, &ref));
            EXPECT_EQ(ref.time, ms[i] * clock);
            EXPECT_EQ(ref.offset, at[i]);
            EXPECT(i == 3 || ref.sap == (track == 2 || points[i].key));
        }
        /* first_offset leads over what follows the box. */
        uint64_t first = be32(v.sidx[track - 1].p + 24);
        EXPECT_EQ(first, track == 1 ? v.sidx[1].n + 8 : 0);
    }
    buffer_free(&t);
}

/* Nothing in it depends on how long it will be; fragments go behind it as ever. */
TEST(mp4_header_of_a_recording_that_goes_on) {
    static struct mp4_view v;
    struct mp4_point point = {0, 0, true};
    struct mp4_file f = {.video = 1,
                         .audio = 2,
                         .width = 1280,
                         .height = 720,
                         .avcc = bytes_of(avcc, sizeof(avcc)),
                         .live = true};
    struct buffer t = {0}, again = {0};
    EXPECT_EQ(mp4_header(&f, &t), OK);
    f.duration_ms = 4000;
    f.fragments = 300;
    f.points = &point;
    f.n_points = 1;
    EXPECT_EQ(mp4_header(&f, &again), OK);
    EXPECT(bytes_eq(bytes_of(t.p, t.n), bytes_of(again.p, again.n)));
    REQUIRE(mp4_view(bytes_of(t.p, t.n), &v));
    EXPECT(v.sidx[0].n == 0 && v.sidx[1].n == 0);
    struct bytes mvex = mp4_child(v.moov, 0, MP4_TYPE('m', 'v', 'e', 'x'));
    EXPECT(mp4_child(mvex, 0, MP4_TYPE('t', 'r', 'e', 'x')).n > 0);
    EXPECT_EQ(mp4_child(mvex, 0, MP4_TYPE('m', 'e', 'h', 'd')).n, 0);
    f.live = false;
    buffer_cut(&t, 0);
    EXPECT_EQ(mp4_header(&f, &t), OK);
    REQUIRE(mp4_view(bytes_of(t.p, t.n), &v));
    mvex = mp4_child(v.moov, 0, MP4_TYPE('m', 'v', 'e', 'x'));
    EXPECT_EQ(mp4_child(mvex, 0, MP4_TYPE('m', 'e', 'h', 'd')).n, 12);
    buffer_free(&t);
    buffer_free(&again);
}

TEST(mp4_header_of_sound_alone) {
    static struct mp4_view v;
    struct mp4_point point = {0, 0, false};
    struct mp4_file f = {
        .audio = 1, .duration_ms = 20, .fragments = 10, .points = &point, .n_points = 1};
    struct buffer t = {0};
    EXPECT_EQ(mp4_header(&f, &t), OK);
    REQUIRE(mp4_view(bytes_of(t.p, t.n), &v));
    EXPECT(v.sidx[0].n > 0 && v.sidx[1].n == 0);
    /* The sound begins behind what the encoder was behind, wherever its samples are. */
    struct bytes trak = mp4_child(v.moov, 0, MP4_TYPE('t', 'r', 'a', 'k'));
    struct bytes edts = mp4_child(trak, 0, MP4_TYPE('e', 'd', 't', 's'));
    struct bytes elst = mp4_child(edts, 0, MP4_TYPE('e', 'l', 's', 't'));
    REQUIRE(elst.n == 4 + 4 + 12);
    EXPECT_EQ(be32(elst.p), 0);
    EXPECT_EQ(be32(elst.p + 4), 1);
    EXPECT_EQ(be32(elst.p + 8), 0);
    EXPECT_EQ(be32(elst.p + 12), CONTAINER_OPUS_PRE_SKIP);
    EXPECT_EQ(be32(elst.p + 16), 0x10000);
    buffer_free(&t);
}

TEST(mp4_header_has_as_many_references_as_a_box_can_hold) {
    static struct mp4_point points[150000];
    static struct mp4_view v;
    struct mp4_file f = {.video = 1,
                         .avcc = bytes_of(avcc, sizeof(avcc)),
                         .duration_ms = 150000,
                         .fragments = 1500000,
                         .points = points,
                         .n_points = ARRAY_LEN(points)};
    struct buffer t = {0};
    struct mp4_reference ref;
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        points[i] = (struct mp4_point){i, 10 * i, true};
    }
    EXPECT_EQ(mp4_header(&f, &t), OK);
    REQUIRE(mp4_view(bytes_of(t.p, t.n), &v));
    EXPECT(mp4_reference(v.sidx[0], 50000, &ref));
    EXPECT_EQ(ref.offset, 1500000);
    EXPECT_EQ(ref.time, 150000 * 90);
    EXPECT(!mp4_reference(v.sidx[0], 50001, &ref));
    buffer_free(&t);
}

TEST(mp4_header_refuses_places_that_are_none) {
    struct mp4_point points[] = {{0, 0, true}, {10, 0, true}};
    struct mp4_file f = {.video = 1, .fragments = 10, .points = points};
    struct buffer t = {0};
    EXPECT_EQ(mp4_header(&f, &t), ERR_RANGE); /* none */
    f.n_points = 2;
    EXPECT_EQ(mp4_header(&f, &t), ERR_RANGE); /* twice the same */
    points[1].offset = 10;
    EXPECT_EQ(mp4_header(&f, &t), ERR_RANGE); /* behind the end */
    points[1].offset = 5;
    f.fragments = UINT64_C(1) << 32;
    EXPECT_EQ(mp4_header(&f, &t), ERR_RANGE); /* longer than a reference can say */
    EXPECT_EQ(t.n, 0);
    buffer_free(&t);
}

TEST_ALLOC(mp4_header_without_memory) {
    struct mp4_point points[] = {{0, 0, true}};
    struct mp4_file f = {.video = 1, .fragments = 10, .points = points, .n_points = 1};
    struct buffer t = {0};
    enum err e = mp4_header(&f, &t);
    EXPECT(e == OK || (mem_failed() && t.n == 0 && !t.bad));
    buffer_free(&t);
}

TEST(container_of_each_codec) {
    EXPECT_EQ(container_of_codec(CODEC_H264), CONTAINER_MP4);
    EXPECT_EQ(container_of_codec(CODEC_NONE), CONTAINER_WEBM);
    EXPECT_STR(container_type(CONTAINER_WEBM, false), "audio/webm");
    EXPECT_STR(container_type(CONTAINER_MP4, false), "audio/mp4");
    EXPECT(container_needs_init(CODEC_AV1) && container_needs_init(CODEC_H264));
    EXPECT(!container_needs_init(CODEC_VP8) && !container_needs_init(CODEC_VP9));
}

TEST(container_types_name_their_codecs) {
    static const uint8_t av1[] = {0x81, 0x08, 0x0c, 0}, deep[] = {0x81, 0x4d, 0xe0, 0};
    static const uint8_t ten[] = {0x81, 0x05, 0x40, 0};
    static const struct {
        struct container_content c;
        const char *want;
    } rows[] = {
        {{CODEC_VP8, {NULL, 0}, true, true}, "video/webm; codecs=\"vp8,opus\""},
        {{CODEC_VP8, {NULL, 0}, true, false}, "video/webm; codecs=\"vp8\""},
        {{CODEC_VP8, {NULL, 0}, false, true}, "audio/webm; codecs=\"opus\""},
        {{CODEC_VP8, {NULL, 0}, false, false}, "audio/webm"},
        {{CODEC_NONE, {NULL, 0}, false, true}, "audio/webm; codecs=\"opus\""},
        {{CODEC_VP9, {NULL, 0}, true, true}, "video/webm; codecs=\"vp9,opus\""},
        {{CODEC_H264, {avcc, sizeof(avcc)}, true, true}, "video/mp4; codecs=\"avc1.42c00c,opus\""},
        {{CODEC_H264, {avcc, sizeof(avcc)}, false, true}, "audio/mp4; codecs=\"opus\""},
        {{CODEC_H264, {avcc, 3}, true, false}, "video/mp4; codecs=\"avc1\""},
        {{CODEC_AV1, {av1, 4}, true, true}, "video/webm; codecs=\"av01.0.08M.08,opus\""},
        {{CODEC_AV1, {deep, 4}, true, true}, "video/webm; codecs=\"av01.2.13H.12,opus\""},
        {{CODEC_AV1, {ten, 4}, true, false}, "video/webm; codecs=\"av01.0.05M.10\""},
        {{CODEC_AV1, {av1, 2}, true, false}, "video/webm; codecs=\"av01\""},
    };
    char text[CONTAINER_MIME_MAX];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        EXPECT_STR(container_mime(&rows[i].c, text), rows[i].want);
    }
}

TEST(container_carries_what_its_header_allows) {
    struct bytes is = bytes_of(avcc, sizeof(avcc)), none = bytes_of(NULL, 0);
    uint8_t pps[sizeof(avcc)], sps[sizeof(avcc)];
    memcpy(pps, avcc, sizeof(avcc));
    memcpy(sps, avcc, sizeof(avcc));
    pps[15] = 6;
    sps[10] = 3;
    EXPECT(container_carries(CODEC_H264, is, is));
    EXPECT(container_carries(CODEC_H264, is, bytes_of(pps, sizeof(pps))));
    EXPECT(!container_carries(CODEC_H264, is, bytes_of(sps, sizeof(sps))));
    EXPECT(!container_carries(CODEC_H264, is, none));
    /* AV1: another level and sequence header, another profile, 10 bits. */
    static const uint8_t av1[][6] = {{0x81, 0x00, 0x0c, 0, 1, 2},
                                     {0x81, 0x05, 0x8c, 0, 3, 4},
                                     {0x81, 0x20, 0x00, 0, 1, 2},
                                     {0x81, 0x00, 0x4c, 0, 1, 2}};
    for (size_t i = 0; i < ARRAY_LEN(av1); i++) {
        EXPECT(container_carries(CODEC_AV1, bytes_of(av1[0], 6), bytes_of(av1[i], 6)) == (i < 2));
    }
    EXPECT(!container_carries(CODEC_AV1, bytes_of(av1[0], 6), none));
    EXPECT(container_carries(CODEC_VP9, none, none));
}

TEST(container_puts_parameter_sets_as_samples_have_them) {
    struct buffer t = {0};
    container_put_sets(bytes_of(avcc, sizeof(avcc)), &t);
    EXPECT(bytes_eq(bytes_of(t.p, t.n), bytes_of("\0\0\0\3\x67\1\2\0\0\0\2\x68\5", 13)));
    for (size_t n = 0; n < sizeof(avcc); n++) {
        buffer_cut(&t, 0);
        container_put_sets(bytes_of(avcc, n), &t);
        EXPECT(t.n <= 13);
    }
    buffer_free(&t);
}

static void add(struct segment *s, us_t ms, enum stream stream, bool key) {
    struct media_frame f = {.t = ms * MS,
                            .duration = stream == STREAM_AUDIO ? 20 * MS : 0,
                            .data = bytes_of("\0\0\0\1\x65", 5),
                            .stream = (uint8_t)stream,
                            .key = key,
                            .codec = CODEC_H264,
                            .width = 2,
                            .height = 2};
    CHECK(segment_add(s, &f) == OK);
}

TEST(mux_mp4_fragments_keep_their_own_time) {
    static struct mp4_view v;
    struct segment s = {0};
    struct mux_spec m = {.video = CODEC_H264,
                         .audio = CODEC_OPUS,
                         .origin = 1000 * MS,
                         .init = bytes_of(avcc, sizeof(avcc))};
    struct mp4_point point = {0, 0, true};
    struct mux_keys keys;
    struct buffer t = {0};
    us_t day = 86400000; /* [ms] */
    add(&s, 1000 + day, STREAM_AUDIO, true);
    add(&s, 1010 + day, STREAM_VIDEO, true);
    add(&s, 1050 + day, STREAM_VIDEO, false);
    add(&s, 1900 + day, STREAM_AUDIO, true);
    add(&s, 2010 + day, STREAM_VIDEO, true);
    segment_last_until(&s, STREAM_VIDEO, (2050 + day) * MS);
    segment_sort(&s);
    struct mp4_file f = {.video = 1, .audio = 2, .avcc = m.init, .points = &point, .n_points = 1};
    f.fragments = 1;
    REQUIRE(mp4_header(&f, &t) == OK);
    size_t head = t.n;
    REQUIRE(mux_segment(&m, &s, &t, &keys) == OK);
    REQUIRE(mp4_view(bytes_of(t.p, t.n), &v));
    EXPECT_EQ(v.fragments, 3);
    EXPECT_EQ(v.n, 5);
    /* A fragment's pictures, then its sound. */
    static const struct {
        unsigned track, fragment;
        us_t ms;
        uint32_t duration;
    } want[] = {{2, 0, 0, 900 * 48},
                {1, 1, 10, 40 * 90},
                {1, 1, 50, 960 * 90},
                {2, 1, 900, 20 * 48},
                {1, 2, 1010, 40 * 90}};
    for (unsigned i = 0; i < 5; i++) {
        unsigned clock = want[i].track == 1 ? 90 : 48;
        EXPECT_EQ(v.sample[i].track, want[i].track);
        EXPECT_EQ(v.sample[i].fragment, want[i].fragment);
        EXPECT_EQ(v.sample[i].time, (uint64_t)(want[i].ms + day) * clock);
        EXPECT_EQ(v.sample[i].duration, want[i].duration);
    }
    EXPECT_EQ(keys.n, 2);
    EXPECT_EQ(keys.at[0].at_ms, 10);
    EXPECT_EQ(keys.at[1].at_ms, 1010);
    EXPECT_EQ(keys.at[0].offset, v.fragment_at[1]);
    EXPECT_EQ(keys.at[1].offset, v.fragment_at[2]);
    EXPECT_EQ(v.fragments_at, head);
    buffer_free(&t);
    segment_free(&s);
}

/* All pictures are key frames, a thousand a second: a muxer for each is what a sender must not be
 * able to ask for. */
TEST(mux_mp4_fragments_are_not_more_than_a_segment_needs) {
    static struct mp4_view v;
    struct segment s = {0};
    struct mux_spec m = {.video = CODEC_H264, .init = bytes_of(avcc, sizeof(avcc))};
    struct mp4_point point = {0, 0, true};
    struct mux_keys keys;
    struct buffer t = {0};
    for (us_t ms = 0; ms < 4000; ms++) {
        add(&s, ms, STREAM_VIDEO, true);
    }
    struct mp4_file f = {
        .video = 1, .avcc = m.init, .points = &point, .n_points = 1, .fragments = 1};
    REQUIRE(mp4_header(&f, &t) == OK);
    REQUIRE(mux_segment(&m, &s, &t, &keys) == OK);
    REQUIRE(mp4_view(bytes_of(t.p, t.n), &v));
    EXPECT_EQ(v.fragments, 40);
    EXPECT_EQ(v.n, 4000);
    EXPECT_EQ(keys.n, 40);
    for (unsigned i = 0; i < 40; i++) {
        EXPECT_EQ(keys.at[i].at_ms, i * 100);
        EXPECT_EQ(keys.at[i].offset, v.fragment_at[i]);
    }
    for (unsigned i = 0; i < v.n; i++) {
        EXPECT(v.sample[i].key && v.sample[i].time == i * 90);
    }
    buffer_free(&t);
    segment_free(&s);
}

TEST_ALLOC(mux_mp4_without_memory) {
    struct segment s = {0};
    struct mux_spec m = {.video = CODEC_H264, .init = bytes_of(avcc, sizeof(avcc))};
    struct buffer out = {0};
    struct mux_keys keys;
    struct media_frame f = {.data = bytes_of("\0\0\0\1\x65", 5), .key = true, .codec = CODEC_H264};
    if (segment_add(&s, &f) == OK) {
        enum err e = mux_segment(&m, &s, &out, &keys);
        EXPECT(e == OK || (mem_failed() && out.n == 0));
    }
    buffer_free(&out);
    segment_free(&s);
}
