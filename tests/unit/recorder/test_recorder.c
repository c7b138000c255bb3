/* The recorder as a whole: real pictures and sound in, a seekable file out, and what happens when
 * the network or the disk is bad. */
#include "recorder/library/library_parts.h"
#include "tests/unit/audio/mixing.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

#include <stdlib.h>

/* One agent with camera (6 s, 15/s) and microphone. */
struct scene {
    struct rig g;
    struct clip video, audio;
    struct feed_source camera, microphone;
    struct feed_list list;
};

static void scene_init(struct scene *s) {
    *s = (struct scene){0};
    rig_init(&s->g);
    clip_ivf(&s->video, "video.ivf");
    clip_ogg(&s->audio, "audio.ogg");
    us_t t = s->g.now;
    s->camera = feed_camera(&s->video, t + 100000);
    s->camera.seq = 65536 + 65530;
    s->camera.rtp0 = 0xffff0000;
    s->microphone = feed_microphone(&s->audio, t + 100000);
    s->microphone.seq = 65536 + 32767;
    s->microphone.rtp0 = 0x7ffffff0;
    s->camera.delay = s->microphone.delay = 20000;
}

static void scene_script(struct scene *s) {
    us_t t = s->g.now;
    feed_tap(&s->list, &s->camera, TAP_SOURCE_ON, t);
    feed_tap(&s->list, &s->microphone, TAP_SOURCE_ON, t);
    feed_tap(&s->list, &s->camera, TAP_STAGE, t + 1);
    feed_tap(&s->list, &s->microphone, TAP_VOICE, t + 2);
    feed_frames(&s->list, &s->camera, s->g.pool, 0, s->video.n);
    feed_frames(&s->list, &s->microphone, s->g.pool, 0, s->audio.n);
    for (us_t at = t + 300000; at < t + 6000000; at += 1000000) {
        feed_sr(&s->list, &s->camera, at);
        feed_sr(&s->list, &s->microphone, at + 50000);
    }
    feed_sort(&s->list);
}

static void scene_free(struct scene *s) {
    feed_free(&s->list);
    clip_free(&s->video);
    clip_free(&s->audio);
    if (s->g.faulty) {
        rig_close(&s->g);
        faulty_close(s->g.faulty);
    }
    rig_free(&s->g);
}

static void record(struct scene *s) {
    rig_order(&s->g, ORDER_START);
    rig_order(&s->g, ORDER_PARTICIPANT);
    rig_run(&s->g, &s->list);
    rig_order(&s->g, ORDER_STOP);
}

struct found {
    char camera[ID_TEXT_MAX], microphone[ID_TEXT_MAX];
    unsigned n;
};

static enum err find_track(void *ctx, const struct track_row *t) {
    struct found *f = ctx;
    f->n++;
    if (t->track.kind == SOURCE_CAMERA) {
        id_text(&t->track.track, f->camera);
    } else if (t->track.kind == SOURCE_MICROPHONE) {
        id_text(&t->track.track, f->microphone);
    }
    return OK;
}

static struct library *open_library(const struct scene *s, struct found *f) {
    struct library *l = NULL;
    char why[WHY_MAX];
    struct id id;
    *f = (struct found){0};
    if (library_open(&(struct library_config){.dir = s->g.dir}, &l, why) != OK ||
        !id_parse(s->g.recording, &id)) {
        return library_close(l);
    }
    EXPECT_EQ(catalogue_tracks(l->archive->catalogue, &id, find_track, f), OK);
    return l;
}

static unsigned findings;
static void say(void *ctx, const char *object, const char *what) {
    (void)ctx;
    findings++;
    printf("# %s: %s\n", object, what);
}

/* How many blocks of a track of the file are the clip's frames, in order; all must be. */
static unsigned matches(const struct webm_view *v, unsigned track, const struct clip *c) {
    unsigned next = 0, n = 0;
    for (unsigned i = 0; i < v->n; i++) {
        const struct webm_block *b = &v->block[i];
        if (b->track != track) {
            continue;
        }
        while (next < c->n && !bytes_eq(b->frame, c->frame[next])) {
            next++;
        }
        if (next == c->n) {
            return 0;
        }
        next++;
        n++;
    }
    return n;
}

/* The programme lets hear what these packets, the first at `from`, let hear: at the same time, and
 * as loud. */
static void expect_sound(const struct webm_view *v, const struct clip *c, us_t from) {
    struct listener heard, said;
    double apart = 0, all = 0;
    listener_init(&heard);
    listener_init(&said);
    for (unsigned i = 0; i < v->n; i++) {
        if (v->block[i].track == 2) {
            listener_hear(&heard, v->block[i].ms * US_PER_MS, v->block[i].frame);
        }
    }
    for (unsigned i = 0; i < c->n; i++) {
        listener_hear(&said, from + i * 20 * US_PER_MS, c->frame[i]);
    }
    for (int64_t i = 0; i < 2 * said.len; i++) {
        double d = heard.heard[i] - said.heard[i];
        apart += d * d;
        all += (double)said.heard[i] * said.heard[i];
    }
    EXPECT_EQ(heard.jumps, 0);
    EXPECT(all > 0 && apart < all / 100);
    listener_free(&heard);
    listener_free(&said);
}

static void expect_rising(const struct webm_view *v, unsigned track) {
    int64_t last = -1;
    for (unsigned i = 0; i < v->n; i++) {
        if (v->block[i].track == track) {
            EXPECT(v->block[i].ms > last);
            last = v->block[i].ms;
        }
    }
}

/* Each cue names a cluster that has a block of that time, a key frame where there are pictures. */
static unsigned expect_cues(const struct webm_view *v, unsigned track) {
    struct rd r = rd_of(v->cues.p, v->cues.n);
    struct webm_element e;
    unsigned n = 0;
    while (rd_left(&r) && webm_next(&r, &e) == OK) {
        uint64_t ms = webm_uint(webm_child(e.data, 0xB3));
        struct bytes at = webm_child(e.data, 0xB7);
        uint64_t position = webm_uint(webm_child(at, 0xF1));
        bool found = false;
        EXPECT_EQ(webm_uint(webm_child(at, 0xF7)), track);
        for (unsigned i = 0; i < v->n; i++) {
            const struct webm_block *b = &v->block[i];
            found = found || (b->track == track && b->key && (uint64_t)b->ms == ms &&
                              v->clusters_at + b->cluster == v->data_at + position);
        }
        EXPECT(found);
        n++;
    }
    return n;
}

static struct webm_view view;

TEST(recorder_records_a_tour_byte_for_byte) {
    struct scene s;
    struct found f;
    size_t n = 0;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    scene_script(&s);
    record(&s);
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 1);
    EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1);
    EXPECT_EQ(s.g.events[RECORDER_FAILING], 0);
    struct rig_counters c = rig_counters(&s.g);
    EXPECT_EQ(c.frames, s.video.n + s.audio.n);
    EXPECT_EQ(c.gaps, 0);
    EXPECT_EQ(c.recordings_open, 0);
    EXPECT(c.segments >= 6 && c.bytes_sealed > 60000);
    struct library *l = open_library(&s, &f);
    REQUIRE(l);
    EXPECT_EQ(f.n, 3);
    findings = 0;
    EXPECT_EQ(library_verify(l, s.g.recording, say, NULL), OK);
    EXPECT_EQ(findings, 0);

    uint8_t *file = read_file(l, s.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    EXPECT_EQ(matches(&view, 1, &s.video), s.video.n);
    expect_sound(&view, &s.audio, 120 * US_PER_MS); /* on the way for 20 ms */
    expect_rising(&view, 1);
    expect_rising(&view, 2);
    EXPECT_EQ(expect_cues(&view, 1), 3);
    EXPECT(view.duration > 6050 && view.duration < 6250);
    keep_file("programme.webm", file, n);
    mem_free(file);

    file = read_file(l, s.g.recording, f.camera, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    EXPECT_EQ(view.block[0].ms, 0);
    EXPECT_EQ(matches(&view, 1, &s.video), s.video.n);
    EXPECT_EQ(view.n, s.video.n);
    EXPECT_EQ(expect_cues(&view, 1), 3);
    EXPECT(view.duration > 5950 && view.duration < 6050);
    keep_file("camera.webm", file, n);
    mem_free(file);

    file = read_file(l, s.g.recording, f.microphone, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    EXPECT_EQ(matches(&view, 1, &s.audio), s.audio.n);
    EXPECT_EQ(expect_cues(&view, 1), (s.audio.n + 99) / 100);
    EXPECT(view.duration > 5950 && view.duration < 6100);
    keep_file("microphone.webm", file, n);
    mem_free(file);
    library_close(l);
    scene_free(&s);
}

TEST(recorder_puts_reordered_packets_in_order) {
    struct scene s;
    struct found f;
    size_t n = 0;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    scene_script(&s);
    feed_disturb(&s.list, 7, 0, 95000);
    record(&s);
    EXPECT_EQ(rig_counters(&s.g).gaps, 0);
    struct library *l = open_library(&s, &f);
    REQUIRE(l);
    uint8_t *file = read_file(l, s.g.recording, f.camera, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    EXPECT_EQ(matches(&view, 1, &s.video), s.video.n);
    expect_rising(&view, 1);
    mem_free(file);
    file = read_file(l, s.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    EXPECT_EQ(matches(&view, 1, &s.video), s.video.n);
    expect_rising(&view, 2);
    mem_free(file);
    library_close(l);
    scene_free(&s);
}

TEST(recorder_shows_no_broken_picture_after_loss) {
    struct scene s;
    struct found f;
    size_t n = 0;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    scene_script(&s);
    feed_disturb(&s.list, 3, 30, 0);
    record(&s);
    struct rig_counters c = rig_counters(&s.g);
    EXPECT(c.gaps > 0);
    EXPECT(c.frames < s.video.n + s.audio.n);
    struct library *l = open_library(&s, &f);
    REQUIRE(l);
    uint8_t *file = read_file(l, s.g.recording, f.camera, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    unsigned whole = matches(&view, 1, &s.video);
    EXPECT(whole > 10 && whole == view.n);
    /* Frames follow each other from a key frame on: the one before is always there too. */
    unsigned next = 0;
    for (unsigned i = 0; i < view.n; i++) {
        unsigned at = next;
        while (at < s.video.n && !bytes_eq(view.block[i].frame, s.video.frame[at])) {
            at++;
        }
        EXPECT(view.block[i].key || (i > 0 && at == next));
        next = at + 1;
    }
    mem_free(file);
    EXPECT_EQ(library_verify(l, s.g.recording, say, NULL), OK);
    library_close(l);
    scene_free(&s);
}

TEST(recorder_ignores_orders_that_change_nothing) {
    struct scene s;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    rig_order(&s.g, ORDER_STOP);
    rig_order(&s.g, ORDER_MARK);
    EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1); /* whoever stops waits for an answer */
    s.g.events[RECORDER_STOPPED] = 0;
    rig_order(&s.g, ORDER_START);
    rig_order(&s.g, ORDER_START);
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 1);
    EXPECT_EQ(rig_counters(&s.g).recordings_open, 1);
    rig_order(&s.g, ORDER_STOP);
    EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1);
    rig_order(&s.g, ORDER_STOP);
    EXPECT_EQ(s.g.events[RECORDER_STOPPED], 2);
    EXPECT_EQ(rig_counters(&s.g).recordings_open, 0);
    EXPECT_EQ(recorder_deadline(s.g.r), US_NEVER);
    scene_free(&s);
}

TEST(recorder_drops_taps_of_tours_that_are_not_recorded) {
    struct scene s;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    scene_script(&s);
    rig_run(&s.g, &s.list);
    EXPECT_EQ(rig_counters(&s.g).frames, 0);
    /* Freeing the pool checks that every packet came home. */
    scene_free(&s);
}

TEST(recorder_closes_a_segment_when_nothing_comes) {
    struct scene s;
    struct found f;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    rig_order(&s.g, ORDER_START);
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, 10);
    feed_sort(&s.list);
    rig_run(&s.g, &s.list);
    EXPECT_EQ(rig_counters(&s.g).segments, 0);
    rig_wait(&s.g, s.g.now + 4 * US_PER_S);
    EXPECT_EQ(rig_counters(&s.g).segments, 2);
    /* Still open: what is there can be played. */
    struct library *l = open_library(&s, &f);
    struct library_media *m = NULL;
    REQUIRE(l);
    EXPECT_EQ(library_media_open(l, s.g.recording, PROGRAMME_TRACK, 0, &m), OK);
    EXPECT(library_media_current(m));
    m = library_media_close(m);
    rig_order(&s.g, ORDER_STOP);
    EXPECT_EQ(library_media_open(l, s.g.recording, PROGRAMME_TRACK, 0, &m), OK);
    library_media_close(m);
    library_close(l);
    scene_free(&s);
}

TEST(recorder_programme_follows_the_stage_at_key_frames) {
    struct scene s;
    struct found f;
    size_t n = 0;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    /* The share sends the same clip half a second later; its key frames come at 0.6, 2.6, 4.6. */
    struct feed_source share = s.camera;
    share.id = 13;
    share.kind = SOURCE_SCREEN;
    share.at0 += 500000;
    us_t t = s.g.now;
    feed_tap(&s.list, &s.camera, TAP_STAGE, t);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, s.video.n);
    feed_frames(&s.list, &share, s.g.pool, 0, s.video.n);
    feed_tap(&s.list, &share, TAP_STAGE, t + 1500000);
    feed_sort(&s.list);
    record(&s);
    struct library *l = open_library(&s, &f);
    REQUIRE(l);
    uint8_t *file = read_file(l, s.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    unsigned key_at = 0;
    for (unsigned i = 0; i < view.n; i++) {
        EXPECT_EQ(view.block[i].track, 1);
        if (bytes_eq(view.block[i].frame, s.video.frame[30])) {
            key_at = i;
        }
    }
    /* The camera's frames up to 2.6 s: its second key frame, then the share's second. */
    EXPECT(key_at > 30 && view.block[key_at].key);
    EXPECT_EQ(view.block[key_at].ms, 2620);
    EXPECT(bytes_eq(view.block[30].frame, s.video.frame[30]));
    EXPECT(bytes_eq(view.block[key_at + 1].frame, s.video.frame[31]));
    expect_rising(&view, 1);
    /* No voice was ever heard, so the file promises none. */
    EXPECT_EQ(webm_uint(webm_child(webm_child(view.tracks, 0xAE), 0xD7)), 1);
    struct rd r = rd_of(view.tracks.p, view.tracks.n);
    struct webm_element e;
    EXPECT_EQ(webm_next(&r, &e), OK);
    EXPECT_EQ(rd_left(&r), 0);
    mem_free(file);
    library_close(l);
    scene_free(&s);
}

TEST(recorder_survives_a_full_disk_at_any_put) {
    for (long at = 1; at < 20; at += 3) {
        struct scene s;
        struct found f;
        struct faulty faulty;
        size_t n = 0;
        scene_init(&s);
        faulty_open(&faulty, s.g.dir);
        s.g.faulty = &faulty;
        REQUIRE(rig_open(&s.g) == OK);
        long first = faulty.puts;
        faulty.fail_at = first + at;
        faulty.fail_n = 4;
        faulty.error = at % 2 ? ERR_NOSPACE : ERR_IO;
        scene_script(&s);
        record(&s);
        rig_wait(&s.g, s.g.now + 30 * US_PER_S);
        EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1);
        EXPECT(s.g.events[RECORDER_FAILING] >= 1 || faulty.puts <= first + at);
        EXPECT_EQ(s.g.events[RECORDER_FAILING], s.g.events[RECORDER_RECOVERED]);
        EXPECT(!rig_counters(&s.g).alarm);
        struct library *l = open_library(&s, &f);
        REQUIRE(l);
        uint8_t *file = read_file(l, s.g.recording, f.camera, 0, &n);
        REQUIRE(file && webm_view(bytes_of(file, n), &view));
        EXPECT_EQ(matches(&view, 1, &s.video), s.video.n);
        mem_free(file);
        EXPECT_EQ(library_verify(l, s.g.recording, say, NULL), OK);
        library_close(l);
        scene_free(&s);
    }
}

TEST(recorder_tries_again_when_it_cannot_begin) {
    struct scene s;
    struct found f;
    struct faulty faulty;
    scene_init(&s);
    faulty_open(&faulty, s.g.dir);
    s.g.faulty = &faulty;
    REQUIRE(rig_open(&s.g) == OK);
    faulty.fail_at = faulty.puts;
    faulty.fail_n = 1;
    faulty.error = ERR_NOSPACE;
    rig_order(&s.g, ORDER_START);
    rig_order(&s.g, ORDER_PARTICIPANT);
    feed_tap(&s.list, &s.camera, TAP_SOURCE_ON, s.g.now);
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now + 1);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, 1);
    feed_frames(&s.list, &s.camera, s.g.pool, 30, 40);
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 0);
    EXPECT_EQ(s.g.events[RECORDER_FAILING], 1);
    EXPECT(rig_counters(&s.g).alarm);
    rig_run(&s.g, &s.list);
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 1);
    EXPECT_EQ(s.g.events[RECORDER_RECOVERED], 1);
    rig_order(&s.g, ORDER_STOP);
    struct library *l = open_library(&s, &f);
    REQUIRE(l);
    size_t n = 0;
    uint8_t *file = read_file(l, s.g.recording, f.camera, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    EXPECT_EQ(view.n, 11); /* with the picture of before it began */
    char *json = NULL;
    EXPECT_EQ(library_recording_json(l, s.g.recording, &json), OK);
    EXPECT(json && strstr(json, "Ada"));
    mem_free(json);
    mem_free(file);
    library_close(l);
    scene_free(&s);
}

static uint8_t big[400000];

/* Key frames so large that what cannot be stored soon exceeds its limit. */
static void flood(struct scene *s, unsigned frames) {
    static const uint8_t head[10] = {0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00};
    static struct clip c = {.n = 1};
    memcpy(big, head, sizeof(head));
    c.frame[0] = bytes_of(big, sizeof(big));
    s->camera.clip = &c;
    for (unsigned i = 0; i < frames; i++) {
        feed_frames(&s->list, &s->camera, s->g.pool, 0, 1);
        s->camera.at0 += 500000;
        s->camera.rtp0 += 45000;
        rig_run(&s->g, &s->list);
    }
}

TEST(recorder_memory_is_bounded_while_the_disk_is_full) {
    struct scene s;
    struct found f;
    struct faulty faulty;
    size_t n = 0;
    scene_init(&s);
    faulty_open(&faulty, s.g.dir);
    s.g.faulty = &faulty;
    REQUIRE(rig_open(&s.g) == OK);
    rig_order(&s.g, ORDER_START);
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now);
    flood(&s, 10);
    uint64_t stored = rig_counters(&s.g).bytes_sealed;
    EXPECT(stored > 0);
    faulty.fail_at = faulty.puts;
    faulty.fail_n = 1000000;
    faulty.error = ERR_NOSPACE;
    flood(&s, 140);
    struct rig_counters c = rig_counters(&s.g);
    EXPECT_EQ(c.bytes_sealed, stored);
    EXPECT(c.alarm && c.gaps > 10);
    EXPECT_EQ(s.g.events[RECORDER_FAILING], 1);
    EXPECT_EQ(s.g.events[RECORDER_RECOVERED], 0);
    faulty.fail_at = -1;
    flood(&s, 30);
    c = rig_counters(&s.g);
    EXPECT(!c.alarm);
    EXPECT_EQ(s.g.events[RECORDER_RECOVERED], 1);
    EXPECT(c.bytes_sealed - stored > 60u << 20 && c.bytes_sealed - stored < 100u << 20);
    rig_order(&s.g, ORDER_STOP);
    struct library *l = open_library(&s, &f);
    REQUIRE(l);
    EXPECT_EQ(library_verify(l, s.g.recording, say, NULL), OK);
    uint8_t *file = read_file(l, s.g.recording, f.camera, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    EXPECT(view.n > 90 && view.n < 170);
    /* The gap is in the times: nothing was moved to fill it. */
    EXPECT(view.duration > 89000 && view.duration < 91000);
    mem_free(file);
    library_close(l);
    scene_free(&s);
}

TEST(recorder_finishes_what_a_crash_left) {
    struct scene s;
    struct found f;
    size_t n = 0;
    scene_init(&s);
    struct faulty faulty;
    faulty_open(&faulty, s.g.dir);
    s.g.faulty = &faulty;
    REQUIRE(rig_open(&s.g) == OK);
    scene_script(&s);
    rig_order(&s.g, ORDER_START);
    rig_run(&s.g, &s.list);
    /* From here on nothing reaches the disk, as if the process were gone. */
    faulty.fail_at = faulty.puts;
    faulty.fail_n = 1000000;
    faulty.error = ERR_IO;
    rig_close(&s.g);
    faulty.fail_at = -1;
    REQUIRE(rig_open(&s.g) == OK);
    struct library *l = open_library(&s, &f);
    REQUIRE(l);
    uint8_t *file = read_file(l, s.g.recording, f.camera, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    /* 6 s were sent in segments of 2 s; what was open is lost. */
    EXPECT_EQ(matches(&view, 1, &s.video), 60);
    EXPECT_EQ(view.n, 60);
    mem_free(file);
    EXPECT_EQ(library_verify(l, s.g.recording, say, NULL), OK);
    library_close(l);
    scene_free(&s);
}

TEST(recorder_counts_what_the_queue_lost) {
    struct scene s;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    rig_order(&s.g, ORDER_START);
    feed_tap(&s.list, &s.camera, TAP_SOURCE_ON, s.g.now);
    s.list.taps[0].dropped = 9;
    rig_run(&s.g, &s.list);
    EXPECT_EQ(rig_counters(&s.g).tap_dropped, 9);
    EXPECT_EQ(rig_counters(&s.g).gaps, 1);
    scene_free(&s);
}

static void consent(struct scene *s, uint64_t participant, const char *version, bool here) {
    struct recorder_order o = {
        .type = ORDER_PARTICIPANT, .tour = TOUR, .participant = participant, .on = here};
    snprintf(o.name, sizeof(o.name), "Ben");
    snprintf(o.consent_version, sizeof(o.consent_version), "%s", version);
    s->g.now += US_PER_S;
    recorder_order(s->g.r, s->g.now, (wall_t){0}, &o);
}

struct consents {
    unsigned given, withdrawn;
    char at_the_end[33];
};

static enum err see_consent(void *ctx, const struct event_row *e) {
    struct consents *c = ctx;
    if (e->type == ENTRY_CONSENT && e->person.participant == 9) {
        EXPECT_STR(e->person.name, "2024-2");
        c->given += e->person.on;
        c->withdrawn += !e->person.on;
    }
    return OK;
}

static enum err see_participant(void *ctx, const struct participant_row *p) {
    struct consents *c = ctx;
    if (p->participant == 9) {
        snprintf(c->at_the_end, sizeof(c->at_the_end), "%s", p->consent);
    }
    return OK;
}

TEST(recorder_a_withdrawn_consent_is_in_the_journal) {
    for (unsigned again = 0; again < 2; again++) {
        struct scene s;
        struct found f;
        struct consents c = {0};
        struct id id;
        scene_init(&s);
        REQUIRE(rig_open(&s.g) == OK);
        rig_order(&s.g, ORDER_START);
        consent(&s, 9, "2024-2", true);
        consent(&s, 8, "", true); /* was never asked */
        consent(&s, 9, "", true);
        consent(&s, 9, "", true);
        if (again) {
            consent(&s, 9, "2024-2", true);
        }
        consent(&s, 8, "", false);
        consent(&s, 9, again ? "2024-2" : "", false);
        rig_order(&s.g, ORDER_STOP);
        struct library *l = open_library(&s, &f);
        REQUIRE(l && id_parse(s.g.recording, &id));
        struct catalogue *catalogue = l->archive->catalogue;
        EXPECT_EQ(catalogue_events(catalogue, &id, see_consent, &c), OK);
        EXPECT_EQ(catalogue_participants(catalogue, &id, see_participant, &c), OK);
        EXPECT_EQ(c.withdrawn, 1);
        EXPECT_EQ(c.given, again ? 3 : 1); /* said again when they leave */
        EXPECT_STR(c.at_the_end, again ? "2024-2" : "");
        library_close(l);
        scene_free(&s);
    }
}

/* The order to stop overtakes what the worker sent before: that is recorded all the same. */
TEST(recorder_takes_what_was_sent_before_the_stop) {
    for (unsigned with_off = 0; with_off < 2; with_off++) {
        struct scene s;
        struct found f;
        size_t n = 0;
        scene_init(&s);
        REQUIRE(rig_open(&s.g) == OK);
        scene_script(&s);
        rig_order(&s.g, ORDER_START);
        /* All of it waits in the mailbox when the order comes; then it is taken at once. */
        us_t end = s.list.taps[s.list.n - 1].now;
        s.g.now = end;
        rig_order_now(&s.g, ORDER_STOP);
        EXPECT_EQ(s.g.events[RECORDER_STOPPED], 0);
        EXPECT_EQ(recorder_deadline(s.g.r) <= end + US_PER_S, true);
        feed_tap(&s.list, &s.camera, TAP_SOURCE_OFF, end);
        feed_tap(&s.list, &s.microphone, TAP_SOURCE_OFF, end);
        s.list.n -= with_off ? 0 : 2;
        rig_run(&s.g, &s.list);
        EXPECT_EQ(s.g.events[RECORDER_STOPPED], with_off);
        EXPECT_EQ(rig_counters(&s.g).recordings_open, !with_off);
        rig_wait(&s.g, end + US_PER_S);
        EXPECT_EQ(s.g.events[RECORDER_STOPPED], 1);
        EXPECT_EQ(rig_counters(&s.g).recordings_open, 0);
        struct library *l = open_library(&s, &f);
        REQUIRE(l);
        uint8_t *file = read_file(l, s.g.recording, f.camera, 0, &n);
        REQUIRE(file && webm_view(bytes_of(file, n), &view));
        EXPECT_EQ(matches(&view, 1, &s.video), s.video.n);
        mem_free(file);
        /* The second was waited, not recorded. */
        struct recording_row row;
        struct id id;
        EXPECT(id_parse(s.g.recording, &id));
        EXPECT_EQ(catalogue_recording(l->archive->catalogue, &id, &row), OK);
        EXPECT(row.duration < end - 1000 * US_PER_S + 300 * US_PER_MS);
        EXPECT_EQ(row.state, RECORDING_COMPLETE);
        library_close(l);
        scene_free(&s);
    }
}

TEST(recorder_begins_anew_while_the_last_one_waits_for_its_end) {
    struct scene s;
    scene_init(&s);
    REQUIRE(rig_open(&s.g) == OK);
    rig_order(&s.g, ORDER_START);
    feed_tap(&s.list, &s.camera, TAP_SOURCE_ON, s.g.now);
    rig_run(&s.g, &s.list);
    char first[33];
    memcpy(first, s.g.recording, sizeof(first));
    rig_order_now(&s.g, ORDER_STOP);
    rig_order_now(&s.g, ORDER_STOP);
    EXPECT_EQ(s.g.events[RECORDER_STOPPED], 0);
    rig_order_now(&s.g, ORDER_START);
    /* That the first has ended is for the log: the tour is recorded. */
    EXPECT_EQ(s.g.events[RECORDER_STOPPED], 0);
    EXPECT_EQ(s.g.superseded, 1);
    EXPECT_EQ(s.g.events[RECORDER_STARTED], 2);
    EXPECT(strcmp(first, s.g.recording) != 0);
    EXPECT_EQ(rig_counters(&s.g).recordings_open, 1);
    rig_wait(&s.g, s.g.now + 2 * US_PER_S);
    EXPECT_EQ(rig_counters(&s.g).recordings_open, 1);
    scene_free(&s);
}
