/* What is missing in a recording is said in it, and nothing else is: every discard is a gap that
 * lasts until media goes on, of the track in which it is missing. */
#include "media/wire/vp8.h"
#include "recorder/archive/archive.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

#define MS US_PER_MS

struct gap {
    struct id track;
    us_t t, duration;
    char cause[16];
};

struct scene {
    struct rig g;
    struct clip video, audio;
    struct feed_source camera, microphone;
    struct feed_list list;
    struct id camera_track, microphone_track;
    us_t stopped; /* when the order to stop came */
    struct gap gaps[256];
    unsigned n;
    struct mute {
        us_t t;
        bool on;
        char kind[16];
    } mutes[64];
    unsigned n_mutes;
    us_t pauses[16]; /* negative: the end of one */
    unsigned n_pauses;
};

static void scene_begin(struct scene *s) {
    *s = (struct scene){0};
    rig_init(&s->g);
    clip_ivf(&s->video, "video.ivf");
    clip_ogg(&s->audio, "audio.ogg");
    us_t t = s->g.now + 100 * MS;
    s->camera = feed_camera(&s->video, t);
    s->camera.rtp0 = 1000;
    s->microphone = feed_microphone(&s->audio, t);
    s->microphone.rtp0 = 2000;
    CHECK(rig_open(&s->g) == OK);
    rig_order(&s->g, ORDER_START);
}

static void scene_end(struct scene *s) {
    feed_free(&s->list);
    clip_free(&s->video);
    clip_free(&s->audio);
    rig_free(&s->g);
}

static enum err see_track(void *ctx, const struct track_row *t) {
    struct scene *s = ctx;
    if (t->track.kind == SOURCE_CAMERA || t->track.kind == SOURCE_SCREEN) {
        s->camera_track = t->track.track;
    } else if (t->track.kind == SOURCE_MICROPHONE) {
        s->microphone_track = t->track.track;
    }
    return OK;
}

static enum err see_event(void *ctx, const struct event_row *e) {
    struct scene *s = ctx;
    if (e->type == ENTRY_MUTE) {
        CHECK(s->n_mutes < ARRAY_LEN(s->mutes));
        struct mute *m = &s->mutes[s->n_mutes++];
        *m = (struct mute){.t = e->t, .on = e->person.on};
        snprintf(m->kind, sizeof(m->kind), "%.15s", e->person.name);
    }
    if (e->type == ENTRY_PAUSE) {
        CHECK(s->n_pauses < ARRAY_LEN(s->pauses));
        EXPECT_EQ(e->person.participant, 5);
        s->pauses[s->n_pauses++] = e->person.on ? e->t : -e->t;
    }
    if (e->type == ENTRY_GAP) {
        CHECK(s->n < ARRAY_LEN(s->gaps));
        struct gap *g = &s->gaps[s->n++];
        *g = (struct gap){.track = e->track, .t = e->t, .duration = e->duration};
        snprintf(g->cause, sizeof(g->cause), "%.15s", e->person.name);
    }
    return OK;
}

/* Everything is sent and the recording ends; its gaps are in s->gaps, by time. */
static void scene_record(struct scene *s) {
    char path[96], why[WHY_MAX];
    struct archive *a = NULL;
    struct id id;
    feed_sort(&s->list);
    rig_run(&s->g, &s->list);
    s->stopped = s->g.now;
    rig_order(&s->g, ORDER_STOP);
    snprintf(path, sizeof(path), "%s/kek", s->g.dir);
    struct archive_config c = {.dir = s->g.dir, .kek_file = path};
    CHECK(archive_open(&c, &a, why) == OK && id_parse(s->g.recording, &id));
    EXPECT_EQ(catalogue_tracks(a->catalogue, &id, see_track, s), OK);
    EXPECT_EQ(catalogue_events(a->catalogue, &id, see_event, s), OK);
    archive_close(a);
}

static void expect_gap(const struct scene *s, const struct id *track, const char *cause, us_t t,
                       us_t duration) {
    for (unsigned i = 0; i < s->n; i++) {
        const struct gap *g = &s->gaps[i];
        us_t dt = g->t - t, dd = g->duration - duration;
        if (id_eq(&g->track, track) && strcmp(g->cause, cause) == 0 && dt >= -2 * MS &&
            dt <= 2 * MS && dd >= -2 * MS && dd <= 2 * MS) {
            return;
        }
    }
    char id[ID_TEXT_MAX];
    test_fail(__FILE__, __LINE__, "no gap of %s (%s) at %" PRId64 " for %" PRId64 " us",
              id_text(track, id), cause, t, duration);
    for (unsigned i = 0; i < s->n; i++) {
        printf("# %s %s %" PRId64 " %" PRId64 "\n", id_text(&s->gaps[i].track, id),
               s->gaps[i].cause, s->gaps[i].t, s->gaps[i].duration);
    }
}

static struct webm_view view;

/* Blocks of a track's file. */
static unsigned blocks(const struct scene *s, const struct id *track) {
    char why[WHY_MAX], text[ID_TEXT_MAX];
    struct library *l = NULL;
    size_t n = 0;
    CHECK(library_open(&(struct library_config){.dir = s->g.dir}, &l, why) == OK);
    uint8_t *file = read_file(l, s->g.recording, id_text(track, text), 0, &n);
    CHECK(file && webm_view(bytes_of(file, n), &view));
    unsigned found = view.n;
    mem_free(file);
    library_close(l);
    return found;
}

/* Lose the first packet of the frame sent at this time. */
static void lose_at(struct scene *s, us_t at) {
    for (size_t i = 0; i < s->list.n; i++) {
        struct tap *t = &s->list.taps[i];
        if (t->type == TAP_RTP && t->now == at) {
            packet_unref(t->packet);
            memmove(t, t + 1, (s->list.n - i - 1) * sizeof(*t));
            s->list.n--;
            return;
        }
    }
    CHECK(!"a packet at that time");
}

static us_t frame_at(const struct feed_source *f, unsigned i) {
    return f->at0 + i * f->interval;
}

TEST(gap_of_a_lost_picture_lasts_until_the_next_key_frame) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, s.video.n);
    lose_at(&s, frame_at(&s.camera, 20));
    scene_record(&s);
    /* Key frames are 0, 30, 60: the picture stands from 19 to 30. */
    us_t from = frame_at(&s.camera, 19) - zero, length = 11 * s.camera.interval;
    expect_gap(&s, &s.camera_track, "loss", from, length);
    expect_gap(&s, &ID_PROGRAMME, "loss", from, length);
    EXPECT_EQ(s.n, 2);
    EXPECT_EQ(rig_counters(&s.g).gaps, 2);
    EXPECT_EQ(blocks(&s, &s.camera_track), s.video.n - 10);
    scene_end(&s);
}

TEST(gap_right_before_a_key_frame_is_one_too) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_frames(&s.list, &s.camera, s.g.pool, 0, s.video.n);
    lose_at(&s, frame_at(&s.camera, 29));
    scene_record(&s);
    expect_gap(&s, &s.camera_track, "loss", frame_at(&s.camera, 28) - zero, 2 * s.camera.interval);
    EXPECT_EQ(s.n, 1);
    scene_end(&s);
}

TEST(gap_of_lost_sound_is_as_long_as_what_is_missing) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, 100);
    lose_at(&s, frame_at(&s.microphone, 40));
    lose_at(&s, frame_at(&s.microphone, 41));
    lose_at(&s, frame_at(&s.microphone, 80));
    scene_record(&s);
    for (unsigned i = 0; i < 2; i++) {
        const struct id *track = i ? &ID_PROGRAMME : &s.microphone_track;
        expect_gap(&s, track, "loss", frame_at(&s.microphone, 40) - zero, 40 * MS);
        expect_gap(&s, track, "loss", frame_at(&s.microphone, 80) - zero, 20 * MS);
    }
    EXPECT_EQ(s.n, 4);
    scene_end(&s);
}

/* Nothing was sent for long (RFC 7587 section 3.1.3, DTX): that is no gap, and a loss at its end is
 * as long as what was lost. */
TEST(gap_after_a_silence_is_not_as_long_as_the_silence) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, 50);
    s.microphone.at0 += 60 * US_PER_S;
    s.microphone.rtp0 += 60 * 48000;
    s.microphone.seq++;
    feed_frames(&s.list, &s.microphone, s.g.pool, 50, 100);
    scene_record(&s);
    us_t goes_on = frame_at(&s.microphone, 50) - zero;
    expect_gap(&s, &s.microphone_track, "loss", goes_on - 20 * MS, 20 * MS);
    EXPECT_EQ(s.n, 2);
    scene_end(&s);
}

static void mute(struct scene *s, bool on) {
    struct recorder_order o = {
        .type = ORDER_MUTE, .tour = TOUR, .participant = 5, .on = on, .name = "microphone"};
    recorder_order(s->g.r, s->g.now, (wall_t){0}, &o);
    rig_pump(&s->g);
}

/* A second of sound, then nothing for this long. */
static void speak_and_pause(struct scene *s, us_t pause, bool off) {
    static unsigned from;
    from = from >= 250 ? 0 : from;
    if (off) {
        feed_tap(&s->list, &s->microphone, TAP_SOURCE_ON, s->microphone.at0 + from * 20 * MS);
    }
    feed_frames(&s->list, &s->microphone, s->g.pool, from, from + 50);
    from += 50;
    us_t end = s->microphone.at0 + from * 20 * MS;
    if (off) {
        feed_tap(&s->list, &s->microphone, TAP_SOURCE_OFF, end);
    }
    s->microphone.at0 += pause;
    s->microphone.rtp0 += (uint32_t)(pause / MS * 48);
    rig_run(&s->g, &s->list);
    rig_wait(&s->g, end);
}

/* Whoever looks for a missing word must see which of these it was. */
TEST(gap_mute_off_silence_and_loss_are_four_things) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    speak_and_pause(&s, 5 * US_PER_S, false); /* silence: nothing was sent, nothing is missing */
    us_t muted = s.g.now + 5 * US_PER_S + US_PER_S;
    speak_and_pause(&s, 3 * US_PER_S, true);
    EXPECT_EQ(s.g.now, muted);
    mute(&s, true);
    rig_wait(&s.g, muted + 3 * US_PER_S - 10 * MS);
    mute(&s, false);
    us_t off = muted + 3 * US_PER_S + US_PER_S;
    speak_and_pause(&s, 2 * US_PER_S, true); /* the network, not the person */
    EXPECT_EQ(s.g.now, off);
    feed_tap(&s.list, &s.microphone, TAP_SOURCE_ON, off + 2 * US_PER_S);
    s.microphone.at0 = off + 2 * US_PER_S - 150 * 20 * MS;
    feed_frames(&s.list, &s.microphone, s.g.pool, 150, 200);
    lose_at(&s, off + 2 * US_PER_S + 25 * 20 * MS);
    scene_record(&s);
    expect_gap(&s, &s.microphone_track, "pause", muted - zero, 3 * US_PER_S);
    expect_gap(&s, &s.microphone_track, "pause", off - zero, 2 * US_PER_S);
    expect_gap(&s, &s.microphone_track, "loss", off - zero + 2500 * MS, 20 * MS);
    EXPECT_EQ(s.n, 4); /* the loss is one of the programme, too */
    REQUIRE(s.n_mutes == 2);
    EXPECT_EQ(s.mutes[0].t, muted - zero);
    EXPECT(s.mutes[0].on);
    EXPECT_STR(s.mutes[0].kind, "microphone");
    EXPECT_EQ(s.mutes[1].t, muted - zero + 3 * US_PER_S - 10 * MS);
    EXPECT(!s.mutes[1].on);
    scene_end(&s);
}

static void pause_recording(struct scene *s, bool on) {
    struct recorder_order o = {.type = ORDER_PAUSE, .tour = TOUR, .participant = 5, .on = on};
    recorder_order(s->g.r, s->g.now, (wall_t){0}, &o);
    rig_pump(&s->g);
}

/* A host pauses for a minute: the worker taps nothing then. Time goes on, and nothing is lost. */
TEST(gap_a_paused_recording_keeps_true_time) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    for (unsigned i = 0; i < 2; i++) {
        us_t begun = s.g.now + 100 * MS;
        s.microphone.at0 = begun - i * 2 * US_PER_S;
        s.microphone.rtp0 = (uint32_t)((s.microphone.at0 - zero) / MS * 48);
        feed_tap(&s.list, &s.microphone, TAP_SOURCE_ON, begun);
        feed_frames(&s.list, &s.microphone, s.g.pool, i * 100, i * 100 + 100);
        if (i == 0) {
            feed_tap(&s.list, &s.microphone, TAP_SOURCE_OFF, begun + 2 * US_PER_S);
            rig_run(&s.g, &s.list);
            pause_recording(&s, true);
            rig_wait(&s.g, s.g.now + 60 * US_PER_S);
            pause_recording(&s, false);
        }
    }
    scene_record(&s);
    EXPECT_EQ(s.n_pauses, 2);
    EXPECT_EQ(s.pauses[0], 2100 * MS);
    EXPECT_EQ(s.pauses[1], -62100 * MS);
    expect_gap(&s, &s.microphone_track, "pause", 2100 * MS, 60100 * MS);
    EXPECT_EQ(s.n, 1);
    scene_end(&s);
}

/* Somebody who plays with the switch is noted five times a second, and at last as it is. */
TEST(gap_mutes_are_noted_at_a_bounded_pace) {
    struct scene s;
    scene_begin(&s);
    for (unsigned i = 0; i <= 1000; i++) {
        mute(&s, i % 2 == 0);
        rig_wait(&s.g, s.g.now + MS);
    }
    scene_record(&s);
    EXPECT(s.n_mutes >= 5 && s.n_mutes <= 7);
    EXPECT(s.mutes[s.n_mutes - 1].on);
    scene_end(&s);
}

/* A shared screen on which nothing moves sends nothing for 20 s: that is no gap, and what comes
 * then is where it was sent. */
TEST(gap_none_while_a_shared_screen_stands_still) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    s.camera.kind = SOURCE_SCREEN;
    feed_frames(&s.list, &s.camera, s.g.pool, 0, 30);
    feed_sr(&s.list, &s.camera, frame_at(&s.camera, 10));
    for (unsigned i = 1; i < 10; i++) { /* it goes on to report */
        struct feed_source still = s.camera;
        feed_sr(&s.list, &still, frame_at(&s.camera, 30) + i * 2 * US_PER_S);
    }
    us_t last = frame_at(&s.camera, 29) - zero;
    s.camera.at0 += 20 * US_PER_S;
    s.camera.rtp0 += 20 * 90000;
    feed_frames(&s.list, &s.camera, s.g.pool, 30, 60);
    scene_record(&s);
    EXPECT_EQ(s.n, 0);
    EXPECT_EQ(blocks(&s, &s.camera_track), 60);
    int64_t origin = view.block[0].ms;
    us_t before = (view.block[29].ms - origin) * MS, after = (view.block[30].ms - origin) * MS;
    us_t first = frame_at(&s.camera, 0) - 20 * US_PER_S - zero;
    us_t error = before - (last - first);
    EXPECT(error >= -5 * MS && error <= 5 * MS);
    error = after - before - (20 * US_PER_S + s.camera.interval);
    EXPECT(error >= -5 * MS && error <= 5 * MS);
    scene_end(&s);
}

TEST(gap_of_a_source_that_joins_late_does_not_reach_back_to_the_start) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    us_t join = 1800 * US_PER_S;
    s.camera.at0 += join;
    feed_tap(&s.list, &s.camera, TAP_SOURCE_ON, s.camera.at0);
    /* It sends, but the key frame is lost in part. */
    feed_frames(&s.list, &s.camera, s.g.pool, 0, s.video.n);
    lose_at(&s, frame_at(&s.camera, 0));
    scene_record(&s);
    REQUIRE(s.n == 1);
    EXPECT(id_eq(&s.gaps[0].track, &s.camera_track));
    EXPECT(s.gaps[0].t >= frame_at(&s.camera, 0) - zero);
    EXPECT(s.gaps[0].t <= frame_at(&s.camera, 1) - zero);
    us_t end = s.gaps[0].t + s.gaps[0].duration, key = frame_at(&s.camera, 30) - zero;
    EXPECT(end >= key - 2 * MS && end <= key + 2 * MS);
    scene_end(&s);
}

TEST(gap_without_an_end_ends_with_the_recording) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now);
    feed_frames(&s.list, &s.camera, s.g.pool, 60, 80);
    lose_at(&s, frame_at(&s.camera, 70));
    scene_record(&s);
    us_t from = frame_at(&s.camera, 69) - zero;
    expect_gap(&s, &s.camera_track, "loss", from, s.stopped - zero - from);
    expect_gap(&s, &ID_PROGRAMME, "loss", from, s.stopped - zero - from);
    EXPECT_EQ(s.n, 2);
    scene_end(&s);
}

TEST(gap_of_the_programme_ends_when_nobody_is_shown_any_more) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, 30);
    lose_at(&s, frame_at(&s.camera, 20));
    struct feed_source nobody = {.kind = SOURCE_CAMERA};
    us_t off = frame_at(&s.camera, 20) + 2 * US_PER_S;
    feed_tap(&s.list, &nobody, TAP_STAGE, off);
    feed_tap(&s.list, &s.camera, TAP_SOURCE_OFF, off + 1);
    struct feed_source later = s.camera;
    later.id = 13;
    later.participant = 6;
    later.at0 = off + 600 * US_PER_S;
    feed_tap(&s.list, &later, TAP_STAGE, later.at0);
    feed_frames(&s.list, &later, s.g.pool, 0, 30);
    scene_record(&s);
    us_t from = frame_at(&s.camera, 19) - zero;
    expect_gap(&s, &ID_PROGRAMME, "loss", from, off - zero - from);
    EXPECT_EQ(s.n, 2);
    scene_end(&s);
}

TEST(gap_until_a_key_frame_comes_says_so) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    /* The recording began while the camera was sending. */
    feed_frames(&s.list, &s.camera, s.g.pool, 25, s.video.n);
    scene_record(&s);
    expect_gap(&s, &s.camera_track, "keyframe", frame_at(&s.camera, 25) - zero,
               5 * s.camera.interval);
    EXPECT_EQ(s.n, 1);
    scene_end(&s);
}

/* What was lost once, and made good by a key frame, is not the cause of what comes later. */
TEST(gap_behind_a_loss_that_is_over_has_its_own_cause) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_frames(&s.list, &s.camera, s.g.pool, 0, 80);
    for (size_t i = 0; i < s.list.n; i++) {
        struct tap *t = &s.list.taps[i];
        struct vp8 d;
        if (t->type == TAP_RTP && t->now == frame_at(&s.camera, 60)) {
            uint8_t *p = t->packet->data + t->payload_at;
            CHECK(vp8_parse(bytes_of(p, t->payload_len), &d) == OK && d.keyframe);
            memset(p + d.len + 6, 0, 4); /* RFC 6386 section 9.1: no area, so no picture */
            break;
        }
    }
    lose_at(&s, frame_at(&s.camera, 20));
    scene_record(&s);
    us_t from = frame_at(&s.camera, 59) - zero;
    expect_gap(&s, &s.camera_track, "loss", frame_at(&s.camera, 19) - zero, 11 * s.camera.interval);
    expect_gap(&s, &s.camera_track, "keyframe", from, s.stopped - zero - from);
    EXPECT_EQ(s.n, 2);
    scene_end(&s);
}

/* Two voices lose something at the same time: of each a gap in the programme. */
TEST(gap_of_each_of_two_voices_at_once) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    struct feed_source other = s.microphone;
    other.id = MICROPHONE + 1;
    other.participant = 6;
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, 50);
    feed_frames(&s.list, &other, s.g.pool, 0, 50);
    s.microphone.seq += 3;
    other.seq += 10;
    feed_frames(&s.list, &s.microphone, s.g.pool, 53, 120);
    feed_frames(&s.list, &other, s.g.pool, 60, 120);
    scene_record(&s);
    us_t from = frame_at(&s.microphone, 50) - zero;
    expect_gap(&s, &ID_PROGRAMME, "loss", from, 60 * MS);
    expect_gap(&s, &ID_PROGRAMME, "loss", from, 200 * MS);
    EXPECT_EQ(s.n, 4);
    EXPECT_EQ(rig_counters(&s.g).gaps, s.n);
    scene_end(&s);
}

TEST(gap_of_what_is_no_opus) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, 50);
    for (size_t i = 0; i < s.list.n; i++) {
        if (s.list.taps[i].now == frame_at(&s.microphone, 30)) {
            s.list.taps[i].payload_len = 0;
        }
    }
    scene_record(&s);
    expect_gap(&s, &s.microphone_track, "format", frame_at(&s.microphone, 30) - zero, 20 * MS);
    EXPECT_EQ(s.n, 2); /* and the programme's */
    scene_end(&s);
}

/* Every other number is left out: 150 holes in 3 s, told in few words. */
TEST(gap_entries_come_at_a_bounded_pace) {
    struct scene s;
    scene_begin(&s);
    for (unsigned i = 0; i < 150; i++) {
        feed_frames(&s.list, &s.microphone, s.g.pool, i, i + 1);
        s.microphone.seq++;
    }
    scene_record(&s);
    EXPECT(s.n >= 2 && s.n <= 2 * 31);
    scene_end(&s);
}

/* The sender's NTP clock is set by two seconds while it talks. */
static void set_clock(us_t by) {
    struct scene s;
    scene_begin(&s);
    us_t zero = s.g.now;
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, s.audio.n);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, s.video.n);
    for (unsigned i = 0; i < 6; i++) {
        us_t at = zero + 150 * MS + i * US_PER_S;
        for (unsigned k = 0; k < 2; k++) {
            feed_sr(&s.list, k ? &s.camera : &s.microphone, at + k * 30 * MS);
            if (i >= 3) {
                struct tap *t = &s.list.taps[s.list.n - 1];
                t->ntp += (uint64_t)(by / US_PER_S * (INT64_C(1) << 32));
            }
        }
    }
    scene_record(&s);
    EXPECT_EQ(s.n, 0);
    EXPECT_EQ(blocks(&s, &s.camera_track), s.video.n);
    EXPECT_EQ(blocks(&s, &s.microphone_track), s.audio.n);
    /* And no hole: it is where it was sent, to a few milliseconds. */
    for (unsigned i = 1; i < view.n; i++) {
        int64_t step = view.block[i].ms - view.block[i - 1].ms;
        EXPECT(step >= 18 && step <= 22);
    }
    int64_t length = view.block[view.n - 1].ms - view.block[0].ms;
    EXPECT(length >= (int64_t)(s.audio.n - 1) * 20 - 20 &&
           length <= (int64_t)(s.audio.n - 1) * 20 + 20);
    scene_end(&s);
}

TEST(gap_none_when_the_sender_sets_its_clock_back) {
    set_clock(-2 * US_PER_S);
}

TEST(gap_none_when_the_sender_sets_its_clock_forward) {
    set_clock(2 * US_PER_S);
}

TEST(gap_none_when_the_sender_sets_its_clock_by_an_hour) {
    set_clock(3600 * US_PER_S);
}

/* Whoever sends packets in masses does not take other people's time. */
TEST(gap_of_a_flood_is_the_floods_own) {
    static uint8_t tiny[1] = {28 << 3}; /* 2.5 ms (RFC 6716 section 3.1) */
    struct clip c = {.n = 1};
    struct scene s;
    scene_begin(&s);
    c.frame[0] = bytes_of(tiny, sizeof(tiny));
    struct feed_source flood = s.microphone;
    flood.id = 13;
    flood.participant = 6;
    flood.clip = &c;
    feed_tap(&s.list, &flood, TAP_VOICE, flood.at0 - 1);
    for (unsigned second = 0; second < 4; second++) {
        for (unsigned i = 0; i < 2000; i++) {
            feed_frames(&s.list, &flood, s.g.pool, 0, 1);
            flood.at0 += 500;
            flood.rtp0 += 24;
        }
        rig_run(&s.g, &s.list);
    }
    s.microphone.at0 = flood.at0;
    feed_tap(&s.list, &s.microphone, TAP_VOICE, flood.at0 - 1);
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, 200);
    scene_record(&s);
    unsigned heard = 0;
    (void)blocks(&s, &ID_PROGRAMME);
    for (unsigned i = 0; i < view.n; i++) {
        heard += view.block[i].frame.n > 1;
    }
    EXPECT(heard >= 190);
    bool said = false;
    for (unsigned i = 0; i < s.n; i++) {
        said = said || strcmp(s.gaps[i].cause, "clock") == 0;
    }
    EXPECT(said);
    scene_end(&s);
}
