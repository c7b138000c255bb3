/* Playback: any bytes of the computed file, in any order, and what is refused. */
#include "recorder/archive/archive.h"
#include "recorder/catalogue/catalogue.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

#include <sqlite3.h>
#include <stdlib.h>

static void send_clip(struct rig *g, struct feed_source *s, bool first) {
    struct feed_list l = {0};
    if (first) {
        feed_tap(&l, s, TAP_STAGE, g->now);
    }
    feed_whole(&l, s, g->pool);
    rig_run(g, &l);
}

/* What a camera has sent is recorded, and played. */
struct scene {
    struct rig g;
    struct clip clip;
    struct library *l;
};

static void begin(struct scene *x, struct feed_source *ret) {
    *x = (struct scene){0};
    rig_init(&x->g);
    clip_ivf(&x->clip, "video.ivf");
    *ret = feed_camera(&x->clip, x->g.now);
    CHECK(rig_open(&x->g) == OK);
    rig_order(&x->g, ORDER_START);
}

/* The camera sends the clip several times over, so that there are many segments. */
static void record(struct scene *x, unsigned times) {
    struct feed_source s;
    begin(x, &s);
    for (unsigned i = 0; i < times; i++) {
        send_clip(&x->g, &s, i == 0);
    }
    rig_order(&x->g, ORDER_STOP);
}

static void play(struct scene *x) {
    char why[WHY_MAX];
    CHECK(library_open(&(struct library_config){.dir = x->g.dir}, &x->l, why) == OK);
}

static void end(struct scene *x) {
    library_close(x->l);
    clip_free(&x->clip);
    rig_free(&x->g);
}

static void random_ranges(struct library_media *m, const uint8_t *file, size_t n) {
    struct rng_seeded state;
    rng_seed(&state, 5);
    struct rng rng = rng_from_seeded(&state);
    uint8_t *out = malloc(n);
    CHECK(out);
    for (unsigned i = 0; i < 400; i++) {
        size_t at = rng_below(&rng, (uint32_t)n);
        size_t want = rng_below(&rng, i % 4 ? 3000 : (uint32_t)n);
        size_t len = want < n - at ? want : n - at;
        memset(out, 0xee, len);
        EXPECT_EQ(library_media_read(m, at, out, len), OK);
        EXPECT(memcmp(out, file + at, len) == 0);
    }
    free(out);
}

TEST(library_media_any_range_is_a_slice_of_the_file) {
    struct scene x;
    record(&x, 5);
    play(&x);
    size_t n = 0;
    uint8_t *file = read_file(x.l, x.g.recording, PROGRAMME_TRACK, 0, &n);
    struct library_media *m = NULL;
    REQUIRE(file && library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 0, &m) == OK);
    EXPECT_EQ(library_media_size(m), n);
    EXPECT(n > 200000);
    EXPECT_STR(library_media_type(m), "video/webm");
    random_ranges(m, file, n);
    uint8_t b;
    EXPECT_EQ(library_media_read(m, n - 1, &b, 1), OK);
    EXPECT_EQ(b, file[n - 1]);
    EXPECT_EQ(library_media_read(m, n, &b, 0), OK);
    EXPECT_EQ(library_media_read(m, n, &b, 1), ERR_RANGE);
    EXPECT_EQ(library_media_read(m, UINT64_MAX, &b, 1), ERR_RANGE);
    EXPECT_EQ(library_media_read(m, 0, &b, SIZE_MAX), ERR_RANGE);
    library_media_close(m);
    mem_free(file);
    end(&x);
}

static void call_read(void *m) {
    uint8_t b;
    (void)library_media_read(m, 0, &b, 1);
}
static void call_size(void *m) {
    (void)library_media_size(m);
}
static void call_type(void *m) {
    (void)library_media_type(m);
}
static void call_snapshot(void *m) {
    (void)library_media_snapshot(m);
}
static void call_current(void *m) {
    (void)library_media_current(m);
}
static void call_close(void *m) {
    library_media_close(m);
}

TEST(library_media_belongs_to_one_thread) {
    static void (*const calls[])(void *) = {call_read,     call_size,    call_type,
                                            call_snapshot, call_current, call_close};
    struct scene x;
    record(&x, 1);
    play(&x);
    struct library_media *m = NULL;
    REQUIRE(library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 0, &m) == OK);
    call_read(m);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        EXPECT(test_aborts_in_thread(calls[i], m, "&m->owner: not this thread's"));
        EXPECT(!test_aborts(calls[i], m, ""));
    }
    library_media_close(m);
    end(&x);
}

static struct webm_view view;

/* Earlier releases noted sound that was late for its epoch with a time before it. */
TEST(library_media_whose_first_segment_begins_before_its_epoch) {
    struct scene x;
    char path[96];
    sqlite3 *db = NULL;
    size_t n = 0;
    record(&x, 1);
    snprintf(path, sizeof(path), "%s/catalogue.db", x.g.dir);
    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    EXPECT_EQ(
        sqlite3_exec(db, "UPDATE segments SET start=-2800000 WHERE number=0", NULL, NULL, NULL),
        SQLITE_OK);
    EXPECT_EQ(sqlite3_changes(db), 2);
    sqlite3_close(db);
    play(&x);
    uint8_t *file = read_file(x.l, x.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    struct rd r = rd_of(view.cues.p, view.cues.n);
    struct webm_element point;
    REQUIRE(webm_next(&r, &point) == OK);
    struct bytes time = webm_child(point.data, 0xB3);
    EXPECT(time.n > 0);
    for (size_t i = 0; i < time.n; i++) {
        EXPECT_EQ(time.p[i], 0);
    }
    mem_free(file);
    end(&x);
}

TEST(library_media_has_every_frame_and_a_cue_per_key_frame) {
    struct scene x;
    record(&x, 5);
    play(&x);
    size_t n = 0;
    uint8_t *file = read_file(x.l, x.g.recording, PROGRAMME_TRACK, 0, &n);
    REQUIRE(file && webm_view(bytes_of(file, n), &view));
    EXPECT_EQ(view.n, 5 * x.clip.n);
    unsigned keys = 0;
    for (unsigned i = 0; i < view.n; i++) {
        EXPECT(bytes_eq(view.block[i].frame, x.clip.frame[i % x.clip.n]));
        keys += view.block[i].key;
    }
    EXPECT_EQ(keys, 15);
    unsigned cues = 0;
    struct rd r = rd_of(view.cues.p, view.cues.n);
    for (struct webm_element e; rd_left(&r) && webm_next(&r, &e) == OK;) {
        cues++;
    }
    EXPECT_EQ(cues, 15);
    EXPECT(view.duration > 29900 && view.duration < 30100);
    mem_free(file);
    end(&x);
}

/* More key frames than are listed: of the whole length some are. */
TEST(library_media_leaves_out_places_when_there_are_too_many) {
    struct scene x;
    struct id id;
    char path[128];
    struct catalogue *catalogue = NULL;
    record(&x, 1);
    rig_close(&x.g);
    snprintf(path, sizeof(path), "%s/catalogue.db", x.g.dir);
    REQUIRE(id_parse(x.g.recording, &id) && catalogue_open(path, true, &catalogue) == OK);
    struct entry e = {.type = ENTRY_EPOCH};
    e.u.epoch = (struct entry_epoch){.track = ID_PROGRAMME, .number = 9, .video = CODEC_VP8};
    EXPECT_EQ(catalogue_begin(catalogue), OK);
    EXPECT_EQ(catalogue_apply(catalogue, &id, &e), OK);
    enum { SEGMENTS = 3000, STEP = 50, BYTES = 1 + SEGMENT_KEYS_MAX };
    for (uint32_t i = 0; i < SEGMENTS; i++) {
        e = (struct entry){.type = ENTRY_SEGMENT};
        e.u.segment = (struct entry_segment){.track = ID_PROGRAMME,
                                             .epoch = 9,
                                             .number = i,
                                             .start = (us_t)i * BYTES * STEP * US_PER_MS,
                                             .duration = BYTES * STEP * US_PER_MS,
                                             .width = 320,
                                             .height = 180,
                                             .bytes = BYTES,
                                             .info.size = 1000,
                                             .n_keys = SEGMENT_KEYS_MAX};
        for (uint32_t k = 0; k < SEGMENT_KEYS_MAX; k++) {
            e.u.segment.keys[k] = (struct segment_key){(k + 1) * STEP, k + 1};
        }
        EXPECT_EQ(catalogue_apply(catalogue, &id, &e), OK);
    }
    EXPECT_EQ(catalogue_commit(catalogue), OK);
    catalogue_close(catalogue);
    play(&x);
    struct library_media *m = NULL;
    REQUIRE(library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 9, &m) == OK);
    size_t n = (size_t)library_media_size(m), head = n - (size_t)SEGMENTS * BYTES;
    uint8_t *file = mem_zalloc(n, 1);
    struct webm_element box;
    REQUIRE(file && library_media_read(m, 0, file, head) == OK);
    struct rd r = rd_of(file, n);
    REQUIRE(webm_next(&r, &box) == OK && webm_next(&r, &box) == OK && box.id == WEBM_SEGMENT);
    struct bytes cues = webm_child(box.data, WEBM_CUES);
    unsigned points = 0;
    uint64_t last = 0;
    r = rd_of(cues.p, cues.n);
    while (rd_left(&r) && webm_next(&r, &box) == OK) {
        uint64_t ms = webm_uint(webm_child(box.data, 0xB3)); /* CueTime */
        EXPECT(ms > last && ms - last <= 8 * STEP);
        last = ms;
        points++;
    }
    EXPECT(points > 40000 && points <= 65536);
    EXPECT((uint64_t)SEGMENTS * BYTES * STEP - last <= 8 * STEP);
    mem_free(file);
    library_media_close(m);
    end(&x);
}

TEST(library_media_refuses_what_is_not_there) {
    struct scene x;
    record(&x, 1);
    play(&x);
    struct library_media *m = NULL;
    static const char none[] = "00112233445566778899aabbccddeeff";
    EXPECT_EQ(library_media_open(x.l, none, PROGRAMME_TRACK, 0, &m), ERR_UNKNOWN);
    EXPECT_EQ(library_media_open(x.l, "../../etc", PROGRAMME_TRACK, 0, &m), ERR_UNKNOWN);
    EXPECT_EQ(library_media_open(x.l, x.g.recording, none, 0, &m), ERR_UNKNOWN);
    EXPECT_EQ(library_media_open(x.l, x.g.recording, "", 0, &m), ERR_UNKNOWN);
    EXPECT_EQ(library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 1, &m), ERR_UNKNOWN);
    EXPECT_EQ(library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, UINT32_MAX, &m), ERR_UNKNOWN);
    EXPECT(m == NULL);
    library_media_close(NULL);
    end(&x);
}

TEST(library_media_says_when_an_object_was_changed_or_is_gone) {
    struct scene x;
    record(&x, 1);
    play(&x);
    struct library_media *m = NULL;
    char path[256];
    struct object_id o = {.type = OBJECT_MEDIA, .track = ID_PROGRAMME, .number = 1};
    char name[OBJECT_NAME_MAX];
    REQUIRE(id_parse(x.g.recording, &o.recording));
    snprintf(path, sizeof(path), "%s/objects/%s", x.g.dir, object_name(&o, name));
    FILE *f = fopen(path, "r+b");
    CHECK(f);
    fseek(f, 500, SEEK_SET);
    int b = fgetc(f);
    fseek(f, 500, SEEK_SET);
    fputc(b ^ 1, f);
    fclose(f);
    REQUIRE(library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 0, &m) == OK);
    size_t n = (size_t)library_media_size(m);
    uint8_t *out = malloc(n);
    CHECK(out);
    EXPECT_EQ(library_media_read(m, 0, out, n), ERR_AUTH);
    /* The first segment is as good as ever. */
    EXPECT_EQ(library_media_read(m, 0, out, 10000), OK);
    remove(path);
    EXPECT_EQ(library_media_read(m, n / 2, out, 10), ERR_UNKNOWN);
    free(out);
    library_media_close(m);
    end(&x);
}

/* All bytes of what is open; NULL when they cannot be read. */
static uint8_t *all_of(struct library_media *m, size_t *n) {
    *n = (size_t)library_media_size(m);
    uint8_t *p = malloc(*n);
    CHECK(p);
    EXPECT_EQ(library_media_read(m, 0, p, *n), OK);
    return p;
}

TEST(library_media_of_a_growing_recording_is_one_file_for_who_reads_it) {
    struct scene x;
    struct feed_source s;
    struct library_media *m = NULL, *later = NULL, *again = NULL;
    size_t n = 0, n_later = 0, n_again = 0;
    begin(&x, &s);
    send_clip(&x.g, &s, true);
    send_clip(&x.g, &s, false);
    play(&x);
    REQUIRE(library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 0, &m) == OK);
    EXPECT(library_media_current(m));
    uint8_t *file = all_of(m, &n);
    send_clip(&x.g, &s, false);
    send_clip(&x.g, &s, false);
    EXPECT(!library_media_current(m));
    REQUIRE(library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 0, &later) == OK);
    uint8_t *more = all_of(later, &n_later);
    EXPECT(n_later > n);
    EXPECT(library_media_snapshot(later) != library_media_snapshot(m));
    struct library_file old = {x.g.recording, PROGRAMME_TRACK, 0, library_media_snapshot(m)};
    REQUIRE(library_media_open_file(x.l, &old, &again) == OK);
    uint8_t *same = all_of(again, &n_again);
    EXPECT_EQ(n_again, n);
    EXPECT(n_again == n && memcmp(same, file, n) == 0);
    EXPECT_EQ(library_media_snapshot(again), library_media_snapshot(m));
    rig_order(&x.g, ORDER_STOP);
    EXPECT(!library_media_current(later));
    library_media_close(later);
    REQUIRE(library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 0, &later) == OK);
    EXPECT(library_media_current(later));
    struct library_order order = {"test", "test", {0}};
    EXPECT_EQ(library_shred(x.l, x.g.recording, &order), OK);
    EXPECT(!library_media_current(later));
    free(file);
    free(more);
    free(same);
    library_media_close(m);
    library_media_close(later);
    library_media_close(again);
    end(&x);
}

TEST(library_media_without_memory) {
    struct scene x;
    record(&x, 1);
    play(&x);
    bool failed = true;
    for (long at = 0; failed; at++) {
        struct library_media *m = NULL;
        uint8_t out[2000];
        mem_fail_at(at);
        enum err e = library_media_open(x.l, x.g.recording, PROGRAMME_TRACK, 0, &m);
        e = e == OK ? library_media_read(m, 0, out, sizeof(out)) : e;
        failed = mem_failed();
        EXPECT(e == OK || failed);
        library_media_close(m);
    }
    mem_fail_at(-1);
    end(&x);
}
