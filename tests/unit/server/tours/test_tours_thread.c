/* What was ordered is there after a restart, and nothing else. */
#include "base/alloc.h"
#include "base/check.h"
#include "server/os/clock.h"
#include "server/tours/tours_db.h"
#include "server/tours/tours_thread.h"
#include "tests/unit/test.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64], path[128];
static struct tour_record *taken[8];
static size_t n_taken;
static atomic_int woken;

static void make_dir(void) {
    snprintf(dir, sizeof(dir), "/tmp/oriel-tours-XXXXXX");
    CHECK(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/tours.db", dir);
}

static void remove_dir(void) {
    static const char *const suffixes[] = {"", "-wal", "-shm", "-suspect"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char name[160];
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
    rmdir(dir);
}

static bool take(void *ctx, struct tour_record *r) {
    (void)ctx;
    CHECK(n_taken < 8);
    taken[n_taken++] = r;
    return true;
}

static void wake(void *ctx) {
    (void)ctx;
    atomic_fetch_add(&woken, 1);
}

static void forget_taken(void) {
    while (n_taken > 0) {
        tour_record_free(taken[--n_taken]);
    }
}

/* Answers that were kept. */
static uint64_t seed;
static char answers[1000];

static bool take_seed(void *ctx, uint64_t x) {
    (void)ctx;
    seed = x;
    answers[0] = '\0';
    return true;
}

static bool take_answer(void *ctx, struct kept_answer *x) {
    size_t n = strlen(answers);
    (void)ctx;
    snprintf(answers + n, sizeof(answers) - n, "%d/%d %d %s %s %s;", (int)x->id, (int)x->request,
             x->status, x->etag, x->location, x->body);
    mem_free(x);
    return true;
}

static struct tours_thread *start(enum err wanted) {
    char why[WHY_MAX];
    struct tours_thread *t = NULL;
    const struct tours_thread_config c = {.path = path,
                                          .take = take,
                                          .seed = take_seed,
                                          .take_answer = take_answer,
                                          .fresh = seed + 99,
                                          .most_answers = 2,
                                          .wake = wake};
    forget_taken();
    EXPECT_EQ(tours_thread_start(&c, &t, why), wanted);
    EXPECT(t || *why);
    return t;
}

static struct tour_record *make(const char *id, const char *name, const char *property) {
    struct tour_record r = {
        .record = RECORD_MANUAL,
        .codec = CODEC_AV1,
        .lobby = true,
        .starts_at = {1000},
        .ends_at = {INT64_C(2000000000000000)},
        .max_length = 7200 * US_PER_S,
        .capacity = 12,
        .quota = {.sources = {[SOURCE_MICROPHONE] = 30, [SOURCE_CAMERA] = 20, [SOURCE_SCREEN] = 2},
                  .kbps = 5000},
        .made_by = "house:platform",
        .property = (char *)property,
        .created_at = {11},
        .updated_at = {12},
        .ended_at = {0},
        .version = 3};
    snprintf(r.id, sizeof(r.id), "%s", id);
    snprintf(r.name, sizeof(r.name), "%s", name);
    snprintf(r.title, sizeof(r.title), "Title of %s", name);
    struct tour_record *copy = tour_record_copy(&r);
    CHECK(copy);
    return copy;
}

/* The next reply; a limit, far above anything that happens. */
static struct tours_reply reply(struct tours_thread *t) {
    struct tours_reply r = {0, ERR_AGAIN};
    us_t until = clock_now() + 10 * US_PER_S;
    while (clock_now() < until) {
        tours_thread_listen(t);
        if (tours_thread_reply(t, &r)) {
            return r;
        }
        usleep(1000);
    }
    return r;
}

TEST(tours_are_kept) {
    make_dir();
    struct tours_thread *t = start(OK);
    REQUIRE(t);
    EXPECT_EQ(n_taken, 0);
    EXPECT(tours_thread_order(t, 1, make("02", "b", "{\"a\":1}"), false, NULL));
    EXPECT(tours_thread_order(t, 2, make("01", "a", NULL), false, NULL));
    EXPECT(tours_thread_order(t, 3, make("03", "c", NULL), false, NULL));
    for (uint64_t tag = 1; tag <= 3; tag++) {
        struct tours_reply r = reply(t);
        EXPECT_EQ(r.tag, tag);
        EXPECT_EQ(r.error, OK);
    }
    EXPECT(atomic_load(&woken) > 0);
    struct tour_record *changed = make("02", "b", "{\"a\":2}");
    changed->ended_at.us = 99;
    EXPECT(tours_thread_order(t, 4, changed, false, NULL));
    EXPECT(tours_thread_order(t, 5, make("03", "c", NULL), true, NULL));
    tours_thread_stop(t); /* what was ordered is written first */
    t = start(OK);
    REQUIRE(t);
    EXPECT_EQ(n_taken, 2);
    REQUIRE(n_taken == 2);
    EXPECT_STR(taken[0]->id, "01");
    EXPECT(!taken[0]->property && !taken[0]->ended_at.us);
    const struct tour_record *b = taken[1];
    EXPECT_STR(b->name, "b");
    EXPECT_STR(b->title, "Title of b");
    EXPECT_STR(b->made_by, "house:platform");
    EXPECT_EQ(b->quota.sources[SOURCE_MICROPHONE], 30);
    EXPECT_EQ(b->quota.sources[SOURCE_CAMERA], 20);
    EXPECT_EQ(b->quota.sources[SOURCE_SCREEN], 2);
    EXPECT_EQ(b->quota.kbps, 5000);
    EXPECT_STR(b->property, "{\"a\":2}");
    EXPECT(b->record == RECORD_MANUAL && b->codec == CODEC_AV1 && b->lobby);
    EXPECT(b->starts_at.us == 1000 && b->ends_at.us == INT64_C(2000000000000000));
    EXPECT(b->max_length == 7200 * US_PER_S && b->capacity == 12);
    EXPECT(b->created_at.us == 11 && b->updated_at.us == 12 && b->ended_at.us == 99);
    EXPECT_EQ(b->version, 3);
    tours_thread_stop(t);
    forget_taken();
    remove_dir();
}

/* A failure is told: two of one name cannot be kept. */
TEST(tours_that_are_not_kept) {
    make_dir();
    struct tours_thread *t = start(OK);
    REQUIRE(t);
    EXPECT(tours_thread_order(t, 1, make("01", "a", NULL), false, NULL));
    EXPECT_EQ(reply(t).error, OK);
    EXPECT(tours_thread_order(t, 2, make("02", "a", NULL), false, NULL));
    EXPECT_EQ(reply(t).error, ERR_EXISTS);
    tours_thread_stop(t);
    t = start(OK);
    EXPECT_EQ(n_taken, 1);
    tours_thread_stop(t);
    forget_taken();
    remove_dir();
}

TEST(tours_of_a_damaged_file) {
    make_dir();
    FILE *f = fopen(path, "w");
    REQUIRE(f);
    for (int i = 0; i < 4096; i++) {
        fputs("no database ", f);
    }
    fclose(f);
    EXPECT(start(ERR_FORMAT) == NULL);
    remove_dir();
    snprintf(path, sizeof(path), "/nowhere/tours.db");
    EXPECT(start(ERR_IO) == NULL);
}

/* Not more than so many are under way. */
TEST(tours_orders_are_bounded) {
    make_dir();
    struct tours_thread *t = start(OK);
    REQUIRE(t);
    for (uint64_t tag = 1; tag <= TOURS_ORDERS; tag++) {
        char id[32];
        snprintf(id, sizeof(id), "%04u", (unsigned)tag);
        EXPECT(tours_thread_order(t, tag, make(id, id, NULL), false, NULL));
    }
    struct tour_record *more = make("9999", "more", NULL);
    EXPECT(!tours_thread_order(t, 999, more, false, NULL)); /* no reply was taken */
    EXPECT_EQ(reply(t).tag, 1);
    EXPECT(tours_thread_order(t, 999, more, false, NULL));
    tours_thread_stop(t);
    remove_dir();
}

static struct kept_answer *answer_of(uint64_t id, us_t left) {
    struct kept_answer *x = kept_answer_new("{}", 2);
    CHECK(x);
    x->id = id;
    x->request = id + 1;
    x->until.us = clock_wall().us + left;
    x->status = 201;
    strcpy(x->etag, "\"1\"");
    strcpy(x->location, "/there");
    return x;
}

/* With its tour, or not at all. */
TEST(answers_are_kept_with_their_tours) {
    make_dir();
    struct tours_thread *t = start(OK);
    REQUIRE(t);
    uint64_t first = seed;
    EXPECT(tours_thread_order(t, 1, make("01", "a", NULL), false, answer_of(5, 100 * US_PER_S)));
    EXPECT_EQ(reply(t).error, OK);
    EXPECT(tours_thread_order(t, 2, make("02", "a", NULL), false, answer_of(6, 100 * US_PER_S)));
    EXPECT_EQ(reply(t).error, ERR_EXISTS);
    tours_thread_stop(t);
    t = start(OK);
    REQUIRE(t);
    EXPECT(seed == first); /* for ever */
    EXPECT_STR(answers, "5/6 201 \"1\" /there {};");
    EXPECT(tours_thread_order(t, 3, make("03", "c", NULL), false, answer_of(7, 300 * US_PER_S)));
    EXPECT(tours_thread_order(t, 4, make("04", "d", NULL), false, answer_of(8, 1)));
    EXPECT_EQ(reply(t).error, OK);
    EXPECT_EQ(reply(t).error, OK);
    EXPECT(tours_thread_order(t, 5, make("05", "e", NULL), false, answer_of(9, 200 * US_PER_S)));
    EXPECT_EQ(reply(t).error, OK);
    tours_thread_stop(t);
    t = start(OK); /* 8 is over, and 5 the oldest beyond two */
    EXPECT_STR(answers, "9/10 201 \"1\" /there {};7/8 201 \"1\" /there {};");
    tours_thread_stop(t);
    forget_taken();
    remove_dir();
}
