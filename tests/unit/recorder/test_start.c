/* What recordings of long ago cost a start: counted in statements, their steps and pages, which are
 * the same on every machine. Looking for damage is counted apart: that is done in files below
 * SQL_CHECK_ALWAYS (recorder/db/sql.h), and so is bounded, however many recordings there are. */
#include "recorder/archive/archive.h"
#include "recorder/writer/writer.h"

#include "tests/unit/recorder/bench_sql.h"
#include "tests/unit/recorder/bench_store.h"
#include "tests/unit/test.h"

#include <sqlite3.h>
#include <string.h>
#include <time.h>

struct cost {
    uint64_t statements, steps, reads;
    uint64_t check_steps; /* of looking for damage; not in `steps` */
    double ms;            /* for people */
};

static struct cost counted;

static int count_statement(unsigned what, void *ctx, void *statement, void *x) {
    (void)ctx;
    (void)x;
    counted.statements += what == SQLITE_TRACE_STMT;
    if (what == SQLITE_TRACE_PROFILE) {
        uint64_t steps = (uint64_t)sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
        bool check = strstr(sqlite3_sql(statement), "quick_check") != NULL;
        *(check ? &counted.check_steps : &counted.steps) += steps;
    }
    return 0;
}

/* For every connection that is opened (sqlite3_auto_extension). */
static int watch(sqlite3 *db, const char **why, const struct sqlite3_api_routines *api) {
    (void)why;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE, count_statement, NULL);
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A recording that was closed, as the databases know it. */
static void add_one(struct archive *a, unsigned i) {
    struct id id;
    struct key_ring ring;
    struct entry start = {.type = ENTRY_START};
    struct entry person = {.type = ENTRY_PARTICIPANT, .t = 1};
    struct entry end = {.type = ENTRY_END, .t = 600 * US_PER_S};
    snprintf(start.u.start.tour, sizeof(start.u.start.tour), "tour-%u", i % 50);
    snprintf(start.u.start.title, sizeof(start.u.start.title), "House number %u", i);
    start.u.start.wall.us = INT64_C(1700000000000000) + i * 900 * US_PER_S;
    person.u.person.participant = 1 + i;
    person.u.person.on = true;
    snprintf(person.u.person.name, sizeof(person.u.person.name), "Person %u", i);
    snprintf(end.u.end.reason, sizeof(end.u.end.reason), "stopped");
    CHECK(archive_create(a, &id, &ring) == OK);
    key_ring_close(&ring);
    CHECK(wraps_begun(a->wraps, &id) == OK);
    CHECK(catalogue_apply(a->catalogue, &id, &start) == OK);
    CHECK(catalogue_apply(a->catalogue, &id, &person) == OK);
    CHECK(catalogue_apply(a->catalogue, &id, &end) == OK);
    CHECK(catalogue_state(a->catalogue, &id, RECORDING_COMPLETE) == OK);
}

static void fill(struct scratch *s, struct rng_seeded *rng, unsigned n) {
    struct archive *a = NULL;
    CHECK(bench_archive(s, NULL, rng, &a) == OK);
    CHECK(wraps_batch_begin(a->wraps) == OK && catalogue_begin(a->catalogue) == OK);
    for (unsigned i = 0; i < n; i++) {
        add_one(a, i);
    }
    CHECK(catalogue_commit(a->catalogue) == OK && wraps_batch_end(a->wraps, OK) == OK);
    archive_close(a);
}

static struct cost start_with(unsigned n) {
    struct scratch s;
    struct rng_seeded rng;
    struct fault_files none;
    struct writer *w = NULL;
    char why[WHY_MAX] = "";
    scratch_begin(&s);
    rng_seed(&rng, 11);
    fill(&s, &rng, n);
    struct writer_config c = {.dir = s.dir, .flush_every = US_PER_S, .rng = rng_from_seeded(&rng)};
    fault_files_begin(&none);
    none.which = FILE_ANY;
    none.at = UINT32_MAX;
    fault_sql_begin(&none);
    CHECK(sqlite3_auto_extension((void (*)(void))watch) == SQLITE_OK);
    counted = (struct cost){0};
    double begun = now_ms();
    CHECK(writer_open(&c, &w, why) == OK);
    counted.ms = now_ms() - begun;
    counted.reads = fault_sql_reads();
    struct cost ret = counted;
    EXPECT_EQ(writer_counters(w).unfinished, 0);
    writer_close(w, 0);
    sqlite3_cancel_auto_extension((void (*)(void))watch);
    fault_sql_end();
    scratch_end(&s);
    printf("# a start with %u recordings: %u statements, %u steps and %u to find damage, %u reads, "
           "%.1f ms\n",
           n, (unsigned)ret.statements, (unsigned)ret.steps, (unsigned)ret.check_steps,
           (unsigned)ret.reads, ret.ms);
    return ret;
}

#define FEW 1000
#define MANY 10000

TEST(start_costs_little_for_each_recording_of_before) {
    struct cost few = start_with(FEW), many = start_with(MANY);
    const uint64_t more = MANY - FEW;
    EXPECT(few.statements > 0 && few.reads > 0);
    EXPECT_EQ(many.statements, few.statements);
    EXPECT((many.steps - few.steps) / more <= 24); /* a walk over an index of each */
    EXPECT((many.check_steps - few.check_steps) / more < 300);
    EXPECT(many.reads - few.reads < more / 2); /* pages of 4096 bytes, for damage as well */
}
