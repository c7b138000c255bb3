/* Following a recording while it is made: what a player that began early and asked again and again
 * has in the end is what one has who asks when it is over. */
#include "recorder/archive/archive.h"
#include "recorder/catalogue/catalogue.h"
#include "recorder/db/sql.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/recorder/mp4_view.h"
#include "tests/unit/test.h"

#include <jansson.h>
#include <stdlib.h>

struct scene {
    struct rig g;
    struct clip video, audio;
    struct feed_source camera, microphone;
    struct feed_list list;
    struct library *l;
};

static void scene_begin(struct scene *s, const char *clip) {
    *s = (struct scene){0};
    rig_init(&s->g);
    clip_video(&s->video, clip);
    clip_ogg(&s->audio, "audio.ogg");
    us_t at = s->g.now + 100 * US_PER_MS;
    s->camera = feed_camera(&s->video, at);
    s->microphone = feed_microphone(&s->audio, at);
    s->microphone.participant = 6;
    char why[WHY_MAX];
    CHECK(rig_open(&s->g) == OK);
    rig_order(&s->g, ORDER_START);
    struct library_config c = {.dir = s->g.dir, .rng = rng_from_seeded(&s->g.seed)};
    CHECK(library_open(&c, &s->l, why) == OK);
}

static void scene_end(struct scene *s) {
    library_close(s->l);
    feed_free(&s->list);
    clip_free(&s->video);
    clip_free(&s->audio);
    rig_free(&s->g);
}

static void send(struct scene *s) {
    feed_sort(&s->list);
    rig_run(&s->g, &s->list);
}

/* The clip once more, some seconds of it. */
static void send_pictures(struct scene *s, bool first) {
    if (first) {
        feed_tap(&s->list, &s->camera, TAP_STAGE, s->g.now);
    }
    feed_whole(&s->list, &s->camera, s->g.pool);
    send(s);
}

static struct library_file file_of(const struct scene *s, unsigned epoch) {
    return (struct library_file){s->g.recording, PROGRAMME_TRACK, epoch, 0};
}

/* The answer, to be freed; NULL: an error. */
static json_t *ask(struct scene *s, unsigned epoch, uint32_t from, unsigned limit) {
    struct library_segments q = {s->g.recording, PROGRAMME_TRACK, epoch, from, limit};
    char *text = NULL;
    if (library_segments_json(s->l, &q, &text) != OK) {
        return NULL;
    }
    json_t *answer = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    CHECK(answer);
    mem_free(text);
    return answer;
}

static json_int_t number_in(const json_t *o, const char *key) {
    return json_integer_value(json_object_get(o, key));
}

static bool is_true(const json_t *o, const char *key) {
    return json_is_true(json_object_get(o, key));
}

static const char *text_in(const json_t *o, const char *key) {
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

/* A player: what it has, and what it asks for next. */
struct follower {
    struct buffer file;
    size_t head;
    unsigned epoch;
    uint32_t next;
    char type[LIBRARY_TYPE_MAX];
};

static void follower_begin(struct scene *s, struct follower *f) {
    struct library_file file = file_of(s, f->epoch);
    buffer_cut(&f->file, 0);
    f->next = 0;
    REQUIRE(library_init(s->l, &file, &f->file, f->type) == OK);
    f->head = f->file.n;
}

static void append(struct scene *s, struct follower *f, const json_t *segment) {
    struct library_file file = file_of(s, f->epoch);
    struct library_media *m = NULL;
    uint32_t number = (uint32_t)number_in(segment, "number");
    EXPECT_EQ(number, f->next);
    REQUIRE(library_media_open_segment(s->l, &file, number, &m) == OK);
    EXPECT_EQ(library_media_size(m), (uint64_t)number_in(segment, "bytes"));
    EXPECT(strncmp(f->type, library_media_type(m), strlen(library_media_type(m))) == 0);
    EXPECT(library_media_current(m) && library_media_snapshot(m) != 0);
    uint8_t *p = malloc((size_t)library_media_size(m));
    CHECK(p);
    EXPECT_EQ(library_media_read(m, 0, p, (size_t)library_media_size(m)), OK);
    buffer_put(&f->file, p, (size_t)library_media_size(m));
    free(p);
    library_media_close(m);
    f->next = number + 1;
}

/* Ask until there is no more; the last answer. */
static json_t *follow(struct scene *s, struct follower *f, unsigned limit) {
    for (;;) {
        json_t *answer = ask(s, f->epoch, f->next, limit), *one;
        size_t i;
        CHECK(answer);
        EXPECT_STR(text_in(answer, "type"), f->type);
        EXPECT(json_array_size(json_object_get(answer, "segments")) <= limit);
        json_array_foreach(json_object_get(answer, "segments"), i, one) {
            append(s, f, one);
        }
        EXPECT_EQ(number_in(answer, "wait_ms") > 0,
                  is_true(answer, "growing") && !is_true(answer, "more"));
        if (!is_true(answer, "more")) {
            EXPECT_EQ(number_in(answer, "last") + 1, f->next);
            return answer;
        }
        json_decref(answer);
    }
}

/* Of the finished file, what is behind its header. */
static void expect_all_of_it(struct scene *s, struct follower *f) {
    size_t n = 0, media = f->file.n - f->head;
    uint8_t *file = read_file(s->l, s->g.recording, PROGRAMME_TRACK, f->epoch, &n);
    REQUIRE(file && n > media);
    EXPECT(memcmp(file + n - media, f->file.p + f->head, media) == 0);
    mem_free(file);
    /* And there is no segment more of it. */
    struct library_media *m = NULL;
    struct library_file after = file_of(s, f->epoch);
    EXPECT_EQ(library_media_open_segment(s->l, &after, f->next, &m), ERR_SHORT);
}

static void expect_init(struct scene *s, const struct follower *f) {
    struct buffer again = {0};
    struct library_file file = file_of(s, f->epoch);
    char type[LIBRARY_TYPE_MAX];
    EXPECT_EQ(library_init(s->l, &file, &again, type), OK);
    EXPECT_STR(type, f->type);
    EXPECT(bytes_eq(bytes_of(again.p, again.n), bytes_of(f->file.p, f->head)));
    buffer_free(&again);
}

static struct webm_view webm;
static struct mp4_view mp4;

TEST(library_tail_a_recording_is_followed_while_it_is_made) {
    for (unsigned h264 = 0; h264 < 2; h264++) {
        struct scene s;
        struct follower f = {0};
        scene_begin(&s, h264 ? "video.h264" : "video.ivf");
        for (unsigned i = 0; i < 4; i++) {
            send_pictures(&s, i == 0);
            if (i == 0) {
                follower_begin(&s, &f);
            }
            uint32_t before = f.next;
            json_t *answer = follow(&s, &f, 2);
            EXPECT(f.next > before);
            EXPECT(is_true(answer, "growing"));
            EXPECT(json_is_null(json_object_get(answer, "next_epoch")));
            EXPECT_EQ(number_in(answer, "epoch_start_ms"), 0);
            json_decref(answer);
            expect_init(&s, &f); /* it stays the same */
        }
        rig_order(&s.g, ORDER_STOP);
        json_t *answer = follow(&s, &f, 2);
        EXPECT(!is_true(answer, "growing"));
        json_decref(answer);
        expect_init(&s, &f);
        expect_all_of_it(&s, &f);
        struct bytes file = bytes_of(f.file.p, f.file.n);
        unsigned frames = 0;
        if (h264) {
            EXPECT(strncmp(f.type, "video/mp4; codecs=\"avc1.", 24) == 0);
            REQUIRE(mp4_view(file, &mp4));
            frames = mp4.n;
        } else {
            EXPECT_STR(f.type, "video/webm; codecs=\"vp8\"");
            REQUIRE(webm_view(file, &webm) && webm.live);
            frames = webm.n;
        }
        EXPECT_EQ(frames, 4 * s.video.n);
        buffer_free(&f.file);
        scene_end(&s);
    }
}

/* Whoever follows an epoch that is over learns from its own list where to go on. */
TEST(library_tail_leads_into_the_next_epoch) {
    struct scene s;
    struct follower f = {0};
    struct clip small;
    scene_begin(&s, "video.h264");
    clip_h264(&small, "video_small.h264");
    send_pictures(&s, true);
    follower_begin(&s, &f);
    json_t *answer = follow(&s, &f, 100);
    EXPECT(is_true(answer, "growing") && json_is_null(json_object_get(answer, "next_epoch")));
    json_decref(answer);
    EXPECT(ask(&s, 1, 0, 0) == NULL);
    struct feed_source screen = s.camera;
    screen.id = 13;
    screen.kind = SOURCE_SCREEN;
    screen.clip = &small;
    feed_tap(&s.list, &screen, TAP_STAGE, s.g.now);
    feed_frames(&s.list, &screen, s.g.pool, 0, small.n);
    send(&s);
    rig_wait(&s.g, s.g.now + 5 * US_PER_S);
    answer = follow(&s, &f, 100);
    EXPECT(!is_true(answer, "growing"));
    EXPECT(json_is_integer(json_object_get(answer, "next_epoch")));
    EXPECT_EQ(number_in(answer, "next_epoch"), 1);
    json_decref(answer);
    f.epoch = 1;
    follower_begin(&s, &f);
    answer = follow(&s, &f, 100);
    EXPECT(is_true(answer, "growing") && json_is_null(json_object_get(answer, "next_epoch")));
    EXPECT(number_in(answer, "epoch_start_ms") > 3000);
    json_decref(answer);
    rig_order(&s.g, ORDER_STOP);
    answer = follow(&s, &f, 100);
    EXPECT(!is_true(answer, "growing") && json_is_null(json_object_get(answer, "next_epoch")));
    json_decref(answer);
    REQUIRE(mp4_view(bytes_of(f.file.p, f.file.n), &mp4));
    EXPECT_EQ(mp4.n, small.n);
    buffer_free(&f.file);
    clip_free(&small);
    scene_end(&s);
}

/* A beginning that promised pictures before there are any would make players wait. So it is another
 * one when they come, and the type in the list says when. */
TEST(library_tail_pictures_may_come_later) {
    struct scene s;
    struct follower f = {0};
    scene_begin(&s, "video.ivf");
    feed_tap(&s.list, &s.microphone, TAP_VOICE, s.g.now);
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, s.audio.n);
    send(&s);
    rig_wait(&s.g, s.g.now + 4 * US_PER_S);
    follower_begin(&s, &f);
    EXPECT_STR(f.type, "audio/webm; codecs=\"opus\"");
    json_decref(follow(&s, &f, 100));
    REQUIRE(webm_view(bytes_of(f.file.p, f.file.n), &webm));
    s.camera.at0 = s.g.now;
    send_pictures(&s, true);
    send_pictures(&s, false);
    json_t *answer = ask(&s, 0, 0, 1);
    EXPECT_STR(text_in(answer, "type"), "video/webm; codecs=\"vp8,opus\"");
    json_decref(answer);
    follower_begin(&s, &f);
    json_decref(follow(&s, &f, 100));
    REQUIRE(webm_view(bytes_of(f.file.p, f.file.n), &webm));
    unsigned pictures = 0, sounds = 0;
    for (unsigned i = 0; i < webm.n; i++) {
        pictures += webm.block[i].track == 1;
        sounds += webm.block[i].track == 2;
    }
    EXPECT(pictures > 0 && sounds > 0);
    buffer_free(&f.file);
    scene_end(&s);
}

TEST(library_tail_pages_are_bounded_and_say_when_to_ask_again) {
    struct scene s;
    scene_begin(&s, "video.ivf");
    for (unsigned i = 0; i < 3; i++) {
        send_pictures(&s, i == 0);
    }
    json_t *all = ask(&s, 0, 0, 0), *one;
    json_int_t last = number_in(all, "last");
    json_t *segments = json_object_get(all, "segments");
    EXPECT_EQ(json_array_size(segments), (size_t)last + 1);
    EXPECT(last >= 3 && !is_true(all, "more"));
    json_int_t length = 0;
    size_t i;
    json_array_foreach(segments, i, one) {
        EXPECT_EQ(number_in(one, "number"), (json_int_t)i);
        EXPECT(llabs(number_in(one, "start_ms") - length) <= 200);
        EXPECT(is_true(one, "key") && !json_object_get(one, "erased"));
        length += number_in(one, "duration_ms");
    }
    /* Something late is asked for sooner or later, and nobody is told to ask all the time. */
    EXPECT(number_in(all, "wait_ms") >= 500 && number_in(all, "wait_ms") <= 3000);
    json_decref(all);
    json_t *page = ask(&s, 0, 1, 2);
    EXPECT_EQ(json_array_size(json_object_get(page, "segments")), 2);
    EXPECT(is_true(page, "more") && number_in(page, "wait_ms") == 0);
    EXPECT_EQ(number_in(page, "last"), last);
    json_decref(page);
    page = ask(&s, 0, (uint32_t)last + 1, UINT32_MAX);
    EXPECT_EQ(json_array_size(json_object_get(page, "segments")), 0);
    EXPECT(!is_true(page, "more") && is_true(page, "growing"));
    EXPECT_EQ(number_in(page, "wait_ms"), 1000);
    EXPECT_EQ(number_in(page, "last"), last);
    json_decref(page);
    page = ask(&s, 0, UINT32_MAX, 1);
    EXPECT(page && !is_true(page, "more"));
    json_decref(page);
    scene_end(&s);
}

TEST(library_tail_refuses_what_is_not_there) {
    static const char none[] = "00112233445566778899aabbccddeeff";
    struct scene s;
    struct buffer out = {0};
    struct library_media *m = NULL;
    char type[LIBRARY_TYPE_MAX], *text = NULL;
    scene_begin(&s, "video.ivf");
    send_pictures(&s, true);
    const char *id = s.g.recording;
    const struct {
        struct library_file f;
        enum err want;
    } rows[] = {{{none, PROGRAMME_TRACK, 0, 0}, ERR_UNKNOWN},
                {{"../../etc", PROGRAMME_TRACK, 0, 0}, ERR_UNKNOWN},
                {{id, none, 0, 0}, ERR_RANGE},
                {{id, "", 0, 0}, ERR_RANGE},
                {{id, "exports", 0, 0}, ERR_RANGE},
                {{id, PROGRAMME_TRACK, 1, 0}, ERR_RANGE},
                {{id, PROGRAMME_TRACK, UINT32_MAX, 0}, ERR_RANGE}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct library_file *f = &rows[i].f;
        struct library_segments q = {f->id, f->track, f->epoch, 0, 0};
        EXPECT_EQ(library_segments_json(s.l, &q, &text), rows[i].want);
        EXPECT_EQ(library_init(s.l, f, &out, type), rows[i].want);
        EXPECT_EQ(library_media_open_segment(s.l, f, 0, &m), rows[i].want);
    }
    EXPECT(!text && !m && out.n == 0);
    struct library_file f = file_of(&s, 0);
    EXPECT_EQ(library_media_open_segment(s.l, &f, UINT32_MAX, &m), ERR_SHORT);
    rig_order(&s.g, ORDER_STOP);
    struct library_order order = {"test", "test", {0}};
    EXPECT_EQ(library_shred(s.l, id, &order), OK);
    struct library_segments q = {id, PROGRAMME_TRACK, 0, 0, 0};
    EXPECT_EQ(library_segments_json(s.l, &q, &text), ERR_UNKNOWN);
    EXPECT_EQ(library_init(s.l, &f, &out, type), ERR_UNKNOWN);
    EXPECT_EQ(library_media_open_segment(s.l, &f, 0, &m), ERR_UNKNOWN);
    buffer_free(&out);
    scene_end(&s);
}

/* Change a byte of an object of the programme's first epoch, or remove it. */
static void harm(const struct scene *s, uint32_t number, long at) {
    struct object_id o = {.type = OBJECT_MEDIA, .track = ID_PROGRAMME, .number = number};
    char name[OBJECT_NAME_MAX], path[256];
    CHECK(id_parse(s->g.recording, &o.recording));
    snprintf(path, sizeof(path), "%s/objects/%s", s->g.dir, object_name(&o, name));
    FILE *f = at >= 0 ? fopen(path, "r+b") : NULL;
    if (at < 0) {
        CHECK(remove(path) == 0);
        return;
    }
    CHECK(f && fseek(f, at, SEEK_SET) == 0);
    int b = fgetc(f);
    CHECK(b != EOF && fseek(f, at, SEEK_SET) == 0 && fputc(b ^ 1, f) != EOF && fclose(f) == 0);
}

/* Wherever it is damaged, that is said before a byte of it is given, and of no other. */
TEST(library_tail_names_the_segment_that_is_damaged) {
    struct scene s;
    struct library_media *m = NULL;
    scene_begin(&s, "video.ivf");
    for (unsigned i = 0; i < 3; i++) {
        send_pictures(&s, i == 0);
    }
    struct library_file f = file_of(&s, 0);
    harm(&s, 1, 500);
    harm(&s, 3, -1);
    for (uint32_t i = 0; i < 5; i++) {
        enum err e = library_media_open_segment(s.l, &f, i, &m);
        EXPECT_EQ(e, i == 1 || i == 3 ? ERR_AUTH : OK);
        m = e == OK ? library_media_close(m) : m;
    }
    json_t *page = ask(&s, 0, 0, 0); /* what was recorded is listed all the same */
    EXPECT(number_in(page, "last") >= 4 && !json_object_get(page, "erased"));
    json_decref(page);
    scene_end(&s);
}

TEST(library_tail_names_what_was_redacted) {
    struct scene s;
    struct library_media *m = NULL, *open = NULL;
    scene_begin(&s, "video.ivf");
    for (unsigned i = 0; i < 3; i++) {
        send_pictures(&s, i == 0);
    }
    rig_order(&s.g, ORDER_STOP);
    struct library_file f = file_of(&s, 0);
    REQUIRE(library_media_open_segment(s.l, &f, 2, &open) == OK);
    json_t *before = ask(&s, 0, 0, 0);
    us_t at = number_in(json_array_get(json_object_get(before, "segments"), 2), "start_ms");
    json_int_t last = number_in(before, "last");
    json_decref(before);
    struct library_span span = {
        s.g.recording, PROGRAMME_TRACK, (at + 100) * US_PER_MS, (at + 200) * US_PER_MS, {0}};
    REQUIRE(library_redact(s.l, &span) == OK);
    json_t *page = ask(&s, 0, 0, 0), *one;
    EXPECT_EQ(number_in(page, "last"), last);
    size_t i;
    json_array_foreach(json_object_get(page, "segments"), i, one) {
        EXPECT_EQ(is_true(one, "erased"), i == 2);
        enum err e = library_media_open_segment(s.l, &f, (uint32_t)i, &m);
        EXPECT_EQ(e, i == 2 ? ERR_GONE : OK);
        m = e == OK ? library_media_close(m) : m;
    }
    json_decref(page);
    /* And who had it open has it no more. */
    uint8_t b;
    EXPECT(!library_media_current(open));
    EXPECT_EQ(library_media_read(open, 0, &b, 1), ERR_GONE);
    library_media_close(open);
    scene_end(&s);
}

/* Of a recording of an earlier release the voices tell whether there is sound. */
TEST(library_tail_of_segments_that_do_not_say) {
    struct scene s;
    struct buffer out = {0};
    char path[128], type[LIBRARY_TYPE_MAX];
    sqlite3 *db = NULL;
    scene_begin(&s, "video.ivf");
    feed_tap(&s.list, &s.microphone, TAP_VOICE, s.g.now);
    feed_frames(&s.list, &s.microphone, s.g.pool, 0, s.audio.n);
    send_pictures(&s, true);
    rig_order(&s.g, ORDER_STOP);
    snprintf(path, sizeof(path), "%s/catalogue.db", s.g.dir);
    REQUIRE(sql_open(path, true, &db) == OK);
    EXPECT_EQ(sql_exec(db, "UPDATE segments SET sound=0; UPDATE epochs SET sound=0"), OK);
    struct library_file f = file_of(&s, 0);
    EXPECT_EQ(library_init(s.l, &f, &out, type), OK);
    EXPECT_STR(type, "video/webm; codecs=\"vp8,opus\"");
    EXPECT_EQ(sql_exec(db, "UPDATE recordings SET heard=0"), OK);
    EXPECT_EQ(library_init(s.l, &f, &out, type), OK);
    EXPECT_STR(type, "video/webm; codecs=\"vp8\"");
    sqlite3_close(db);
    buffer_free(&out);
    scene_end(&s);
}

static void call_segments(void *l) {
    char *text = NULL;
    struct library_segments q = {"", "", 0, 0, 0};
    (void)library_segments_json(l, &q, &text);
}
static void call_init(void *l) {
    struct buffer out = {0};
    char type[LIBRARY_TYPE_MAX];
    struct library_file f = {"", "", 0, 0};
    (void)library_init(l, &f, &out, type);
}
static void call_open(void *l) {
    struct library_media *m = NULL;
    struct library_file f = {"", "", 0, 0};
    (void)library_media_open_segment(l, &f, 0, &m);
}

TEST(library_tail_belongs_to_one_thread) {
    static void (*const calls[])(void *) = {call_segments, call_init, call_open};
    struct scene s;
    scene_begin(&s, "video.ivf");
    call_init(s.l);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        EXPECT(test_aborts_in_thread(calls[i], s.l, "&l->owner: not this thread's"));
        EXPECT(!test_aborts(calls[i], s.l, ""));
    }
    scene_end(&s);
}

TEST(library_tail_without_memory) {
    struct scene s;
    bool failed = true;
    scene_begin(&s, "video.ivf");
    send_pictures(&s, true);
    rig_order(&s.g, ORDER_STOP);
    for (long at = 0; failed; at++) {
        struct library_segments q = {s.g.recording, PROGRAMME_TRACK, 0, 0, 0};
        struct library_file f = file_of(&s, 0);
        struct library_media *m = NULL;
        struct buffer out = {0};
        char type[LIBRARY_TYPE_MAX], *text = NULL;
        mem_fail_at(at);
        enum err e = library_segments_json(s.l, &q, &text);
        e = e == OK ? library_init(s.l, &f, &out, type) : e;
        e = e == OK ? library_media_open_segment(s.l, &f, 0, &m) : e;
        failed = mem_failed();
        EXPECT(e == OK || failed);
        mem_free(text);
        buffer_free(&out);
        library_media_close(m);
    }
    mem_fail_at(-1);
    scene_end(&s);
}
