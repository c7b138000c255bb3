/* The two halves of the recorder: whatever the disk does, capture goes on, and nothing that fits
 * into memory is lost. */
#include "recorder/capture/recorder.h"
#include "recorder/library/library_parts.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

struct scene {
    struct rig g;
    struct clip video, audio;
    struct feed_source camera, microphone;
    struct feed_list list;
};

static void scene_begin(struct scene *s) {
    *s = (struct scene){0};
    rig_init(&s->g);
    clip_ivf(&s->video, "video.ivf");
    clip_ogg(&s->audio, "audio.ogg");
    s->camera = feed_camera(&s->video, s->g.now);
    s->microphone = feed_microphone(&s->audio, s->g.now);
}

static void scene_end(struct scene *s) {
    feed_free(&s->list);
    clip_free(&s->video);
    clip_free(&s->audio);
    rig_close(&s->g);
    if (s->g.faulty) {
        faulty_close(s->g.faulty);
    }
    rig_free(&s->g);
}

/* Both clips once more, behind what was sent before. */
static void send(struct scene *s, bool first) {
    if (first) {
        feed_tap(&s->list, &s->camera, TAP_SOURCE_ON, s->g.now);
        feed_tap(&s->list, &s->microphone, TAP_SOURCE_ON, s->g.now);
        feed_tap(&s->list, &s->camera, TAP_STAGE, s->g.now);
        feed_tap(&s->list, &s->microphone, TAP_VOICE, s->g.now);
    }
    feed_whole(&s->list, &s->camera, s->g.pool);
    feed_whole(&s->list, &s->microphone, s->g.pool);
    feed_sort(&s->list);
    rig_run(&s->g, &s->list);
}

static void say(void *ctx, const char *object, const char *what) {
    (void)ctx;
    test_fail(__FILE__, __LINE__, "%s: %s", object, what);
}

struct heard {
    unsigned gaps, pictures, sounds;
    us_t first; /* recording time of the first picture [us] */
    enum recording_state state;
};

struct search {
    struct id camera, microphone;
    unsigned gaps;
};

static enum err find_tracks(void *ctx, const struct track_row *r) {
    struct search *f = ctx;
    if (r->track.kind == SOURCE_CAMERA) {
        f->camera = r->track.track;
    } else if (r->track.kind == SOURCE_MICROPHONE) {
        f->microphone = r->track.track;
    }
    return OK;
}

static enum err count_gap(void *ctx, const struct event_row *e) {
    struct search *f = ctx;
    f->gaps += e->type == ENTRY_GAP;
    return OK;
}

static enum err first_epoch(void *ctx, const struct epoch_row *r) {
    *(us_t *)ctx = r->epoch.start;
    return OK;
}

static unsigned blocks_of(struct library *l, const char *recording, const struct id *track) {
    static struct webm_view view;
    char text[ID_TEXT_MAX];
    size_t n = 0;
    uint8_t *file = read_file(l, recording, id_text(track, text), 0, &n);
    bool ok = file && webm_view(bytes_of(file, n), &view);
    mem_free(file);
    return ok ? view.n : 0;
}

static struct heard look(struct scene *s) {
    struct heard h = {.first = -1};
    struct search f = {0};
    struct recording_row row;
    struct library *l = NULL;
    struct id id;
    char why[WHY_MAX];
    CHECK(library_open(&(struct library_config){.dir = s->g.dir}, &l, why) == OK &&
          id_parse(s->g.recording, &id));
    struct catalogue *c = l->archive->catalogue;
    EXPECT_EQ(library_verify(l, s->g.recording, say, NULL), OK);
    EXPECT_EQ(catalogue_recording(c, &id, &row), OK);
    EXPECT_EQ(catalogue_tracks(c, &id, find_tracks, &f), OK);
    EXPECT_EQ(catalogue_events(c, &id, count_gap, &f), OK);
    EXPECT_EQ(catalogue_epochs(c, &id, &f.camera, first_epoch, &h.first), OK);
    h.pictures = blocks_of(l, s->g.recording, &f.camera);
    h.sounds = blocks_of(l, s->g.recording, &f.microphone);
    h.gaps = f.gaps;
    h.state = row.state;
    library_close(l);
    return h;
}

TEST(writer_that_stands_still_for_a_minute_costs_nothing) {
    struct scene s;
    scene_begin(&s);
    REQUIRE(rig_open(&s.g) == OK);
    s.g.stalled = true; /* from before the recording has begun */
    rig_order_now(&s.g, ORDER_START);
    for (unsigned i = 0; i < 10; i++) {
        send(&s, i == 0);
    }
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 0);
    EXPECT(rig_counters(&s.g).waiting > 500000);
    rig_order(&s.g, ORDER_STOP);
    s.g.stalled = false;
    rig_wait(&s.g, s.g.now + US_PER_S);
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 1);
    EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1);
    EXPECT_EQ(rig_counters(&s.g).waiting, 0);
    struct heard h = look(&s);
    EXPECT_EQ(h.pictures, 10 * s.video.n);
    EXPECT_EQ(h.sounds, 10 * s.audio.n);
    EXPECT_EQ(h.gaps, 0);
    EXPECT_EQ(h.state, RECORDING_COMPLETE);
    scene_end(&s);
}

/* What was sent before it could begin is in it, at its time. */
TEST(writer_that_begins_late_shifts_and_loses_nothing) {
    struct scene s;
    struct faulty faulty;
    scene_begin(&s);
    faulty_open(&faulty, s.g.dir);
    s.g.faulty = &faulty;
    REQUIRE(rig_open(&s.g) == OK);
    faulty.fail_at = faulty.puts;
    faulty.fail_n = 8; /* some 15 s of trying */
    faulty.error = ERR_IO;
    rig_order_now(&s.g, ORDER_START);
    send(&s, true);
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 0);
    EXPECT_EQ(s.g.events[RECORDER_FAILING], 1);
    EXPECT(rig_counters(&s.g).alarm);
    for (unsigned i = 0; i < 4; i++) {
        send(&s, false);
    }
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 1);
    EXPECT_EQ(s.g.events[RECORDER_RECOVERED], 1);
    rig_order(&s.g, ORDER_STOP);
    struct heard h = look(&s);
    EXPECT_EQ(h.pictures, 5 * s.video.n);
    EXPECT_EQ(h.gaps, 0);
    EXPECT(h.first >= 0 && h.first < 50 * US_PER_MS);
    scene_end(&s);
}

/* Stopped and closed at once: everything that waits is stored on the way out. */
TEST(writer_stores_what_waits_when_it_is_closed) {
    struct scene s;
    scene_begin(&s);
    REQUIRE(rig_open(&s.g) == OK);
    rig_order_now(&s.g, ORDER_START);
    s.g.stalled = true;
    send(&s, true);
    rig_close(&s.g);
    struct heard h = look(&s);
    EXPECT_EQ(h.pictures, s.video.n);
    EXPECT_EQ(h.sounds, s.audio.n);
    EXPECT_EQ(h.state, RECORDING_COMPLETE);
    scene_end(&s);
}

/* Nobody asks for events for a long time: what is true then is told, in order, and nothing of it
 * is lost. */
TEST(recorder_events_wait_until_somebody_asks) {
    struct scene s;
    struct recorder_event e;
    unsigned started = 0, stopped = 0;
    scene_begin(&s);
    REQUIRE(rig_open(&s.g) == OK);
    for (uint64_t tour = 1; tour <= 200; tour++) {
        struct recorder_order o = {.type = ORDER_START, .tour = tour, .tour_name = "t"};
        recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
        o.type = ORDER_STOP;
        recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
    }
    recorder_end_all(s.g.r, s.g.now);
    for (struct write_job *j; (j = recorder_job(s.g.r)) != NULL;) {
        writer_take(s.g.w, j);
    }
    while (writer_step(s.g.w, s.g.now)) {
    }
    for (struct write_report p; writer_report(s.g.w, &p);) {
        recorder_report(s.g.r, &p);
    }
    uint64_t last = 0;
    while (recorder_event(s.g.r, &e)) {
        started += e.type == RECORDER_STARTED;
        stopped += e.type == RECORDER_STOPPED;
        EXPECT(e.type != RECORDER_STOPPED || e.tour == last);
        last = e.tour;
    }
    EXPECT_EQ(started, 200);
    EXPECT_EQ(stopped, 200);
    EXPECT_EQ(rig_counters(&s.g).recordings_open, 0);
    scene_end(&s);
}

/* The writer has no memory for a recording: that is an alarm, which stays until somebody orders the
 * end; and whoever ordered it already is told. */
TEST(recorder_a_recording_that_the_writer_refuses_is_an_alarm) {
    for (unsigned stopped = 0; stopped < 3; stopped++) {
        struct scene s;
        struct recorder_event e;
        struct recorder_order o = {.type = ORDER_START, .tour = 5, .tour_name = "t"};
        scene_begin(&s);
        REQUIRE(rig_open(&s.g) == OK);
        recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
        struct write_job *j = recorder_job(s.g.r);
        REQUIRE(j && j->type == JOB_BEGIN);
        mem_fail_at(0);
        writer_take(s.g.w, j);
        EXPECT(mem_failed());
        mem_fail_at(-1);
        o.type = ORDER_STOP;
        if (stopped == 1) {
            recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
        }
        for (struct write_report p; writer_report(s.g.w, &p);) {
            recorder_report(s.g.r, &p);
        }
        if (stopped == 2) { /* before anybody asked what became of it */
            recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
        }
        REQUIRE(recorder_event(s.g.r, &e));
        EXPECT(e.type == RECORDER_FAILING && e.error == ERR_NOMEM && e.tour == 5);
        EXPECT_EQ(recorder_event(s.g.r, &e), stopped > 0);
        if (stopped == 0) {
            EXPECT_EQ(rig_counters(&s.g).recordings_open, 0);
            recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
            REQUIRE(recorder_event(s.g.r, &e));
        }
        EXPECT(e.type == RECORDER_STOPPED && e.tour == 5);
        EXPECT(!recorder_event(s.g.r, &e));
        EXPECT_EQ(rig_counters(&s.g).recordings_open, 0);
        scene_end(&s);
    }
}

/* More recordings than there may be: the one too many fails, and its end is told. */
TEST(recorder_refuses_a_recording_too_many_in_words) {
    struct scene s;
    struct recorder_event e, last = {0};
    scene_begin(&s);
    REQUIRE(rig_open(&s.g) == OK);
    for (uint64_t tour = 1; tour <= 1025; tour++) {
        struct recorder_order o = {.type = ORDER_START, .tour = tour, .tour_name = "t"};
        recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
    }
    while (recorder_event(s.g.r, &e)) {
        last = e;
    }
    EXPECT_EQ(last.type, RECORDER_FAILING);
    EXPECT_EQ(last.tour, 1025);
    struct recorder_order o = {.type = ORDER_STOP, .tour = 1025};
    recorder_order(s.g.r, s.g.now, (wall_t){0}, &o);
    REQUIRE(recorder_event(s.g.r, &e));
    EXPECT_EQ(e.type, RECORDER_STOPPED);
    EXPECT_EQ(e.tour, 1025);
    scene_end(&s);
}
