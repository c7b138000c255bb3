/* Recordings of every codec: what was sent is in the file, frame by frame, at its time, and can be
 * sought. tests/integ/recording_file.test.sh looks at the same files with other people's tools. */
#include "recorder/library/library_parts.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/recorder/mp4_view.h"
#include "tests/unit/recorder/packetize.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#define SCREEN 13

struct scene {
    struct rig g;
    struct clip video, audio, other;
    struct feed_source camera, microphone, screen;
    struct feed_list list;
    us_t zero;
    struct library *l;
    char camera_track[ID_TEXT_MAX];
    unsigned epochs; /* of the programme */
    struct entry_epoch epoch[8];
};

/* Numbers and times that turn over soon. */
static void near_the_end(struct feed_source *s) {
    s->seq = 65536 + 65500;
    s->rtp0 = 0xfffff000;
    s->delay = 20000;
}

static void set_up(struct scene *s, const char *clip) {
    memset(s, 0, sizeof(*s));
    rig_init(&s->g);
    s->zero = s->g.now;
    clip_video(&s->video, clip);
    clip_ogg(&s->audio, "audio.ogg");
    clip_h264(&s->other, "video_small.h264");
    s->camera = feed_camera(&s->video, s->zero + 100000);
    s->microphone = feed_microphone(&s->audio, s->zero + 100000);
    s->screen = feed_camera(&s->other, s->zero + 100000);
    s->screen.id = SCREEN;
    s->screen.kind = SOURCE_SCREEN;
    near_the_end(&s->camera);
    near_the_end(&s->microphone);
    near_the_end(&s->screen);
    CHECK(rig_open(&s->g) == OK);
    rig_order(&s->g, ORDER_START);
}

static enum err note_track(void *ctx, const struct track_row *t) {
    struct scene *s = ctx;
    if (t->track.kind == SOURCE_CAMERA) {
        id_text(&t->track.track, s->camera_track);
    }
    return OK;
}

static enum err note_epoch(void *ctx, const struct epoch_row *e) {
    struct scene *s = ctx;
    CHECK(s->epochs < ARRAY_LEN(s->epoch));
    s->epoch[s->epochs++] = e->epoch;
    return OK;
}

/* Run, stop and read back. */
static bool run(struct scene *s) {
    char why[WHY_MAX];
    struct id id;
    feed_sort(&s->list);
    rig_run(&s->g, &s->list);
    rig_order(&s->g, ORDER_STOP);
    if (library_open(&(struct library_config){.dir = s->g.dir}, &s->l, why) != OK ||
        !id_parse(s->g.recording, &id)) {
        return false;
    }
    EXPECT_EQ(catalogue_tracks(s->l->archive->catalogue, &id, note_track, s), OK);
    EXPECT_EQ(catalogue_epochs(s->l->archive->catalogue, &id, &ID_PROGRAMME, note_epoch, s), OK);
    return true;
}

static void tear_down(struct scene *s) {
    library_close(s->l);
    feed_free(&s->list);
    clip_free(&s->video);
    clip_free(&s->audio);
    clip_free(&s->other);
    rig_free(&s->g);
}

static const char *type_of(const struct scene *s, const char *track, unsigned epoch) {
    struct library_media *m = NULL;
    CHECK(library_media_open(s->l, s->g.recording, track, epoch, &m) == OK);
    const char *type = library_media_type(m);
    library_media_close(m);
    return type;
}

static struct webm_view webm;
static struct mp4_view mp4;

/* The frames of the clip, as a recording holds them, are the blocks of track 1 and no other. */
static unsigned webm_frames(const struct clip *c) {
    uint8_t *form = malloc(1 << 20);
    unsigned n = 0, wrong = 0;
    CHECK(form);
    for (unsigned i = 0; i < webm.n; i++) {
        if (webm.block[i].track == 1) {
            wrong += n >= c->n ||
                     !bytes_eq(webm.block[i].frame, recorded_form(c->codec, c->frame[n], form));
            n++;
        }
    }
    free(form);
    EXPECT_EQ(wrong, 0);
    return n;
}

static struct bytes video_track(void) {
    return webm_child(webm.tracks, 0xAE);
}

/* recording_file.test.sh asks for them. */
static void read_and_keep(struct scene *s, const char *track, const char *name) {
    size_t n = 0;
    uint8_t *file = read_file(s->l, s->g.recording, track, 0, &n);
    char full[64];
    REQUIRE(file);
    snprintf(full, sizeof(full), "%s.%s", name,
             strstr(type_of(s, track, 0), "mp4") ? "mp4" : "webm");
    keep_file(full, file, n);
    mem_free(file);
}

static void script(struct scene *s) {
    feed_tap(&s->list, &s->camera, TAP_SOURCE_ON, s->zero);
    feed_tap(&s->list, &s->microphone, TAP_SOURCE_ON, s->zero);
    feed_tap(&s->list, &s->camera, TAP_STAGE, s->zero + 1);
    feed_tap(&s->list, &s->microphone, TAP_VOICE, s->zero + 2);
    feed_frames(&s->list, &s->camera, s->g.pool, 0, s->video.n);
    feed_frames(&s->list, &s->microphone, s->g.pool, 0, s->video.n * 66667 / 20000);
}

static void expect_webm(const char *clip, const char *codec_id, size_t private) {
    struct scene s;
    size_t n = 0;
    set_up(&s, clip);
    script(&s);
    REQUIRE(run(&s));
    EXPECT_EQ(s.epochs, 1);
    EXPECT_EQ(s.epoch[0].video, s.video.codec);
    EXPECT_EQ(s.epoch[0].init_len, private);
    EXPECT_EQ(s.epoch[0].width, 320);
    EXPECT_STR(type_of(&s, PROGRAMME_TRACK, 0), "video/webm");
    uint8_t *file = read_file(s.l, s.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &webm));
    EXPECT_EQ(webm_frames(&s.video), s.video.n);
    EXPECT(bytes_eq(webm_child(video_track(), 0x86), bytes_of(codec_id, strlen(codec_id))));
    EXPECT_EQ(webm_child(video_track(), 0x63A2).n, private);
    mem_free(file);
    read_and_keep(&s, PROGRAMME_TRACK, codec_name(s.video.codec));
    tear_down(&s);
}

TEST(codecs_vp9_is_recorded_in_webm) {
    expect_webm("video_vp9.ivf", "V_VP9", 0);
}

TEST(codecs_av1_is_recorded_in_webm) {
    expect_webm("video_av1.ivf", "V_AV1", 17);
}

/* Each reference of the index leads to a fragment, of pictures to a key frame where it says so. */
static void expect_index(unsigned track, unsigned clock) {
    struct mp4_reference ref, end;
    unsigned n = 0, saps = 0;
    struct bytes sidx = mp4.sidx[track - 1];
    REQUIRE(sidx.n > 0);
    EXPECT_EQ(be32(sidx.p + 8), clock);
    for (; mp4_reference(sidx, n + 1, &end); n++) {
        bool found = false;
        CHECK(mp4_reference(sidx, n, &ref));
        for (unsigned i = 0; i < mp4.n && ref.sap; i++) {
            size_t at = mp4.fragment_at[mp4.sample[i].fragment];
            found = found || (mp4.sample[i].track == track && mp4.sample[i].key &&
                              at == ref.offset && (track == 2 || mp4.sample[i].time == ref.time));
        }
        EXPECT(found || !ref.sap);
        EXPECT(end.time >= ref.time && end.offset > ref.offset);
        saps += ref.sap;
    }
    EXPECT(n >= 2 && saps >= 2);
    (void)mp4_reference(sidx, n, &end);
    EXPECT(end.time >= 4 * (uint64_t)clock && end.time < 5 * (uint64_t)clock);
}

/* The pictures of the clip are the samples of track 1, each at its time until the next. */
static unsigned mp4_pictures(const struct clip *c) {
    uint8_t *form = malloc(1 << 20);
    unsigned n = 0, wrong = 0;
    uint64_t last = 0;
    CHECK(form);
    for (unsigned i = 0; i < mp4.n; i++) {
        if (mp4.sample[i].track != 1) {
            continue;
        }
        wrong +=
            n >= c->n || !bytes_eq(mp4.sample[i].data, recorded_form(c->codec, c->frame[n], form));
        uint64_t ms = mp4.sample[i].time / 90, want = 100 + (uint64_t)n * 66667 / 1000;
        wrong += ms > want + 40 || ms + 5 < want;
        wrong += n && mp4.sample[i].time != last;
        last = mp4.sample[i].time + mp4.sample[i].duration;
        wrong += mp4.sample[i].key != (n % 30 == 0);
        n++;
    }
    free(form);
    EXPECT_EQ(wrong, 0);
    return n;
}

/* The mixed sound of track 2 is without a hole; its length in packets of 20 ms. */
static unsigned mp4_sound(void) {
    unsigned n = 0, wrong = 0;
    uint64_t last = 0;
    for (unsigned i = 0; i < mp4.n; i++) {
        if (mp4.sample[i].track == 2) {
            wrong += mp4.sample[i].duration != 960 || (n && mp4.sample[i].time != last);
            last = mp4.sample[i].time + 960;
            n++;
        }
    }
    EXPECT_EQ(wrong, 0);
    return n;
}

TEST(codecs_h264_is_recorded_in_mp4_fragments) {
    struct scene s;
    size_t n = 0;
    set_up(&s, "video.h264");
    script(&s);
    REQUIRE(run(&s));
    EXPECT_EQ(s.epochs, 1);
    EXPECT_EQ(s.epoch[0].video, CODEC_H264);
    EXPECT_STR(type_of(&s, PROGRAMME_TRACK, 0), "video/mp4");
    uint8_t *file = read_file(s.l, s.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && mp4_view(bytes_of(file, n), &mp4));
    EXPECT_EQ(mp4_pictures(&s.video), s.video.n);
    EXPECT(mp4_sound() >= s.video.n * 66667 / 20000);
    expect_index(1, 90000);
    expect_index(2, 48000);
    struct bytes mvex = mp4_child(mp4.moov, 0, MP4_TYPE('m', 'v', 'e', 'x'));
    struct bytes mehd = mp4_child(mvex, 0, MP4_TYPE('m', 'e', 'h', 'd'));
    REQUIRE(mehd.n == 12);
    EXPECT(be32(mehd.p + 8) > 4000 && be32(mehd.p + 8) < 4300);
    mem_free(file);
    read_and_keep(&s, PROGRAMME_TRACK, "h264");
    read_and_keep(&s, s.camera_track, "h264_camera");
    tear_down(&s);
}

/* The clip once more, behind itself. */
static void again(struct scene *s, struct feed_source *f) {
    f->at0 += f->clip->n * f->interval;
    f->rtp0 += f->clip->n * f->step;
    feed_frames(&s->list, f, s->g.pool, 0, f->clip->n);
}

TEST(codecs_other_parameter_sets_on_stage_open_an_epoch) {
    struct scene s;
    size_t n = 0;
    set_up(&s, "video.h264");
    script(&s);
    again(&s, &s.camera);
    /* The screen, of another size, is on the stage from 3 s to 5.05 s. */
    s.screen.at0 = s.zero + 3000000;
    feed_tap(&s.list, &s.screen, TAP_STAGE, s.zero + 3000000);
    feed_frames(&s.list, &s.screen, s.g.pool, 0, s.other.n);
    while (s.screen.at0 < s.zero + 5000000) {
        again(&s, &s.screen);
    }
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.zero + 5050000);
    REQUIRE(run(&s));
    EXPECT_EQ(s.epochs, 3);
    EXPECT_EQ(s.epoch[0].start, 0);
    EXPECT_EQ(s.epoch[0].width, 320);
    EXPECT_EQ(s.epoch[1].width, 160);
    EXPECT_EQ(s.epoch[1].height, 90);
    EXPECT_EQ(s.epoch[2].width, 320);
    unsigned pictures = 0, sounds = 0;
    for (unsigned i = 0; i < s.epochs; i++) {
        uint8_t *file = read_file(s.l, s.g.recording, PROGRAMME_TRACK, i, &n);
        REQUIRE(file && mp4_view(bytes_of(file, n), &mp4));
        EXPECT(mp4.sample[0].time < 90000 / 4);
        for (unsigned k = 0; k < mp4.n; k++) {
            pictures += mp4.sample[k].track == 1;
            sounds += mp4.sample[k].track == 2;
        }
        struct bytes moov = mp4.moov;
        static const uint32_t path[] = {MP4_TYPE('t', 'r', 'a', 'k'), MP4_TYPE('m', 'd', 'i', 'a'),
                                        MP4_TYPE('m', 'i', 'n', 'f'), MP4_TYPE('s', 't', 'b', 'l'),
                                        MP4_TYPE('s', 't', 's', 'd'), MP4_TYPE('a', 'v', 'c', '1'),
                                        MP4_TYPE('a', 'v', 'c', 'C')};
        static const size_t skip[] = {0, 0, 0, 0, 0, 8, 78};
        for (size_t k = 0; k < ARRAY_LEN(path); k++) {
            moov = mp4_child(moov, skip[k], path[k]);
        }
        EXPECT(bytes_eq(moov, bytes_of(s.epoch[i].init, s.epoch[i].init_len)));
        mem_free(file);
    }
    /* 2.9 s of the camera, the screen up to the camera's next key frame, and the camera again. */
    EXPECT_EQ(pictures, 44 + 48 + 30);
    EXPECT(sounds >= s.video.n * 66667 / 20000);
    tear_down(&s);
}

/* Sound for 7 s, then pictures: where a header needs nothing of them they are in the same file, and
 * its index leads to the sound. */
static void sound_first(struct scene *s, const char *clip) {
    set_up(s, clip);
    feed_tap(&s->list, &s->camera, TAP_STAGE, s->zero + 1);
    feed_tap(&s->list, &s->microphone, TAP_VOICE, s->zero + 2);
    feed_frames(&s->list, &s->microphone, s->g.pool, 0, s->audio.n);
    s->microphone.at0 += s->audio.n * s->microphone.interval;
    s->microphone.rtp0 += s->audio.n * s->microphone.step;
    feed_frames(&s->list, &s->microphone, s->g.pool, 0, s->audio.n);
    s->camera.at0 = s->zero + 7000000;
    feed_frames(&s->list, &s->camera, s->g.pool, 0, s->video.n);
}

TEST(codecs_the_index_leads_to_the_sound_before_the_first_picture) {
    struct scene s;
    size_t n = 0;
    sound_first(&s, "video.ivf");
    REQUIRE(run(&s));
    EXPECT_EQ(s.epochs, 1);
    uint8_t *file = read_file(s.l, s.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &webm));
    struct rd r = rd_of(webm.cues.p, webm.cues.n);
    struct webm_element e;
    unsigned sound = 0, pictures = 0;
    while (rd_left(&r) && webm_next(&r, &e) == OK) {
        uint64_t ms = webm_uint(webm_child(e.data, 0xB3));
        bool of_sound = webm_uint(webm_child(webm_child(e.data, 0xB7), 0xF7)) == 2;
        EXPECT(of_sound == (ms < 6900));
        sound += of_sound;
        pictures += !of_sound;
    }
    EXPECT_EQ(sound, 3); /* each 2 s */
    EXPECT_EQ(pictures, 3);
    mem_free(file);
    read_and_keep(&s, PROGRAMME_TRACK, "sound_first");
    tear_down(&s);
}

TEST(codecs_pictures_that_need_a_record_open_an_epoch_behind_the_sound) {
    static const char *const clip[] = {"video.h264", "video_av1.ivf", "video_vp9.ivf"};
    for (size_t i = 0; i < ARRAY_LEN(clip); i++) {
        struct scene s;
        sound_first(&s, clip[i]);
        REQUIRE(run(&s));
        EXPECT_EQ(s.epochs, 2);
        /* Nobody said before what pictures would come. */
        EXPECT_EQ(s.epoch[0].video, CODEC_VP8);
        EXPECT_STR(type_of(&s, PROGRAMME_TRACK, 0), "audio/webm");
        EXPECT_EQ(s.epoch[1].video, s.video.codec);
        EXPECT(s.epoch[1].start > 5900 * US_PER_MS && s.epoch[1].start <= 7020 * US_PER_MS);
        tear_down(&s);
    }
}

/* A sender probes with padding between its frames. AV1 itself does not tell that nothing is missing
 * there. */
TEST(codecs_packets_that_carried_nothing_are_no_loss) {
    struct scene s;
    size_t n = 0;
    set_up(&s, "video_av1.ivf");
    feed_tap(&s.list, &s.camera, TAP_SOURCE_ON, s.zero);
    feed_tap(&s.list, &s.camera, TAP_STAGE, s.zero + 1);
    for (unsigned i = 0; i < s.video.n; i++) {
        feed_frames(&s.list, &s.camera, s.g.pool, i, i + 1);
        feed_tap(&s.list, &s.camera, TAP_SKIP, s.list.taps[s.list.n - 1].now);
        s.list.taps[s.list.n - 1].seq = s.camera.seq++;
    }
    REQUIRE(run(&s));
    uint8_t *file = read_file(s.l, s.g.recording, s.camera_track, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &webm));
    EXPECT_EQ(webm_frames(&s.video), s.video.n);
    EXPECT_EQ(rig_counters(&s.g).gaps, 0);
    mem_free(file);
    tear_down(&s);
}

TEST(codecs_every_codec_survives_a_bad_network) {
    static const char *const clip[] = {"video.ivf", "video_vp9.ivf", "video.h264", "video_av1.ivf"};
    for (size_t i = 0; i < ARRAY_LEN(clip); i++) {
        struct scene s;
        size_t n = 0;
        set_up(&s, clip[i]);
        script(&s);
        feed_sort(&s.list);
        feed_disturb(&s.list, 7 + i, 30, 90000);
        REQUIRE(run(&s));
        for (unsigned k = 0; k < s.epochs; k++) {
            uint8_t *file = read_file(s.l, s.g.recording, PROGRAMME_TRACK, k, &n);
            REQUIRE(file);
            EXPECT(strstr(clip[i], "h264") ? mp4_view(bytes_of(file, n), &mp4)
                                           : webm_view(bytes_of(file, n), &webm));
            mem_free(file);
        }
        EXPECT(rig_counters(&s.g).gaps > 0);
        tear_down(&s);
    }
}
