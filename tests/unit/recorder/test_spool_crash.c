/* A whole recording through archive, spool folder and uploader, with the process or the power gone
 * at each operation on a file in turn: what was stored is there, verifies, and ends up in the
 * bucket. */
#include "recorder/archive/recovery.h"
#include "recorder/archive/verify.h"
#include "recorder/store/store_spool.h"

#include "tests/unit/recorder/bench_spool.h"
#include "tests/unit/recorder/sample_recording.h"
#include "tests/unit/test.h"

#include <errno.h>

/* A writer over the bench's spool folder, through operations that may fail. */
struct writer_process {
    struct fault_files files;
    struct store local, spool;
    struct archive *archive;
};

/* NULL in w->archive: it did not get so far. */
static void process_begin(struct writer_process *w, struct spool_bench *b, struct rng_seeded *rng) {
    struct spool_config c = {.local = &w->local, .remote = &b->remote.store, .write = true};
    w->archive = NULL;
    w->spool = (struct store){0};
    if (store_local_open_with(b->dir, &w->files.ops, &w->local) != OK) {
        return;
    }
    CHECK(store_spool_open(&c, &w->spool) == OK);
    (void)bench_archive(&b->remote.scratch, &w->spool, rng, &w->archive);
}

static void process_end(struct writer_process *w) {
    w->archive = archive_close(w->archive);
    store_spool_close(&w->spool);
    store_local_close(&w->local);
}

static enum err count_segment(void *ctx, const struct entry_segment *s) {
    (void)s;
    ++*(unsigned *)ctx;
    return OK;
}

static void check(struct archive *a, const struct sample *s, const char *when) {
    struct recording_row row;
    struct findings f = {0};
    struct segment_query q = {.recording = s->id};
    unsigned n = 0;
    if (!s->begun) {
        return;
    }
    EXPECT_EQ(catalogue_recording(a->catalogue, &s->id, &row), OK);
    EXPECT(row.state == RECORDING_COMPLETE || row.state == RECORDING_INTERRUPTED);
    EXPECT(!s->ended || row.state == RECORDING_COMPLETE);
    EXPECT_EQ(catalogue_segments(a->catalogue, &q, count_segment, &n), OK);
    EXPECT(n >= s->stored);
    enum err e = verify_recording(a, &s->id, findings_say, &f);
    if (e != OK) {
        test_fail(__FILE__, __LINE__, "%s: %s: %s", when, err_name(e), f.first);
    }
}

/* True: the fault was reached. */
static bool crash_at(unsigned at, int mode) {
    struct spool_bench b;
    struct writer_process w;
    struct rng_seeded rng;
    struct sample s = {0};
    struct recovery_report r;
    char when[48];
    snprintf(when, sizeof(when), "mode %d, operation %u", mode, at);
    spool_bench_begin(&b);
    rng_seed(&rng, 500 + at);
    fault_files_begin(&w.files);
    w.files.at = at;
    w.files.mode = mode;
    process_begin(&w, &b, &rng);
    if (w.archive) {
        (void)sample_record(w.archive, 0, &s);
    }
    bool reached = w.files.seen > at;
    process_end(&w);
    /* In every second run part of it is in the bucket before the recovery, which reads both. */
    for (int i = 0; i < 8 && at % 2; i++) {
        uploader_step(b.uploader, b.now, (wall_t){0});
    }
    fault_files_begin(&w.files);
    process_begin(&w, &b, &rng);
    CHECK(w.archive);
    EXPECT_EQ(recovery_run(w.archive, &r), OK);
    EXPECT_EQ(r.damaged, 0);
    check(w.archive, &s, when);
    spool_bench_run(&b, b.now + 600 * US_PER_S);
    struct uploader_counters c = uploader_counters(b.uploader);
    EXPECT_EQ(c.waiting_objects, 0);
    EXPECT_EQ(c.conflicts, 0);
    check(w.archive, &s, when);
    process_end(&w);
    spool_bench_end(&b);
    return reached;
}

TEST(spool_a_crash_at_any_operation_loses_nothing_that_was_stored) {
    static const struct {
        int mode;
        unsigned step;
    } ways[] = {{FILE_FAULT_DEAD, 2}, {FILE_FAULT_TORN, 5}, {FILE_FAULT_LATE, 5}};
    unsigned points = 0;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        for (unsigned at = 0; at < 5000 && crash_at(at, ways[i].mode); at += ways[i].step) {
            points++;
        }
    }
    printf("# %u points\n", points);
    EXPECT(points > 190);
}
