/* What a media helper makes of a recording: real processes, real pictures and sound. */
#include "server/jobs/helper.h"
#include "tests/unit/recorder/sample_tour.h"
#include "tests/unit/server/jobs/helper_run.h"
#include "tests/unit/test.h"

struct scene {
    struct rig g;
    struct library *l;
    uint8_t *file;
    size_t n;
    struct helper_config config;
    struct task task;
    struct helper_run run;
    uint8_t sent[64]; /* of a picture */
};

static bool set_up_clip(struct scene *s, unsigned times, const char *clip) {
    char why[WHY_MAX];
    memset(s, 0, sizeof(*s));
    sample_tour_of(&s->g, times, clip, s->sent);
    struct library_config library = {.dir = s->g.dir};
    if (library_open(&library, &s->l, why) == OK) {
        s->file = read_file(s->l, s->g.recording, PROGRAMME_TRACK, 0, &s->n);
    }
    s->config = (struct helper_config){ORIEL_MEDIA, 1024, 120, 60 * US_PER_S};
    s->task = (struct task){.width = 320, .height = 180, .fps = 15, .duration = 6 * US_PER_S};
    s->run.input[0] = s->run.input[1] = bytes_of(s->file, s->n);
    struct task_input in = {.size = s->n, .end = 6 * US_PER_S};
    EXPECT_EQ(task_add_input(&s->task, &in), OK);
    return s->file != NULL;
}

static bool set_up(struct scene *s, unsigned times) {
    return set_up_clip(s, times, "video.ivf");
}

static void tear_down(struct scene *s) {
    helper_run_free(&s->run);
    task_clear(&s->task);
    mem_free(s->file);
    library_close(s->l);
    rig_free(&s->g);
}

TEST(media_helper_makes_thumbnails) {
    static struct scene s;
    REQUIRE(set_up(&s, 2));
    for (unsigned i = 0; i < 3; i++) {
        struct task_moment m = {0, i * 2 * US_PER_S};
        REQUIRE(task_add_moment(&s.task, &m) == OK);
    }
    s.task.kind = TASK_THUMBNAILS;
    EXPECT_EQ(helper_run(&s.config, &s.task, &s.run), OK);
    EXPECT_EQ(s.run.pictures, 3);
    EXPECT_EQ(s.run.width, 320);
    EXPECT(s.run.height > 100 && s.run.picture.n > 1000);
    EXPECT(s.run.picture.n > 2 && memcmp(s.run.picture.p, "\xff\xd8", 2) == 0);
    tear_down(&s);
}

TEST(media_helper_measures_sound) {
    static struct scene s;
    REQUIRE(set_up(&s, 1));
    s.task.kind = TASK_WAVEFORM;
    s.task.inputs[0].role = TASK_ROLE_SOUND;
    EXPECT_EQ(helper_run(&s.config, &s.task, &s.run), OK);
    EXPECT(s.run.windows >= 50 && s.run.windows <= 62);
    EXPECT(s.run.low < -5 && s.run.high > 5);
    tear_down(&s);
}

TEST(media_helper_exports_an_mp4_with_its_index_first) {
    static struct scene s;
    REQUIRE(set_up(&s, 1));
    s.task.kind = TASK_EXPORT;
    s.task.layout = TASK_LAYOUT_FACES;
    struct task_input face = s.task.inputs[0];
    face.role = TASK_ROLE_FACE;
    REQUIRE(task_add_input(&s.task, &face) == OK);
    EXPECT_EQ(helper_run(&s.config, &s.task, &s.run), OK);
    EXPECT_STR(s.run.why, "");
    EXPECT_EQ(s.run.head.n, s.run.head_size);
    EXPECT(s.run.body.n > 20000 && s.run.progress > 3);
    EXPECT(s.run.head.n > 40 && memcmp(s.run.head.p + 4, "ftyp", 4) == 0);
    EXPECT(s.run.head.n > 40 && memmem(s.run.head.p, s.run.head.n, "moov", 4));
    tear_down(&s);
}

/* A recording in H.264 whose sizes are one: the stage is copied, picture by picture, and quickly.
 */
TEST(media_helper_copies_h264_and_transcodes_the_other_codecs) {
    static const struct {
        const char *clip;
        uint8_t format;
    } clips[] = {{"video.h264", TASK_FORMAT_MP4},
                 {"video_vp9.ivf", TASK_FORMAT_WEBM},
                 {"video_av1.ivf", TASK_FORMAT_WEBM},
                 {"video.ivf", TASK_FORMAT_WEBM}};
    for (size_t i = 0; i < ARRAY_LEN(clips); i++) {
        static struct scene s;
        REQUIRE(set_up_clip(&s, 1, clips[i].clip));
        s.task.kind = TASK_EXPORT;
        s.task.inputs[0].format = clips[i].format;
        EXPECT_EQ(helper_run(&s.config, &s.task, &s.run), OK);
        EXPECT_EQ(s.run.head.n, s.run.head_size);
        EXPECT(s.run.body.n > 20000);
        /* What the camera sent is in a copy as it was; an encoder makes its own of it. */
        bool same = memmem(s.run.body.p, s.run.body.n, s.sent, sizeof(s.sent)) != NULL;
        EXPECT_EQ(same, clips[i].format == TASK_FORMAT_MP4);
        tear_down(&s);
    }
}
