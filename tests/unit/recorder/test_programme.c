/* What the programme and any track take of the frames they are given. */
#include "recorder/capture/programme.h"

#include "recorder/container/webm_parse.h"
#include "tests/unit/test.h"

#define MS US_PER_MS
#define A 1
#define B 2

struct caught {
    unsigned epochs, segments, refuse; /* refuse: so many segments first */
    struct entry_epoch epoch;
    struct entry_segment segment[16];
    unsigned gaps;
    struct entry_gap gap[64];
    us_t gap_at[64];
    unsigned n;
    struct {
        int64_t ms;
        unsigned track;
        char what; /* first byte of the frame */
        bool key;
    } block[1024];
};

static enum err on_block(void *ctx, const struct webm_block *b) {
    struct caught *c = ctx;
    CHECK(c->n < ARRAY_LEN(c->block) && b->frame.n);
    c->block[c->n].ms = b->ms;
    c->block[c->n].track = b->track;
    c->block[c->n].what = (char)b->frame.p[0];
    c->block[c->n++].key = b->key;
    return OK;
}

static bool on_epoch(void *ctx, const struct entry_epoch *e) {
    struct caught *c = ctx;
    c->epochs++;
    c->epoch = *e;
    return true;
}

static bool on_segment(void *ctx, const struct entry_segment *e, struct buffer *media) {
    struct caught *c = ctx;
    if (c->refuse) {
        c->refuse--;
        return false;
    }
    CHECK(c->segments < ARRAY_LEN(c->segment));
    c->segment[c->segments++] = *e;
    EXPECT_EQ(e->bytes, media->n);
    EXPECT_EQ(webm_blocks(bytes_of(media->p, media->n), on_block, c), OK);
    return true;
}

static void on_gap(void *ctx, const struct entry_gap *e, us_t at) {
    struct caught *c = ctx;
    CHECK(c->gaps < ARRAY_LEN(c->gap));
    c->gap_at[c->gaps] = at;
    c->gap[c->gaps++] = *e;
}

struct stage {
    struct caught c;
    struct track_sink sink;
    struct programme p;
};

static void set_up(struct stage *s) {
    struct programme_config c = {
        .video = CODEC_VP8, .limits = {2000 * MS, 4000 * MS}, .sound = {.reorder_wait = 600 * MS}};
    *s = (struct stage){.sink = {&s->c, on_epoch, on_segment, on_gap}};
    programme_init(&s->p, &c, &s->sink);
}

static void tear_down(struct stage *s) {
    programme_free(&s->p);
}

/* Frames carry the letter of their source; capital: a key frame. */
static void picture(struct stage *s, uint32_t source, us_t ms, const char *what) {
    struct media_frame f = {.t = ms * MS,
                            .data = bytes_of(what, 1),
                            .stream = STREAM_VIDEO,
                            .codec = CODEC_VP8,
                            .key = *what >= 'A' && *what <= 'Z',
                            .width = 320,
                            .height = 180};
    programme_frame(&s->p, ms * MS, source, &f);
}

/* Sound for the track itself: what the programme's is made of is tested in test_mixdown.c. */
static void sound(struct stage *s, us_t ms, const char *what) {
    struct media_frame f = {.t = ms * MS,
                            .duration = 20 * MS,
                            .data = bytes_of(what, 1),
                            .stream = STREAM_AUDIO,
                            .key = true};
    track_frame(&s->p.track, ms * MS, &f);
}

static const char *text_of(const struct caught *c) {
    static char text[1025];
    for (unsigned i = 0; i < c->n; i++) {
        text[i] = c->block[i].what;
    }
    text[c->n] = '\0';
    return text;
}

TEST(programme_switches_at_the_next_key_frame_of_the_new_source) {
    struct stage s;
    set_up(&s);
    picture(&s, A, 0, "A");
    programme_stage(&s.p, A, 0);
    picture(&s, A, 40, "a");
    picture(&s, A, 80, "A");
    picture(&s, A, 120, "a");
    programme_stage(&s.p, B, 0);
    picture(&s, B, 130, "b");
    picture(&s, A, 160, "a");
    picture(&s, B, 170, "B");
    picture(&s, A, 200, "A");
    picture(&s, B, 210, "b");
    track_close(&s.p.track);
    EXPECT_STR(text_of(&s.c), "AaaBb");
    EXPECT_EQ(s.c.block[0].ms, 80);
    EXPECT_EQ(s.c.block[4].ms, 210);
    EXPECT_EQ(s.c.epochs, 1);
    EXPECT_EQ(s.c.epoch.start, 0);
    EXPECT_EQ(s.c.segment[0].start, 80 * MS);
    EXPECT(s.c.segment[0].first_is_key);
    tear_down(&s);
}

TEST(programme_shows_nothing_when_the_stage_is_empty) {
    struct stage s;
    set_up(&s);
    programme_stage(&s.p, A, 0);
    picture(&s, A, 0, "A");
    programme_stage(&s.p, 0, 0);
    picture(&s, A, 40, "A");
    programme_stage(&s.p, A, 0);
    picture(&s, A, 80, "a");
    picture(&s, A, 120, "A");
    programme_off(&s.p, A, 0);
    picture(&s, A, 160, "A");
    track_close(&s.p.track);
    EXPECT_STR(text_of(&s.c), "AA");
    EXPECT_EQ(s.c.block[1].ms, 120);
    tear_down(&s);
}

TEST(track_takes_sound_without_overlap) {
    struct stage s;
    set_up(&s);
    sound(&s, 0, "a");
    sound(&s, 20, "a");
    sound(&s, 25, "b");
    sound(&s, 45, "a");
    /* 1 ms early is jitter of a clock, and allowed. */
    sound(&s, 64, "a");
    track_close(&s.p.track);
    EXPECT_STR(text_of(&s.c), "aaaa");
    EXPECT_EQ(s.c.block[2].ms, 45);
    EXPECT_EQ(s.p.track.skipped, 1);
    tear_down(&s);
}

TEST(track_puts_late_sound_where_it_belongs) {
    struct stage s;
    set_up(&s);
    programme_stage(&s.p, A, 0);
    picture(&s, A, 100, "A");
    picture(&s, A, 140, "a");
    picture(&s, A, 180, "a");
    sound(&s, 110, "b");
    sound(&s, 130, "b");
    sound(&s, 150, "b");
    track_close(&s.p.track);
    EXPECT_STR(text_of(&s.c), "Abbaba");
    /* Sound that comes after the cut is in the next segment, with its own time. */
    sound(&s, 170, "b");
    picture(&s, A, 220, "a");
    track_close(&s.p.track);
    EXPECT_STR(text_of(&s.c), "Abbababa");
    EXPECT_EQ(s.c.block[6].ms, 170);
    EXPECT_EQ(s.c.segments, 2);
    EXPECT_EQ(s.c.segment[1].number, 1);
    tear_down(&s);
}

TEST(track_segments_follow_each_other) {
    struct stage s;
    set_up(&s);
    programme_stage(&s.p, A, 0);
    for (us_t ms = 0; ms < 11000; ms += 100) {
        picture(&s, A, ms, ms % 3000 == 0 ? "A" : "a");
    }
    track_close(&s.p.track);
    EXPECT_EQ(s.c.segments, 4);
    us_t end = 0;
    for (unsigned i = 0; i < s.c.segments; i++) {
        EXPECT_EQ(s.c.segment[i].number, i);
        EXPECT_EQ(s.c.segment[i].start, end);
        EXPECT_EQ(s.c.segment[i].n_keys, 1);
        EXPECT_EQ(s.c.segment[i].keys[0].at_ms, 0);
        EXPECT(s.c.segment[i].first_is_key);
        end = s.c.segment[i].start + s.c.segment[i].duration;
    }
    EXPECT_EQ(end, 11000 * MS);
    tear_down(&s);
}

TEST(track_is_cut_at_the_maximum_without_key_frames) {
    struct stage s;
    set_up(&s);
    programme_stage(&s.p, A, 0);
    for (us_t ms = 0; ms < 9000; ms += 100) {
        picture(&s, A, ms, ms == 0 ? "A" : "a");
    }
    EXPECT_EQ(s.c.segments, 2);
    EXPECT_EQ(s.c.segment[0].duration, 4000 * MS);
    EXPECT(!s.c.segment[1].first_is_key);
    EXPECT_EQ(s.c.segment[1].n_keys, 0);
    EXPECT_EQ(track_deadline(&s.p.track), 12000 * MS);
    track_timeout(&s.p.track, 12000 * MS - 1);
    EXPECT_EQ(s.c.segments, 2);
    track_timeout(&s.p.track, 12000 * MS);
    EXPECT_EQ(s.c.segments, 3);
    EXPECT_EQ(track_deadline(&s.p.track), US_NEVER);
    tear_down(&s);
}

TEST(track_goes_on_at_a_key_frame_after_a_segment_was_refused) {
    struct stage s;
    set_up(&s);
    programme_stage(&s.p, A, 0);
    picture(&s, A, 0, "A");
    picture(&s, A, 40, "a");
    s.c.refuse = 1;
    track_close(&s.p.track);
    EXPECT_EQ(s.p.track.skipped, 2);
    picture(&s, A, 80, "a");
    sound(&s, 80, "b");
    picture(&s, A, 120, "A");
    track_close(&s.p.track);
    EXPECT_STR(text_of(&s.c), "bA");
    /* The number of the refused one was not used up. */
    EXPECT_EQ(s.c.segment[0].number, 0);
    tear_down(&s);
}

TEST(track_pictures_never_stand_still_or_go_back) {
    struct stage s;
    set_up(&s);
    programme_stage(&s.p, A, 0);
    picture(&s, A, 500, "A");
    programme_stage(&s.p, B, 0);
    picture(&s, B, 300, "B");
    picture(&s, B, 340, "b");
    picture(&s, B, 600, "b");
    track_close(&s.p.track);
    EXPECT_EQ(s.c.n, 4);
    EXPECT_EQ(s.c.block[1].ms, 501);
    EXPECT_EQ(s.c.block[2].ms, 502);
    EXPECT_EQ(s.c.block[3].ms, 600);
    tear_down(&s);
}

TEST(track_of_a_source_begins_at_its_first_frame) {
    struct caught c = {0};
    struct track_sink sink = {&c, on_epoch, on_segment, on_gap};
    struct track t;
    track_init(&t, &(struct track_config){.id = ID_NONE,
                                          .audio = CODEC_OPUS,
                                          .limits = {2000 * MS, 4000 * MS},
                                          .sink = &sink});
    struct media_frame f = {
        .t = 7777 * MS, .duration = 20 * MS, .data = bytes_of("x", 1), .stream = STREAM_AUDIO};
    struct media_frame v = {.t = 7777 * MS, .data = bytes_of("v", 1), .key = true};
    track_frame(&t, 0, &v);
    track_frame(&t, 0, &f);
    track_close(&t);
    EXPECT_EQ(c.epoch.start, 7777 * MS);
    EXPECT_EQ(c.epoch.video, CODEC_NONE);
    EXPECT_EQ(c.epoch.audio, CODEC_OPUS);
    EXPECT_EQ(c.segment[0].start, 0);
    EXPECT_EQ(c.segment[0].duration, 20 * MS);
    EXPECT_EQ(c.n, 1);
    EXPECT_EQ(c.block[0].ms, 0);
    track_free(&t);
}

TEST_ALLOC(track_without_memory) {
    struct stage s;
    set_up(&s);
    programme_stage(&s.p, A, 0);
    picture(&s, A, 0, "A");
    picture(&s, A, 40, "A");
    programme_end(&s.p, 80 * MS, 80 * MS);
    EXPECT(s.c.n == 2 || (mem_failed() && s.c.gaps > 0));
    tear_down(&s);
}

/* Whose clock runs ahead is missing, not everybody who is shown after. */
TEST(programme_takes_nothing_from_far_ahead) {
    struct stage s;
    set_up(&s);
    programme_stage(&s.p, A, 0);
    for (us_t ms = 0; ms < 200; ms += 20) {
        struct media_frame v = {.t = (ms + 9000) * MS,
                                .ahead = 9000 * MS,
                                .data = bytes_of("A", 1),
                                .stream = STREAM_VIDEO,
                                .codec = CODEC_VP8,
                                .key = true};
        programme_frame(&s.p, ms * MS, A, &v);
    }
    programme_stage(&s.p, B, 200 * MS);
    picture(&s, B, 200, "B");
    picture(&s, B, 240, "b");
    track_close(&s.p.track);
    EXPECT_STR(text_of(&s.c), "Bb");
    EXPECT_EQ(s.c.block[0].ms, 200);
    EXPECT_EQ(s.c.gaps, 0); /* A was never shown */
    tear_down(&s);
}
