/* Sources that come and go: a mute, a new session after a lost network, and people who flap to do
 * harm. A track outlives pauses, what a person can make of tracks, objects and journal lines is
 * bounded, and nobody else's recording notices. */
#include "recorder/archive/archive.h"
#include "tests/unit/audio/mixing.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

#define FLAPPER 50 /* participant */

struct scene {
    struct rig g;
    struct clip video, audio;
    struct feed_source camera, microphone;
    struct feed_list list;
    struct faulty counting; /* a store that only counts */
};

static void scene_begin(struct scene *s) {
    *s = (struct scene){0};
    rig_init(&s->g);
    clip_ivf(&s->video, "video.ivf");
    clip_ogg(&s->audio, "audio.ogg");
    us_t t = s->g.now + 100000;
    s->camera = feed_camera(&s->video, t);
    s->camera.rtp0 = 1000;
    s->microphone = feed_microphone(&s->audio, t);
    s->microphone.rtp0 = 2000;
    faulty_open(&s->counting, s->g.dir);
    s->g.faulty = &s->counting;
}

static void scene_open(struct scene *s) {
    CHECK(rig_open(&s->g) == OK);
    rig_order(&s->g, ORDER_START);
}

static void scene_run(struct scene *s) {
    feed_sort(&s->list);
    rig_run(&s->g, &s->list);
}

static void scene_end(struct scene *s) {
    feed_free(&s->list);
    clip_free(&s->video);
    clip_free(&s->audio);
    rig_close(&s->g);
    faulty_close(&s->counting);
    rig_free(&s->g);
}

/* What the catalogue says of the recording. */
struct seen {
    unsigned tracks, pauses, limits, gaps, switches;
    us_t pause, pause_at; /* the longest one */
    struct id camera, microphone;
    uint32_t source; /* of the microphone's track */
    uint64_t of[64]; /* participants of tracks */
};

static enum err see_track(void *ctx, const struct track_row *t) {
    struct seen *s = ctx;
    if (s->tracks < ARRAY_LEN(s->of)) {
        s->of[s->tracks] = t->track.participant;
    }
    s->tracks++;
    if (t->track.kind == SOURCE_CAMERA) {
        s->camera = t->track.track;
    } else if (t->track.kind == SOURCE_MICROPHONE) {
        s->microphone = t->track.track;
        s->source = t->track.source;
    }
    return OK;
}

static enum err see_event(void *ctx, const struct event_row *e) {
    struct seen *s = ctx;
    s->switches += e->type == ENTRY_STAGE || e->type == ENTRY_VOICE;
    if (e->type != ENTRY_GAP) {
        return OK;
    }
    s->gaps++;
    s->limits += strcmp(e->person.name, "limit") == 0;
    if (strcmp(e->person.name, "pause") == 0) {
        s->pauses++;
        s->pause_at = e->duration > s->pause ? e->t : s->pause_at;
        s->pause = us_max(s->pause, e->duration);
    }
    return OK;
}

static struct seen see(const struct scene *s) {
    struct seen ret = {0};
    char path[96], why[WHY_MAX];
    struct id id;
    struct archive *a = NULL;
    struct archive_config c = {.dir = s->g.dir};
    snprintf(path, sizeof(path), "%s/kek", s->g.dir);
    c.kek_file = path;
    CHECK(archive_open(&c, &a, why) == OK && id_parse(s->g.recording, &id));
    EXPECT_EQ(catalogue_tracks(a->catalogue, &id, see_track, &ret), OK);
    EXPECT_EQ(catalogue_events(a->catalogue, &id, see_event, &ret), OK);
    archive_close(a);
    return ret;
}

static void expect_whole(const struct scene *s) {
    char why[WHY_MAX];
    struct library *l = NULL;
    REQUIRE(library_open(&(struct library_config){.dir = s->g.dir}, &l, why) == OK);
    EXPECT_EQ(library_verify(l, s->g.recording, NULL, NULL), OK);
    library_close(l);
}

/* Frames [from, to) of a clip are blocks of the track, in order, behind `*at` of the view. */
static bool has_frames(const struct webm_view *v, unsigned *at, const struct clip *c, unsigned from,
                       unsigned to) {
    for (unsigned i = from; i < to; i++, ++*at) {
        if (*at >= v->n || !bytes_eq(v->block[*at].frame, c->frame[i])) {
            return false;
        }
    }
    return true;
}

static struct webm_view view;

/* The track's file as a whole; the caller frees. */
static uint8_t *open_track(const struct scene *s, const struct id *track) {
    char why[WHY_MAX], text[ID_TEXT_MAX];
    struct library *l = NULL;
    size_t n = 0;
    CHECK(library_open(&(struct library_config){.dir = s->g.dir}, &l, why) == OK);
    uint8_t *file = read_file(l, s->g.recording, id_text(track, text), 0, &n);
    library_close(l);
    CHECK(file && webm_view(bytes_of(file, n), &view));
    return file;
}

/* Mute for 2 s and go on; the numbering and the media clock of what comes after are other ones when
 * `anew` (another session: another id, SSRC). */
static void mute_and_go_on(bool anew) {
    struct scene s;
    scene_begin(&s);
    scene_open(&s);
    us_t t0 = s.microphone.at0;
    feed_tap(&s.list, &s.microphone, TAP_SOURCE_ON, t0);
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, 50);
    us_t off = t0 + 50 * 20000;
    feed_tap(&s.list, &s.microphone, TAP_SOURCE_OFF, off);
    s.microphone.at0 = off + 2 * US_PER_S - 50 * 20000;
    s.microphone.rtp0 = anew ? 0xfffffff0 : 2000 + 96000;
    s.microphone.seq = anew ? 65536 + 9 : s.microphone.seq;
    s.microphone.id += anew;
    feed_tap(&s.list, &s.microphone, TAP_SOURCE_ON, off + 2 * US_PER_S);
    feed_frames(&s.list, &s.microphone, s.g.pool, 50, 100);
    scene_run(&s);
    rig_order(&s.g, ORDER_STOP);
    struct seen n = see(&s);
    EXPECT_EQ(n.tracks, 2);
    EXPECT_EQ(n.source, s.microphone.id);
    EXPECT_EQ(n.pauses, 1);
    EXPECT_EQ(n.gaps, 1);
    EXPECT_EQ(n.pause, 2 * US_PER_S);
    EXPECT_EQ(n.pause_at, 100000 + 1 * US_PER_S);
    uint8_t *file = open_track(&s, &n.microphone);
    unsigned at = 0;
    EXPECT(has_frames(&view, &at, &s.audio, 0, 100));
    EXPECT_EQ(at, view.n);
    EXPECT_EQ(view.block[50].ms - view.block[0].ms, 3000);
    mem_free(file);
    expect_whole(&s);
    scene_end(&s);
}

TEST(flap_a_source_that_paused_goes_on_in_its_track) {
    mute_and_go_on(false);
}

TEST(flap_a_person_who_comes_back_by_another_session_goes_on_in_the_track) {
    mute_and_go_on(true);
}

TEST(flap_pictures_go_on_with_a_key_frame) {
    struct scene s;
    scene_begin(&s);
    scene_open(&s);
    us_t t0 = s.camera.at0, off = t0 + 20 * s.camera.interval;
    feed_tap(&s.list, &s.camera, TAP_SOURCE_ON, t0);
    feed_tap(&s.list, &s.camera, TAP_STAGE, t0);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, 20);
    feed_tap(&s.list, &s.camera, TAP_SOURCE_OFF, off);
    feed_tap(&s.list, &s.camera, TAP_SOURCE_ON, off);
    /* 20 to 29 cannot be shown: the picture before them is another. */
    feed_frames(&s.list, &s.camera, s.g.pool, 20, 60);
    scene_run(&s);
    EXPECT(rig_counters(&s.g).segments < 5);
    rig_order(&s.g, ORDER_STOP);
    struct seen n = see(&s);
    EXPECT_EQ(n.tracks, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct id *track = i ? &ID_PROGRAMME : &n.camera;
        uint8_t *file = open_track(&s, track);
        unsigned at = 0;
        EXPECT(has_frames(&view, &at, &s.video, 0, 20));
        EXPECT(has_frames(&view, &at, &s.video, 30, 60));
        EXPECT_EQ(at, view.n);
        EXPECT(view.block[20].key);
        mem_free(file);
    }
    scene_end(&s);
}

/* One packet, off; n times, `step` apart. Each time with another id when `anew`. */
static void flap(struct scene *s, struct feed_source *of, unsigned n, us_t step, bool anew) {
    for (unsigned i = 0; i < n; i++) {
        us_t at = s->g.now + i * step;
        of->at0 = at - (i % 30) * of->interval;
        of->rtp0 = i * 7919;
        feed_tap(&s->list, of, TAP_SOURCE_ON, at);
        feed_tap(&s->list, of, of->kind == SOURCE_MICROPHONE ? TAP_VOICE : TAP_STAGE, at);
        feed_frames(&s->list, of, s->g.pool, i % 30, i % 30 + 1);
        feed_sr(&s->list, of, at);
        feed_tap(&s->list, of, TAP_SOURCE_OFF, at);
        of->id += anew;
        of->seq += 1000;
    }
}

TEST(flap_two_thousand_times_makes_one_track_and_few_objects) {
    for (unsigned how = 0; how < 4; how++) {
        struct scene s;
        scene_begin(&s);
        scene_open(&s);
        struct feed_source f = how & 1 ? s.camera : s.microphone;
        f.participant = FLAPPER;
        f.id = 1000;
        long before = s.counting.puts;
        flap(&s, &f, 2000, 5 * US_PER_MS, (how & 2) != 0);
        scene_run(&s);
        rig_wait(&s.g, s.g.now + 5 * US_PER_S);
        /* 10 s, and some of silence: a segment each 2 to 4 s for track and programme, and a journal
         * object with each. */
        EXPECT(s.counting.puts - before < 32);
        rig_order(&s.g, ORDER_STOP);
        struct seen n = see(&s);
        EXPECT_EQ(n.tracks, 2);
        EXPECT_EQ(n.pauses, 0);
        EXPECT(n.switches < 60);
        expect_whole(&s);
        scene_end(&s);
    }
}

/* A source of somebody's, on for a moment at g->now. */
static struct feed_source on(struct scene *s, uint64_t participant, uint32_t id) {
    struct feed_source f = s->microphone;
    f.participant = participant;
    f.id = id;
    f.at0 = s->g.now;
    feed_tap(&s->list, &f, TAP_SOURCE_ON, s->g.now);
    feed_frames(&s->list, &f, s->g.pool, 0, 5);
    return f;
}

static bool has_track_of(const struct seen *n, uint64_t participant) {
    for (unsigned i = 0; i < n->tracks && i < ARRAY_LEN(n->of); i++) {
        if (n->of[i] == participant) {
            return true;
        }
    }
    return false;
}

TEST(flap_a_person_has_so_many_sources_and_the_others_have_theirs) {
    struct scene s;
    scene_begin(&s);
    s.g.limits.sources_per_participant = 3;
    scene_open(&s);
    for (uint32_t i = 0; i < 6; i++) {
        on(&s, FLAPPER, 100 + i);
    }
    on(&s, 7, 200);
    scene_run(&s);
    struct rig_counters c = rig_counters(&s.g);
    EXPECT_EQ(c.tap_refused, 3 * 6);
    EXPECT_EQ(c.tracks_refused, 0);
    rig_wait(&s.g, s.g.now + 2 * US_PER_S);
    rig_order(&s.g, ORDER_STOP);
    struct seen n = see(&s);
    EXPECT_EQ(n.tracks, 1 + 3 + 1);
    EXPECT(has_track_of(&n, 7));
    EXPECT_EQ(n.limits, 2); /* the first message at once, the others a second later */
    expect_whole(&s);
    scene_end(&s);
}

TEST(flap_what_paused_longest_makes_room) {
    struct scene s;
    scene_begin(&s);
    s.g.limits.sources_per_tour = 3;
    scene_open(&s);
    struct feed_source a = on(&s, 21, 1), b = on(&s, 22, 2);
    on(&s, 23, 3);
    feed_tap(&s.list, &b, TAP_SOURCE_OFF, s.g.now + US_PER_S);
    feed_tap(&s.list, &a, TAP_SOURCE_OFF, s.g.now + 2 * US_PER_S);
    scene_run(&s);
    on(&s, 24, 4); /* b goes */
    scene_run(&s);
    EXPECT_EQ(rig_counters(&s.g).tap_refused, 0);
    a.at0 = s.g.now + US_PER_S;
    feed_tap(&s.list, &a, TAP_SOURCE_ON, a.at0);
    feed_frames(&s.list, &a, s.g.pool, 5, 10);
    scene_run(&s); /* a is known still: 23, 24 and a are there, and on */
    on(&s, 25, 5);
    scene_run(&s);
    EXPECT_EQ(rig_counters(&s.g).tap_refused, 6);
    rig_order(&s.g, ORDER_STOP);
    struct seen n = see(&s);
    EXPECT_EQ(n.tracks, 1 + 4);
    EXPECT(has_track_of(&n, 22) && has_track_of(&n, 24) && !has_track_of(&n, 25));
    expect_whole(&s);
    scene_end(&s);
}

/* Four who say the same are four times as loud as one. */
static void expect_four_at_once(const struct clip *c) {
    struct listener heard, said;
    listener_init(&heard);
    listener_init(&said);
    for (unsigned i = 0; i < view.n; i++) {
        listener_hear(&heard, view.block[i].ms * US_PER_MS, view.block[i].frame);
    }
    for (unsigned i = 0; i < 5; i++) {
        listener_hear(&said, i * 20 * US_PER_MS, c->frame[i]);
    }
    EXPECT(said.peak > 0.01f && heard.peak > 3.4f * said.peak);
    listener_free(&heard);
    listener_free(&said);
}

TEST(flap_tracks_are_limited_per_person_and_tour_but_the_programme_goes_on) {
    for (unsigned per_tour = 0; per_tour < 2; per_tour++) {
        struct scene s;
        scene_begin(&s);
        s.g.limits.tracks_per_participant = per_tour ? 0 : 2;
        s.g.limits.tracks_per_tour = per_tour ? 2 : 0;
        scene_open(&s);
        on(&s, FLAPPER, 1);
        on(&s, FLAPPER, 2);
        struct feed_source third = on(&s, FLAPPER, 3);
        feed_tap(&s.list, &third, TAP_VOICE, s.g.now);
        on(&s, 7, 4);
        scene_run(&s);
        rig_wait(&s.g, s.g.now + US_PER_S);
        struct rig_counters c = rig_counters(&s.g);
        EXPECT_EQ(c.tracks_refused, per_tour ? 2 : 1);
        EXPECT_EQ(c.tap_refused, 0);
        EXPECT_EQ(c.frames, 20);
        rig_order(&s.g, ORDER_STOP);
        struct seen n = see(&s);
        EXPECT_EQ(n.tracks, per_tour ? 3 : 4);
        EXPECT_EQ(has_track_of(&n, 7), !per_tour);
        uint8_t *file = open_track(&s, &ID_PROGRAMME);
        expect_four_at_once(&s.audio);
        mem_free(file);
        scene_end(&s);
    }
}

TEST(flap_sources_of_unknown_codecs_are_counted) {
    struct scene s;
    scene_begin(&s);
    scene_open(&s);
    feed_tap(&s.list, &s.camera, TAP_SOURCE_ON, s.g.now);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, 4);
    for (size_t i = 0; i < s.list.n; i++) {
        s.list.taps[i].codec = CODEC_NONE;
    }
    size_t messages = s.list.n;
    scene_run(&s);
    EXPECT_EQ(rig_counters(&s.g).tap_refused, messages);
    rig_order(&s.g, ORDER_STOP);
    struct seen n = see(&s);
    EXPECT_EQ(n.tracks, 1);
    EXPECT(n.limits >= 1 && n.limits <= 2); /* at once, and the rest at the end */
    scene_end(&s);
}

/* The last switch counts, however fast they come. */
TEST(flap_switches_are_noted_at_a_pace_and_the_last_one_is) {
    struct scene s;
    scene_begin(&s);
    scene_open(&s);
    for (uint32_t i = 0; i < 1000; i++) {
        s.camera.id = 100 + i;
        feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now + i * US_PER_MS);
    }
    scene_run(&s);
    rig_order(&s.g, ORDER_STOP);
    struct seen n = see(&s);
    EXPECT(n.switches >= 5 && n.switches <= 7);
    char *json = NULL, why[WHY_MAX];
    struct library *l = NULL;
    REQUIRE(library_open(&(struct library_config){.dir = s.g.dir}, &l, why) == OK);
    EXPECT_EQ(library_recording_json(l, s.g.recording, &json), OK);
    EXPECT(json && strstr(json, "\"source\":1099"));
    mem_free(json);
    library_close(l);
    scene_end(&s);
}
