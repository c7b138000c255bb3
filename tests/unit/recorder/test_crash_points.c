/* The power goes at any operation on a file while a tour is recorded, of the store or of SQLite:
 * every call from there on fails, a write is half done or not at all, or what SQLite has not synced
 * is lost, too. The next start completes what is there, it verifies, and at most five seconds are
 * lost. */
#include "recorder/library/library_parts.h"
#include "recorder/store/store_local.h"
#include "tests/unit/recorder/bench_sql.h"
#include "tests/unit/recorder/feed.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <stdlib.h>

#define POINTS 190 /* in ./dev test; all of them, each in every way, with ORIEL_CRASH_POINTS */
#define RECOVERY_POINTS 40
#define LOST_MAX (5 * US_PER_S)

static const struct {
    int mode;
    const char *name;
} ways[] = {{FILE_FAULT_DEAD, "not done"}, {FILE_FAULT_TORN, "torn"}, {FILE_FAULT_LOST, "lost"}};

struct scene {
    struct rig g;
    struct faulty store;
    struct fault_files files;
    struct clip video, audio;
    bool started; /* somebody was told that it is recorded */
    us_t died;    /* recording time when the power went [us]; -1: it did not */
};

/* A process begins, whose operation `at` is the last one. */
static void power_on(struct scene *s, unsigned at, int mode) {
    char objects[96];
    fault_files_begin(&s->files);
    s->files.which = FILE_ANY;
    s->files.at = at;
    s->files.error = EIO;
    s->files.mode = mode;
    faulty_open(&s->store, s->g.dir);
    store_local_close(&s->store.real);
    snprintf(objects, sizeof(objects), "%s/objects", s->g.dir);
    s->store.real = (struct store){0};
    enum err e = store_local_open_with(objects, &s->files.ops, &s->store.real);
    s->g.faulty = e == OK ? &s->store : NULL;
    fault_sql_begin(&s->files);
}

/* It is over. Its operations until then. */
static unsigned power_off(struct scene *s) {
    rig_close(&s->g);
    unsigned seen = s->files.seen;
    store_local_close(&s->store.real);
    fault_sql_end();
    return seen;
}

static void scene_begin(struct scene *s, unsigned at, int mode) {
    memset(s, 0, sizeof(*s));
    rig_init(&s->g);
    clip_ivf(&s->video, "video.ivf");
    clip_ogg(&s->audio, "audio.ogg");
    s->died = -1;
    power_on(s, at, mode);
}

static void scene_end(struct scene *s) {
    clip_free(&s->video);
    clip_free(&s->audio);
    rig_free(&s->g);
}

/* The tour until its end or the power's. */
static void play(struct scene *s) {
    struct feed_list l = {0};
    us_t zero = s->g.now;
    struct feed_source camera = feed_camera(&s->video, zero);
    struct feed_source microphone = feed_microphone(&s->audio, zero);
    rig_order_now(&s->g, ORDER_START);
    rig_order_now(&s->g, ORDER_PARTICIPANT);
    feed_tap(&l, &camera, TAP_SOURCE_ON, zero);
    feed_tap(&l, &microphone, TAP_SOURCE_ON, zero);
    feed_tap(&l, &camera, TAP_STAGE, zero);
    for (unsigned i = 0; i < 2; i++) {
        feed_whole(&l, &camera, s->g.pool);
        feed_whole(&l, &microphone, s->g.pool);
    }
    feed_sort(&l);
    for (size_t i = 0; i < l.n; i++) {
        if (s->files.dead) {
            s->died = s->died < 0 ? s->g.now - zero : s->died;
            break; /* the rest is not sent any more */
        }
        s->started = s->g.events[RECORDER_STARTED] > 0;
        rig_wait(&s->g, l.taps[i].now);
        recorder_tap(s->g.r, s->g.now, &l.taps[i]);
        l.taps[i].packet = NULL;
        rig_pump(&s->g);
    }
    feed_free(&l);
    if (!s->files.dead) {
        rig_order(&s->g, ORDER_STOP);
        s->died = s->files.dead ? s->g.now - zero : -1;
    }
}

struct found {
    struct library *l;
    const char *when;
    unsigned n;
    us_t duration;
};

static void complain(void *ctx, const char *object, const char *what) {
    const struct found *f = ctx;
    test_fail(__FILE__, __LINE__, "%s: %s: %s", f->when, object, what);
}

static enum err check_recording(void *ctx, const struct recording_row *r) {
    struct found *f = ctx;
    char id[ID_TEXT_MAX];
    f->n++;
    f->duration = us_max(f->duration, r->duration);
    if (r->state != RECORDING_COMPLETE && r->state != RECORDING_INTERRUPTED) {
        test_fail(__FILE__, __LINE__, "%s: state %s", f->when, recording_state_name(r->state));
    }
    EXPECT_EQ(library_verify(f->l, id_text(&r->id, id), complain, f), OK);
    return OK;
}

/* What the next start makes of it. */
static void restart(struct scene *s, const char *when) {
    struct found f = {.when = when};
    struct recording_query all = {.limit = 100};
    bool more = false;
    char why[WHY_MAX] = "";
    s->g.faulty = NULL;
    if (rig_open(&s->g) != OK) {
        test_fail(__FILE__, __LINE__, "%s: it does not start again", when);
        return;
    }
    EXPECT_EQ(rig_counters(&s->g).unfinished, 0);
    rig_close(&s->g);
    REQUIRE(library_open(&(struct library_config){.dir = s->g.dir}, &f.l, why) == OK);
    EXPECT_EQ(catalogue_recordings(f.l->archive->catalogue, &all, &more, check_recording, &f), OK);
    library_close(f.l);
    if (f.n > 1 || (s->started && f.n == 0) || s->died - f.duration > LOST_MAX) {
        test_fail(__FILE__, __LINE__, "%s: %u recordings, %d of %d ms", when, f.n,
                  (int)(f.duration / US_PER_MS), (int)(s->died / US_PER_MS));
    }
}

/* False: the tour ends before there are so many operations. */
static bool crash_at(unsigned at, unsigned way) {
    static struct scene s;
    char when[64];
    snprintf(when, sizeof(when), "operation %u %s", at, ways[way].name);
    scene_begin(&s, at, ways[way].mode);
    if (s.g.faulty && rig_open(&s.g) == OK) {
        play(&s);
    }
    bool reached = power_off(&s) > at;
    restart(&s, when);
    scene_end(&s);
    return reached;
}

/* How many there are, and how many of them SQLite's. */
static unsigned operations(unsigned *ret_sql) {
    static struct scene s;
    scene_begin(&s, UINT32_MAX, FILE_FAULT_NONE);
    CHECK(rig_open(&s.g) == OK);
    play(&s);
    unsigned n = power_off(&s);
    *ret_sql = 0;
    for (int op = FILE_SQL_OPEN; op < FILE_OPS; op++) {
        *ret_sql += s.files.done[op];
    }
    scene_end(&s);
    return n;
}

TEST(crash_points_of_a_tour_lose_at_most_five_seconds) {
    bool every = getenv("ORIEL_CRASH_POINTS") != NULL;
    unsigned sql, all = operations(&sql), reached = 0;
    unsigned points = every ? ARRAY_LEN(ways) * all : POINTS;
    EXPECT(sql > 100); /* the databases are in it */
    /* Spread over the tour, the ways by turns. */
    for (unsigned i = 0; i < points; i++) {
        unsigned at = (unsigned)((uint64_t)i * all / points);
        reached += crash_at(at, i % ARRAY_LEN(ways));
    }
    printf("# %u crashes at %u of %u operations, %u of them SQLite's\n", reached,
           points < all ? points : all, all, sql);
    EXPECT_EQ(reached, points);
}

/* The tour dies at operation `first`, and the start after it at its operation `at`. Returns the
 * operations of that start. */
static unsigned crash_twice(unsigned first, unsigned at, unsigned way) {
    static struct scene s;
    char when[64];
    snprintf(when, sizeof(when), "operation %u of the start %s", at, ways[way].name);
    scene_begin(&s, first, FILE_FAULT_DEAD);
    CHECK(rig_open(&s.g) == OK);
    play(&s);
    CHECK(power_off(&s) > first && s.died > 0);
    power_on(&s, at, ways[way].mode);
    if (s.g.faulty) {
        (void)rig_open(&s.g);
    }
    unsigned seen = power_off(&s);
    restart(&s, when);
    scene_end(&s);
    return seen;
}

TEST(crash_points_of_a_recovery_lose_nothing_either) {
    bool every = getenv("ORIEL_CRASH_POINTS") != NULL;
    unsigned sql, first = operations(&sql) * 2 / 3, reached = 0;
    unsigned all = crash_twice(first, UINT32_MAX, 0);
    unsigned points = every ? ARRAY_LEN(ways) * all : RECOVERY_POINTS;
    for (unsigned i = 0; i < points; i++) {
        unsigned at = (unsigned)((uint64_t)i * all / points);
        reached += crash_twice(first, at, i % ARRAY_LEN(ways)) > at;
    }
    printf("# %u crashes at %u of %u operations\n", reached, points < all ? points : all, all);
    EXPECT_EQ(reached, points);
}
