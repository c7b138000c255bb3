/* A recording that lacks a key frame asks for one: when it does, how often, and how long the gap is
 * then. An encoder here makes key frames only when it is asked, as a browser's. */
#include "recorder/archive/archive.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

#define SCREEN 12
#define MS US_PER_MS
#define INTERVAL 66667    /* [us] between pictures */
#define GOP 30            /* pictures of a clip before its second key frame */
#define PERIOD 150        /* pictures between the key frames that come anyway: 10 s */
#define WAY (60 * MS)     /* [us] from the question to the first packet of the key frame */
#define PATIENCE 600 * MS /* of the rig's recorder for missing packets */

struct scene {
    struct rig g;
    struct clip video;
    struct feed_source camera;
    struct feed_list list;
    unsigned slot;      /* number of the next picture */
    unsigned delta;     /* pictures since the last key frame */
    unsigned asks;      /* heard so far, */
    us_t asked_at[64];  /* when, */
    struct tap_ask ask; /* and the last one */
    us_t key_at;        /* the encoder has a request to obey at this time; US_NEVER */
    bool deaf, stuck;   /* it does not hear; it makes no key frame at all */
    us_t gap;           /* longest of the camera's track [us] */
    struct id track;
};

static void scene_begin(struct scene *s, const char *clip) {
    *s = (struct scene){.key_at = US_NEVER};
    rig_init(&s->g);
    clip_video(&s->video, clip);
    CHECK(s->video.n > GOP && rig_open(&s->g) == OK);
    s->camera = (struct feed_source){.id = CAMERA,
                                     .participant = 5,
                                     .seq = 65536 + 65500,
                                     .kind = SOURCE_CAMERA,
                                     .step = 6000,
                                     .interval = INTERVAL,
                                     .clip = &s->video};
    rig_order(&s->g, ORDER_START);
    s->camera.at0 = s->g.now + 100 * MS;
}

static void scene_end(struct scene *s) {
    feed_free(&s->list);
    clip_free(&s->video);
    rig_free(&s->g);
}

static void tell(struct scene *s, enum tap_type type) {
    feed_tap(&s->list, &s->camera, type, s->g.now);
    rig_run(&s->g, &s->list);
}

static void listen(struct scene *s) {
    struct tap_ask a;
    while (recorder_ask(s->g.r, &a)) {
        CHECK(s->asks < ARRAY_LEN(s->asked_at));
        EXPECT_EQ(a.tour, TOUR);
        EXPECT_EQ(a.source, CAMERA);
        s->ask = a;
        s->asked_at[s->asks++] = s->g.now;
        s->key_at = s->deaf ? US_NEVER : us_min(s->key_at, s->g.now + WAY);
    }
}

/* The next picture, of the packets of which the recorder gets those that `lost` does not name. */
static void picture(struct scene *s, bool lost) {
    us_t at = s->camera.at0 + s->slot * INTERVAL;
    bool key = !s->stuck && (s->slot % PERIOD == 0 || at >= s->key_at);
    struct feed_source c = s->camera;
    s->delta = key ? 0 : s->delta % (GOP - 1) + 1;
    s->key_at = key ? US_NEVER : s->key_at;
    c.at0 = at - s->delta * INTERVAL;
    c.rtp0 = (s->slot - s->delta) * c.step;
    feed_frames(&s->list, &c, s->g.pool, s->delta, s->delta + 1);
    s->camera.seq = c.seq;
    s->slot++;
    if (lost) {
        feed_free(&s->list);
        return;
    }
    rig_run(&s->g, &s->list);
    listen(s);
}

static void pictures(struct scene *s, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        picture(s, false);
    }
}

static enum err see_track(void *ctx, const struct track_row *t) {
    struct scene *s = ctx;
    s->track = t->track.kind == SOURCE_CAMERA ? t->track.track : s->track;
    return OK;
}

static enum err see_gap(void *ctx, const struct event_row *e) {
    struct scene *s = ctx;
    if (e->type == ENTRY_GAP && id_eq(&e->track, &s->track)) {
        s->gap = us_max(s->gap, e->duration);
    }
    return OK;
}

/* The recording ends; s->gap is what its journal says. */
static void finish(struct scene *s) {
    char path[96], why[WHY_MAX];
    struct archive *a = NULL;
    struct id id;
    rig_order(&s->g, ORDER_STOP);
    snprintf(path, sizeof(path), "%s/kek", s->g.dir);
    CHECK(archive_open(&(struct archive_config){.dir = s->g.dir, .kek_file = path}, &a, why) ==
              OK &&
          id_parse(s->g.recording, &id));
    EXPECT_EQ(catalogue_tracks(a->catalogue, &id, see_track, s), OK);
    EXPECT_EQ(catalogue_events(a->catalogue, &id, see_gap, s), OK);
    archive_close(a);
}

/* Three pictures in a row reach everybody but the recorder. Returns how long the gap is. */
static us_t gap_of(const char *clip, bool deaf) {
    struct scene s;
    scene_begin(&s, clip);
    s.deaf = deaf;
    tell(&s, TAP_SOURCE_ON);
    tell(&s, TAP_STAGE);
    pictures(&s, 45);
    for (unsigned i = 0; i < 3; i++) {
        picture(&s, true);
    }
    pictures(&s, 3 * PERIOD / 2);
    finish(&s);
    if (!deaf) {
        EXPECT_EQ(s.asks, 1);
    }
    us_t gap = s.gap;
    scene_end(&s);
    return gap;
}

TEST(asking_shortens_the_gap_of_a_lost_burst) {
    static const char *clips[] = {"video.ivf", "video_vp9.ivf", "video_av1.ivf", "video.h264"};
    for (unsigned i = 0; i < ARRAY_LEN(clips); i++) {
        us_t before = gap_of(clips[i], true), after = gap_of(clips[i], false);
        printf("# %s: a gap of %lld ms, without asking %lld ms\n", clips[i],
               (long long)(after / MS), (long long)(before / MS));
        EXPECT(before > 6 * US_PER_S);
        EXPECT(after > 3 * INTERVAL && after < US_PER_S);
    }
}

TEST(asking_says_how_far_it_has_seen) {
    struct scene s;
    scene_begin(&s, "video_vp9.ivf");
    s.deaf = true;
    tell(&s, TAP_SOURCE_ON);
    pictures(&s, 20);
    picture(&s, true);
    pictures(&s, 9);
    EXPECT_EQ(s.asks, 0);
    uint64_t last = s.camera.seq - 1;   /* of the last picture the recorder has got ... */
    rig_wait(&s.g, s.g.now + PATIENCE); /* ... when it gives the lost one up */
    listen(&s);
    EXPECT_EQ(s.asks, 1);
    EXPECT_EQ(s.ask.seen, last);
    EXPECT_EQ(s.ask.worker, 0);
    scene_end(&s);
}

TEST(asking_is_not_for_what_is_repaired_or_nothing) {
    struct scene s;
    scene_begin(&s, "video_vp9.ivf");
    tell(&s, TAP_SOURCE_ON);
    tell(&s, TAP_STAGE);
    pictures(&s, 30);
    /* A picture that comes after those behind it, as by retransmission. */
    struct feed_source late = s.camera;
    picture(&s, true);
    unsigned delta = s.delta, slot = s.slot - 1;
    pictures(&s, 5);
    late.at0 = s.g.now - delta * INTERVAL;
    late.rtp0 = (slot - delta) * late.step;
    feed_frames(&s.list, &late, s.g.pool, delta, delta + 1);
    rig_run(&s.g, &s.list);
    pictures(&s, 20);
    /* Packets that carried nothing. */
    for (unsigned i = 0; i < 3; i++) {
        struct tap t = {.type = TAP_SKIP, .kind = SOURCE_CAMERA, .codec = CODEC_VP9};
        t.source = CAMERA;
        t.tour = TOUR;
        t.participant = 5;
        t.seq = s.camera.seq++;
        t.now = s.g.now;
        recorder_tap(s.g.r, s.g.now, &t);
    }
    pictures(&s, PERIOD);
    EXPECT_EQ(s.asks, 0);
    finish(&s);
    EXPECT_EQ(s.gap, 0);
    scene_end(&s);
}

TEST(asking_is_seldom_where_it_does_not_help) {
    struct scene s;
    scene_begin(&s, "video.ivf");
    tell(&s, TAP_SOURCE_ON);
    pictures(&s, 20);
    picture(&s, true);
    s.stuck = true;
    pictures(&s, 30 * 15);
    /* At once, and 1, 3, 7, 15 and 23 s later. */
    EXPECT_EQ(s.asks, 6);
    static const us_t apart[] = {1, 2, 4, 8, 8};
    for (unsigned i = 0; i + 1 < s.asks && i < ARRAY_LEN(apart); i++) {
        us_t d = s.asked_at[i + 1] - s.asked_at[i];
        EXPECT(d >= apart[i] * US_PER_S && d < apart[i] * US_PER_S + 2 * INTERVAL);
    }
    /* One key frame, and it is as before. */
    unsigned asks = s.asks;
    s.stuck = false;
    pictures(&s, 30);
    picture(&s, true);
    pictures(&s, 30);
    EXPECT_EQ(s.asks, asks + 1);
    scene_end(&s);
}

TEST(asking_is_at_most_once_a_second_however_much_is_lost) {
    struct scene s;
    scene_begin(&s, "video_av1.ivf");
    tell(&s, TAP_SOURCE_ON);
    for (unsigned i = 0; i < 20 * 15; i++) {
        picture(&s, i % 15 == 7);
    }
    EXPECT(s.asks > 5 && s.asks <= 20);
    for (unsigned i = 0; i + 1 < s.asks; i++) {
        EXPECT(s.asked_at[i + 1] - s.asked_at[i] >= US_PER_S);
    }
    scene_end(&s);
}

TEST(asking_leaves_the_beginning_to_whoever_listens) {
    struct scene s;
    scene_begin(&s, "video.h264");
    s.stuck = true;
    tell(&s, TAP_SOURCE_ON);
    us_t begin = s.g.now;
    pictures(&s, 10);
    EXPECT_EQ(s.asks, 0); /* the relay has asked when the source began */
    pictures(&s, 10);
    EXPECT_EQ(s.asks, 1);
    EXPECT(s.asked_at[0] >= begin + US_PER_S);
    scene_end(&s);
}

/* Without tracks of their own only who is on stage is recorded. */
TEST(asking_is_not_for_what_nobody_records) {
    struct scene s;
    scene_begin(&s, "video.ivf");
    rig_close(&s.g);
    s.g.per_source = false;
    CHECK(rig_open(&s.g) == OK);
    rig_order(&s.g, ORDER_START);
    tell(&s, TAP_SOURCE_ON);
    pictures(&s, 20);
    picture(&s, true);
    pictures(&s, 30);
    EXPECT_EQ(s.asks, 0);
    tell(&s, TAP_STAGE);
    picture(&s, false);
    EXPECT_EQ(s.asks, 1);
    scene_end(&s);
}

TEST(asking_ends_with_the_source) {
    struct scene s;
    struct tap_ask a;
    scene_begin(&s, "video.ivf");
    tell(&s, TAP_SOURCE_ON);
    pictures(&s, 20);
    picture(&s, true);
    pictures(&s, 2);
    rig_wait(&s.g, s.g.now + PATIENCE); /* it is due and nobody has listened */
    tell(&s, TAP_SOURCE_OFF);
    EXPECT(!recorder_ask(s.g.r, &a));
    tell(&s, TAP_SOURCE_ON);
    s.stuck = true;
    pictures(&s, 5);
    rig_wait(&s.g, s.g.now + 2 * US_PER_S);
    s.slot += 30;
    feed_frames(&s.list, &s.camera, s.g.pool, 1, 2);
    feed_free(&s.list);
    rig_order(&s.g, ORDER_STOP); /* due again, and the recording ends */
    EXPECT(!recorder_ask(s.g.r, &a));
    scene_end(&s);
}

/* The stage changes while the track of the newcomer goes on without a key frame. */
TEST(asking_is_for_the_programme_too) {
    struct scene s;
    scene_begin(&s, "video_vp9.ivf");
    tell(&s, TAP_SOURCE_ON);
    pictures(&s, 30);
    EXPECT_EQ(s.asks, 0);
    tell(&s, TAP_STAGE);
    picture(&s, false);
    EXPECT_EQ(s.asks, 1);
    EXPECT_EQ(s.ask.seen, s.camera.seq - 1);
    pictures(&s, 30);
    EXPECT_EQ(s.asks, 1);
    finish(&s);
    EXPECT_EQ(s.gap, 0);
    scene_end(&s);
}
