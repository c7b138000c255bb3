/* Which changes of the pictures begin another file, and which stay in one. */
#include "recorder/capture/track.h"

#include "tests/unit/test.h"

#define MS US_PER_MS

struct caught {
    unsigned epochs, segments;
    struct entry_epoch epoch[16];
    struct entry_segment segment[16];
    struct buffer media[16];
    bool refuse, refuse_epochs;
    unsigned gaps;
    struct entry_gap gap;
    us_t gap_at;
};

static bool on_epoch(void *ctx, const struct entry_epoch *e) {
    struct caught *c = ctx;
    if (c->refuse_epochs) {
        return false;
    }
    CHECK(c->epochs < ARRAY_LEN(c->epoch));
    c->epoch[c->epochs++] = *e;
    return true;
}

static bool on_segment(void *ctx, const struct entry_segment *e, struct buffer *media) {
    struct caught *c = ctx;
    if (c->refuse) {
        return false;
    }
    CHECK(c->segments < ARRAY_LEN(c->segment));
    c->media[c->segments] = *media;
    c->segment[c->segments++] = *e;
    *media = (struct buffer){0};
    return true;
}

static void on_gap(void *ctx, const struct entry_gap *e, us_t at) {
    struct caught *c = ctx;
    c->gaps++;
    c->gap = *e;
    c->gap_at = at;
}

struct stage {
    struct caught c;
    struct track_sink sink;
    struct track t;
};

static void set_up(struct stage *s, enum codec video, bool from_zero) {
    memset(s, 0, sizeof(*s));
    s->sink = (struct track_sink){&s->c, on_epoch, on_segment, on_gap};
    track_init(&s->t, &(struct track_config){.video = video,
                                             .audio = CODEC_OPUS,
                                             .from_zero = from_zero,
                                             .limits = {2000 * MS, 4000 * MS},
                                             .sink = &s->sink});
}

static void tear_down(struct stage *s) {
    for (unsigned i = 0; i < s->c.segments; i++) {
        buffer_free(&s->c.media[i]);
    }
    track_free(&s->t);
}

static bool picture(struct stage *s, us_t ms, enum codec codec, struct bytes init) {
    struct media_frame f = {.t = ms * MS,
                            .data = bytes_of("\0\0\0\1\x65", 5),
                            .stream = STREAM_VIDEO,
                            .key = true,
                            .codec = (uint8_t)codec,
                            .width = 320,
                            .height = 180,
                            .init = init};
    return track_frame(&s->t, 0, &f);
}

static bool sound(struct stage *s, us_t ms) {
    struct media_frame f = {.t = ms * MS,
                            .duration = 20 * MS,
                            .data = bytes_of("\xfc", 1),
                            .stream = STREAM_AUDIO,
                            .key = true};
    return track_frame(&s->t, 0, &f);
}

/* avcC with one SPS and one PPS. */
static struct bytes avcc(uint8_t sps, uint8_t pps) {
    static uint8_t b[8][16];
    static unsigned turn;
    static const uint8_t head[] = {1,    0x42, 0xc0, 0x0c, 0xff, 0xe1, 0,   3,
                                   0x67, 1,    2,    1,    0,    2,    0x68};
    uint8_t *p = b[turn++ % 8];
    memcpy(p, head, sizeof(head));
    p[10] = sps;
    p[15] = pps;
    return bytes_of(p, 16);
}

static const struct bytes none;

TEST(epoch_codecs_and_parameters_that_a_header_cannot_carry) {
    static const uint8_t av1[2][4] = {{0x81, 0, 0x0c, 0}, {0x81, 0, 0x4c, 0}};
    struct stage s;
    set_up(&s, CODEC_VP8, true);
    EXPECT(picture(&s, 500, CODEC_VP8, none));
    EXPECT(picture(&s, 2500, CODEC_VP9, none));
    EXPECT(picture(&s, 4500, CODEC_H264, avcc(1, 1)));
    EXPECT(picture(&s, 6500, CODEC_H264, avcc(2, 1)));
    EXPECT(picture(&s, 8500, CODEC_AV1, bytes_of(av1[0], 4)));
    EXPECT(picture(&s, 8600, CODEC_AV1, bytes_of(av1[0], 4)));
    EXPECT(picture(&s, 10500, CODEC_AV1, bytes_of(av1[1], 4)));
    track_close(&s.t);
    static const enum codec codec[] = {CODEC_VP8,  CODEC_VP9, CODEC_H264,
                                       CODEC_H264, CODEC_AV1, CODEC_AV1};
    static const us_t start[] = {0, 2500, 4500, 6500, 8500, 10500};
    EXPECT_EQ(s.c.epochs, 6);
    EXPECT_EQ(s.c.segments, 6);
    for (unsigned i = 0; i < s.c.epochs; i++) {
        EXPECT_EQ(s.c.epoch[i].number, i);
        EXPECT_EQ(s.c.epoch[i].video, codec[i]);
        EXPECT_EQ(s.c.epoch[i].start, start[i] * MS);
        EXPECT_EQ(s.c.segment[i].epoch, i);
        EXPECT_EQ(s.c.segment[i].number, 0);
        EXPECT_EQ(s.c.segment[i].start, i ? 0 : 500 * MS);
    }
    /* The last picture of an epoch is shown until the next begins. */
    EXPECT_EQ(s.c.segment[0].duration, 2000 * MS);
    tear_down(&s);
}

TEST(epoch_begins_with_the_sound_that_comes_late) {
    struct stage s;
    set_up(&s, CODEC_H264, true);
    EXPECT(sound(&s, 80));
    EXPECT(picture(&s, 100, CODEC_H264, avcc(1, 1)));
    EXPECT(picture(&s, 2200, CODEC_H264, avcc(2, 1)));
    EXPECT(sound(&s, 2150)); /* of before the key frame, and in its epoch */
    EXPECT(sound(&s, 2170));
    track_close(&s.t);
    EXPECT_EQ(s.c.epochs, 2);
    EXPECT_EQ(s.c.epoch[1].start, 2150 * MS);
    EXPECT_EQ(s.c.segment[1].start, 0);
    EXPECT_EQ(s.c.segment[1].keys[0].at_ms, 50);
    tear_down(&s);
}

static unsigned sets_in(const struct buffer *media) {
    unsigned n = 0;
    for (size_t i = 0; i + 7 <= media->n; i++) {
        n += memcmp(media->p + i, "\0\0\0\3\x67\1\1", 7) == 0;
    }
    return n;
}

TEST(epoch_other_picture_parameter_sets_travel_in_the_samples) {
    struct stage s;
    set_up(&s, CODEC_H264, true);
    EXPECT(picture(&s, 0, CODEC_H264, avcc(1, 1)));
    EXPECT(picture(&s, 100, CODEC_H264, avcc(1, 1)));
    EXPECT(picture(&s, 200, CODEC_H264, avcc(1, 2)));
    EXPECT(picture(&s, 300, CODEC_H264, avcc(1, 1))); /* a decoder has the others by now */
    track_close(&s.t);
    EXPECT_EQ(s.c.epochs, 1);
    EXPECT_EQ(s.c.segments, 1);
    EXPECT_EQ(s.c.segment[0].n_keys, 4);
    EXPECT_EQ(sets_in(&s.c.media[0]), 2);
    tear_down(&s);
}

TEST(epoch_without_pictures_may_get_them_later_only_without_a_record) {
    static const enum codec codec[] = {CODEC_VP8, CODEC_VP9, CODEC_H264};
    for (size_t i = 0; i < ARRAY_LEN(codec); i++) {
        struct stage s;
        set_up(&s, codec[i], true);
        for (us_t ms = 0; ms < 3000; ms += 20) {
            EXPECT(sound(&s, ms));
        }
        EXPECT_EQ(s.c.epochs, 1);
        bool later = codec[i] != CODEC_H264;
        EXPECT_EQ(s.c.epoch[0].video, later ? codec[i] : CODEC_NONE);
        EXPECT(picture(&s, 3000, codec[i], later ? none : avcc(1, 1)));
        track_close(&s.t);
        EXPECT_EQ(s.c.epochs, later ? 1 : 2);
        tear_down(&s);
    }
}

TEST(epoch_pictures_of_another_codec_wait_for_their_key_frame) {
    struct stage s;
    set_up(&s, CODEC_VP8, true);
    EXPECT(picture(&s, 0, CODEC_VP8, none));
    struct media_frame f = {
        .t = 40 * MS, .data = bytes_of("x", 1), .stream = STREAM_VIDEO, .codec = CODEC_VP9};
    EXPECT(!track_frame(&s.t, 0, &f));
    EXPECT_EQ(s.t.skipped, 1);
    tear_down(&s);
}

TEST(epoch_whose_segments_are_refused_is_not_used_again) {
    struct stage s;
    set_up(&s, CODEC_VP8, false);
    s.c.refuse = true;
    EXPECT(picture(&s, 0, CODEC_VP8, none));
    track_close(&s.t);
    s.c.refuse = false;
    EXPECT(picture(&s, 100, CODEC_VP8, none));
    EXPECT(picture(&s, 2000, CODEC_VP9, none));
    track_close(&s.t);
    EXPECT_EQ(s.c.epochs, 2);
    EXPECT_EQ(s.c.segment[0].epoch, 0);
    EXPECT_EQ(s.c.segment[0].number, 0);
    EXPECT_EQ(s.c.segment[1].epoch, 1);
    tear_down(&s);
}

/* A sender does not decide how many files there are: with other parameter sets in each key frame
 * there are eight, then one in segment_min, and what is not in them is said. */
TEST(epoch_changes_are_paced_whatever_is_sent) {
    struct stage s;
    set_up(&s, CODEC_H264, true);
    unsigned taken = 0;
    for (us_t ms = 0; ms < 4400; ms += 33) {
        struct media_frame after = {.t = (ms + 10) * MS,
                                    .data = bytes_of("x", 1),
                                    .stream = STREAM_VIDEO,
                                    .codec = CODEC_H264};
        bool key = picture(&s, ms, CODEC_H264, avcc((uint8_t)(ms / 33 + 1), 1));
        EXPECT_STR(key ? "keyframe" : s.t.refused, "keyframe");
        EXPECT_EQ(track_frame(&s.t, 0, &after), key); /* it refers to it */
        taken += key;
    }
    track_close(&s.t);
    EXPECT_EQ(taken, 1 + TRACK_EPOCHS_AT_ONCE + 2);
    EXPECT_EQ(s.c.epochs, taken);
    EXPECT_EQ(s.c.segments, taken);
    EXPECT_EQ(s.c.epoch[TRACK_EPOCHS_AT_ONCE].start, 33 * TRACK_EPOCHS_AT_ONCE * MS);
    EXPECT_EQ(s.c.epoch[TRACK_EPOCHS_AT_ONCE + 1].start, 2046 * MS);
    EXPECT_EQ(s.c.epoch[TRACK_EPOCHS_AT_ONCE + 2].start, 4059 * MS);
    tear_down(&s);
}

TEST(epoch_goes_on_with_key_frames_that_belong_to_it) {
    struct stage s;
    set_up(&s, CODEC_H264, true);
    EXPECT(picture(&s, 0, CODEC_H264, avcc(1, 1)));
    s.t.paid = TRACK_EPOCHS_AT_ONCE * s.t.limits.min; /* it has just had them all */
    EXPECT(!picture(&s, 1999, CODEC_H264, avcc(2, 1)));
    EXPECT(picture(&s, 1999, CODEC_H264, avcc(1, 1)));
    EXPECT(picture(&s, 2000, CODEC_H264, avcc(2, 1)));
    track_close(&s.t);
    EXPECT_EQ(s.c.epochs, 2);
    tear_down(&s);
}

TEST(epoch_number_is_limited) {
    struct stage s;
    set_up(&s, CODEC_VP8, true);
    EXPECT(picture(&s, 0, CODEC_VP8, none));
    s.t.epoch = TRACK_EPOCHS_MAX - 2;
    EXPECT(picture(&s, 2000, CODEC_VP9, none));
    EXPECT(!picture(&s, 4000, CODEC_VP8, none));
    EXPECT_STR(s.t.refused, "limit");
    EXPECT(picture(&s, 5000, CODEC_VP9, none));
    track_close(&s.t);
    EXPECT_EQ(s.c.epoch[s.c.epochs - 1].number, TRACK_EPOCHS_MAX - 1);
    tear_down(&s);
}

/* Without its line nothing of an epoch could be opened. */
TEST(epoch_that_could_not_be_noted_is_told_with_the_next_segment) {
    struct stage s;
    set_up(&s, CODEC_H264, false);
    s.c.refuse_epochs = true;
    EXPECT(sound(&s, 1000));
    EXPECT(sound(&s, 1020));
    track_close(&s.t);
    EXPECT_EQ(s.c.segments, 0);
    EXPECT_EQ(s.c.gaps, 1);
    EXPECT_STR(s.c.gap.cause, "store");
    EXPECT_EQ(s.c.gap_at, 1000 * MS);
    EXPECT_EQ(s.c.gap.duration, 40 * MS);
    s.c.refuse_epochs = false;
    EXPECT(picture(&s, 1100, CODEC_H264, avcc(1, 1))); /* it may yet hold pictures */
    track_close(&s.t);
    EXPECT_EQ(s.c.epochs, 1);
    EXPECT_EQ(s.c.epoch[0].number, 0);
    EXPECT_EQ(s.c.epoch[0].video, CODEC_H264);
    EXPECT_EQ(s.c.epoch[0].start, 1100 * MS);
    EXPECT_EQ(s.c.segments, 1);
    EXPECT_EQ(s.c.segment[0].start, 0);
    tear_down(&s);
}

TEST(epoch_that_was_told_takes_nothing_of_before) {
    struct stage s;
    set_up(&s, CODEC_VP8, false);
    EXPECT(picture(&s, 3000, CODEC_VP8, none));
    track_close(&s.t);
    EXPECT(!sound(&s, 2980));
    EXPECT_STR(s.t.refused, "late");
    EXPECT(sound(&s, 3000));
    track_close(&s.t);
    EXPECT_EQ(s.c.segments, 2);
    EXPECT_EQ(s.c.segment[1].start, 0);
    tear_down(&s);
}

/* Sound that is cut off by its own segment's size. */
TEST(epoch_that_is_told_by_the_frame_that_comes_too_late_for_it) {
    struct stage s;
    set_up(&s, CODEC_VP8, false);
    for (unsigned i = 0; i < SEGMENT_FRAMES_MAX; i++) {
        struct media_frame f = {.t = 3000 * MS + i,
                                .data = bytes_of("x", 1),
                                .stream = STREAM_VIDEO,
                                .key = i == 0,
                                .codec = CODEC_VP8};
        (void)track_frame(&s.t, 0, &f);
    }
    EXPECT(!sound(&s, 2980));
    EXPECT_EQ(s.c.epochs, 1);
    EXPECT_EQ(s.c.epoch[0].start, 3000 * MS);
    tear_down(&s);
}

TEST_ALLOC(track_segment_that_cannot_be_muxed_is_a_gap) {
    struct stage s;
    set_up(&s, CODEC_VP8, false);
    for (us_t ms = 0; ms < 1000; ms += 20) {
        if (!sound(&s, ms)) {
            track_lose(&s.t, &(struct track_loss){STREAM_AUDIO, ms * MS, 1, s.t.refused});
        }
    }
    track_settle(&s.t, STREAM_AUDIO, 1000 * MS);
    track_close(&s.t);
    EXPECT(s.c.segments == 1 || (mem_failed() && s.c.gaps == 1));
    EXPECT(s.c.segments == 1 || s.c.gap_at + s.c.gap.duration >= 1000 * MS);
    tear_down(&s);
}

TEST_ALLOC(epoch_change_without_memory) {
    struct stage s;
    set_up(&s, CODEC_H264, true);
    (void)picture(&s, 0, CODEC_H264, avcc(1, 1));
    (void)picture(&s, 100, CODEC_H264, avcc(1, 2));
    (void)picture(&s, 2000, CODEC_H264, avcc(2, 2));
    track_close(&s.t);
    EXPECT(s.c.segments == 2 || (mem_failed() && (s.t.skipped || s.c.gaps)));
    tear_down(&s);
}
