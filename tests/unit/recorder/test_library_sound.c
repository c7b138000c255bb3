/* A file promises sound if there is some in it, whoever was heard, and else not: players wait for a
 * track that is promised. */
#include "recorder/db/sql.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/recorder/mp4_view.h"
#include "tests/unit/test.h"

struct scene {
    struct rig g;
    struct clip video, audio;
    struct feed_source camera, microphone;
    struct feed_list list;
};

static void scene_begin(struct scene *s, bool h264) {
    *s = (struct scene){0};
    rig_init(&s->g);
    clip_video(&s->video, h264 ? "video.h264" : "video.ivf");
    clip_ogg(&s->audio, "audio.ogg");
    us_t at = s->g.now + 100 * US_PER_MS;
    s->camera = feed_camera(&s->video, at);
    s->microphone = feed_microphone(&s->audio, at);
    s->microphone.participant = 6;
    CHECK(rig_open(&s->g) == OK);
    rig_order(&s->g, ORDER_START);
}

static void scene_end(struct scene *s) {
    feed_free(&s->list);
    clip_free(&s->video);
    clip_free(&s->audio);
    rig_free(&s->g);
}

static struct library *scene_record(struct scene *s) {
    struct library *l = NULL;
    char why[WHY_MAX];
    feed_sort(&s->list);
    rig_run(&s->g, &s->list);
    rig_order(&s->g, ORDER_STOP);
    return library_open(&(struct library_config){.dir = s->g.dir}, &l, why) == OK ? l : NULL;
}

/* Tracks that the header has, and blocks of sound. */
struct heard {
    unsigned tracks, sounds;
};
static struct heard look(struct library *l, const char *recording) {
    static struct webm_view view;
    struct heard h = {0};
    size_t n = 0;
    uint8_t *file = read_file(l, recording, PROGRAMME_TRACK, 0, &n);
    CHECK(file && webm_view(bytes_of(file, n), &view));
    for (unsigned i = 0; i < view.n; i++) {
        h.sounds += view.block[i].track == 2;
    }
    struct rd r = rd_of(view.tracks.p, view.tracks.n);
    for (struct webm_element e; rd_left(&r) && webm_next(&r, &e) == OK;) {
        h.tracks++;
    }
    mem_free(file);
    return h;
}

TEST(library_sound_is_there_although_nobody_was_the_voice) {
    struct scene s;
    scene_begin(&s, false);
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, s.video.n);
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, s.audio.n);
    struct library *l = scene_record(&s);
    REQUIRE(l);
    struct heard h = look(l, s.g.recording);
    EXPECT_EQ(h.tracks, 2);
    EXPECT(h.sounds > 0);
    library_close(l);
    scene_end(&s);
}

/* Of a recording of an earlier release the voices tell. */
TEST(library_sound_of_segments_that_do_not_say) {
    for (unsigned voice = 0; voice < 2; voice++) {
        struct scene s;
        char path[128];
        sqlite3 *db = NULL;
        scene_begin(&s, false);
        feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now);
        if (voice) {
            feed_tap(&s.list, &s.microphone, TAP_VOICE, s.g.now);
        }
        feed_frames(&s.list, &s.camera, s.g.pool, 0, s.video.n);
        feed_frames(&s.list, &s.microphone, s.g.pool, 0, s.audio.n);
        struct library *l = scene_record(&s);
        REQUIRE(l);
        library_close(l);
        rig_close(&s.g);
        snprintf(path, sizeof(path), "%s/catalogue.db", s.g.dir);
        REQUIRE(sql_open(path, true, &db) == OK);
        EXPECT_EQ(sql_exec(db, "UPDATE segments SET sound=0"), OK);
        sqlite3_close(db);
        char why[WHY_MAX];
        l = NULL;
        REQUIRE(library_open(&(struct library_config){.dir = s.g.dir}, &l, why) == OK);
        EXPECT_EQ(look(l, s.g.recording).tracks, 1 + voice);
        library_close(l);
        scene_end(&s);
    }
}

/* Two epochs, and somebody is heard in the second one only. */
TEST(library_sound_is_promised_by_the_epoch_that_has_it) {
    static struct mp4_view view;
    struct scene s;
    struct clip small;
    scene_begin(&s, true);
    clip_h264(&small, "video_small.h264");
    struct feed_source screen = s.camera;
    screen.id = 13;
    screen.kind = SOURCE_SCREEN;
    screen.clip = &small;
    screen.at0 += 8 * US_PER_S;
    s.microphone.at0 += 10 * US_PER_S;
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.g.now);
    feed_frames(&s.list, &s.camera, s.g.pool, 0, s.video.n);
    feed_tap(&s.list, &screen, TAP_STAGE, screen.at0);
    feed_frames(&s.list, &screen, s.g.pool, 0, small.n);
    feed_tap(&s.list, &s.microphone, TAP_VOICE, s.microphone.at0);
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, s.audio.n);
    struct library *l = scene_record(&s);
    REQUIRE(l);
    for (unsigned epoch = 0; epoch < 2; epoch++) {
        size_t n = 0;
        unsigned sounds = 0;
        uint8_t *file = read_file(l, s.g.recording, PROGRAMME_TRACK, epoch, &n);
        REQUIRE(file && mp4_view(bytes_of(file, n), &view));
        for (unsigned i = 0; i < view.n; i++) {
            sounds += view.sample[i].track == 2;
        }
        EXPECT_EQ(sounds > 0, epoch == 1);
        EXPECT_EQ(view.sidx[1].n > 0, epoch == 1);
        mem_free(file);
    }
    library_close(l);
    clip_free(&small);
    scene_end(&s);
}
