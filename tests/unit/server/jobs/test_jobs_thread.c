/* The jobs thread with real helpers, on a recording of an earlier release. Run under
 * ThreadSanitizer. */
#include "base/alloc.h"
#include "recorder/seal/wraps.h"
#include "recorder/store/store_local.h"
#include "server/jobs/job_orders.h"
#include "server/jobs/jobs_thread.h"
#include "server/jobs/markers.h"
#include "server/os/clock.h"
#include "server/recording/recorder_thread.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define RECORDING "771a43ed435f21b53a4f1f42be4c34b5"

struct rig {
    char dir[64], kek[96];
    int notes; /* eventfd: somebody woke the control thread */
    struct jobs_thread *jobs;
    char *said; /* of the last reply */
    uint32_t number;
};

static void wake(void *ctx) {
    uint64_t one = 1;
    ssize_t n = write(((struct rig *)ctx)->notes, &one, sizeof(one));
    CHECK(n == sizeof(one));
}

/* What the recorder of this release makes of the older directory. */
static bool upgrade(struct rig *r) {
    char why[WHY_MAX] = "";
    struct recorder_thread *t = NULL;
    struct recorder_thread_config c = {
        .workers = 1, .tap_mailbox = 64, .wake_control = wake, .wake_ctx = r};
    c.writer =
        (struct writer_config){.dir = r->dir, .kek_file = r->kek, .flush_every = 4 * US_PER_S};
    c.recorder = (struct recorder_config){.segment_min = 2 * US_PER_S, .segment_max = 4 * US_PER_S};
    bool ok = recorder_thread_start(&c, &t, why) == OK;
    if (!ok) {
        printf("# %s\n", why);
    }
    recorder_thread_stop(t);
    return ok;
}

static struct jobs_thread_config config(struct rig *r) {
    return (struct jobs_thread_config){.dir = r->dir,
                                       .kek_file = r->kek,
                                       .helper = {ORIEL_MEDIA, 1024, 600, 60 * US_PER_S},
                                       .helpers = 2,
                                       .queue = 4,
                                       .every = 2 * US_PER_S,
                                       .most = 10,
                                       .thumbnail_width = 160,
                                       .width = 320,
                                       .height = 180,
                                       .fps = 10,
                                       .keep = 3600 * US_PER_S,
                                       .wake = wake,
                                       .wake_ctx = r};
}

static bool rig_make(struct rig *r) {
    char command[512];
    *r = (struct rig){.dir = "/tmp/oriel-jobs-XXXXXX"};
    r->notes = eventfd(0, EFD_CLOEXEC);
    if (!mkdtemp(r->dir)) {
        return false;
    }
    snprintf(r->kek, sizeof(r->kek), "%s/kek", r->dir);
    snprintf(command, sizeof(command), "cp -r %s/recorder/kept/0.1/state/. %s && chmod 600 %s",
             TEST_DATA, r->dir, r->kek);
    return system(command) == 0 && upgrade(r);
}

static bool rig_start(struct rig *r, const struct jobs_thread_config *c) {
    char why[WHY_MAX] = "";
    bool ok = jobs_thread_start(c, &r->jobs, why) == OK;
    if (!ok) {
        printf("# %s\n", why);
    }
    return ok;
}

static bool rig_open(struct rig *r) {
    struct jobs_thread_config c;
    bool ok = rig_make(r);
    c = config(r);
    return ok && rig_start(r, &c);
}

static void rig_close(struct rig *r) {
    char command[128];
    r->jobs = jobs_thread_stop(r->jobs);
    r->said = mem_free(r->said);
    close(r->notes);
    snprintf(command, sizeof(command), "rm -r %s", r->dir);
    CHECK(system(command) == 0);
}

/* The answer; its text is in r->said. */
static enum err ask(struct rig *r, struct job_request q) {
    struct job_reply reply;
    struct pollfd p = {.fd = r->notes, .events = POLLIN};
    uint64_t count;
    q.req = 7;
    if (!*q.recording) {
        snprintf(q.recording, sizeof(q.recording), "%s", RECORDING);
    }
    CHECK(jobs_thread_post(r->jobs, &q));
    for (;;) {
        jobs_thread_listen(r->jobs);
        if (jobs_thread_reply(r->jobs, &reply)) {
            break;
        }
        if (poll(&p, 1, PATIENCE_MS) != 1 || read(r->notes, &count, sizeof(count)) < 0) {
            return ERR_AGAIN;
        }
    }
    mem_free(r->said);
    r->said = reply.data;
    r->number = reply.number;
    return (enum err)reply.error;
}

/* Ask again and again until the answer holds this text. Each question is a round trip through both
 * threads, so that this waits for the event as fast as it can come. */
static bool ask_until(struct rig *r, struct job_request q, const char *text) {
    us_t end = clock_now() + PATIENCE_MS * US_PER_MS;
    while (clock_now() < end) {
        if (ask(r, q) != OK) {
            return false;
        }
        if (strstr(r->said, text)) {
            return true;
        }
        poll(NULL, 0, 5);
    }
    printf("# %s\n", r->said);
    return false;
}

static bool marked(const struct rig *r) {
    char path[160];
    struct stat st;
    snprintf(path, sizeof(path), "%s/derived/%s", r->dir, RECORDING);
    return stat(path, &st) == 0;
}

TEST(jobs_make_thumbnails_when_they_are_asked_for) {
    struct rig r;
    REQUIRE(rig_open(&r));
    struct job_request q = {.type = JOB_THUMBNAILS};
    EXPECT_EQ(ask(&r, q), OK);
    EXPECT_STR(r.said, "{\"state\":\"making\",\"thumbnails\":[]}");
    EXPECT(ask_until(&r, q, "\"ready\""));
    EXPECT(r.said && strstr(r.said, "\"width\":160"));
    EXPECT_EQ(jobs_thread_counters(r.jobs).done, 1);
    EXPECT_EQ(jobs_thread_signers(r.jobs)->n, 1);
    EXPECT_EQ(jobs_thread_counters(r.jobs).failed, 0);
    rig_close(&r);
}

TEST(jobs_export_cancel_and_remove) {
    struct rig r;
    REQUIRE(rig_open(&r));
    struct job_request start = {.type = JOB_EXPORT_START}, one = {.type = JOB_EXPORT_GET};
    struct job_request gone = {.type = JOB_EXPORT_REMOVE}, all = {.type = JOB_EXPORT_LIST};
    EXPECT_EQ(ask(&r, start), OK);
    EXPECT_EQ(r.number, 0);
    EXPECT_EQ(ask(&r, start), OK);
    EXPECT_EQ(r.number, 1);
    gone.number = 1;
    EXPECT_EQ(ask(&r, gone), OK); /* waits, or runs */
    EXPECT(ask_until(&r, one, "\"done\""));
    EXPECT(marked(&r));
    EXPECT_EQ(ask(&r, all), OK);
    EXPECT(r.said && strstr(r.said, "\"number\":0") && !strstr(r.said, "\"number\":1"));
    gone.number = 0;
    EXPECT_EQ(ask(&r, gone), OK);
    EXPECT_EQ(ask(&r, gone), ERR_UNKNOWN);
    EXPECT_EQ(ask(&r, one), ERR_UNKNOWN);
    EXPECT_EQ(ask(&r, all), OK);
    EXPECT_STR(r.said, "{\"exports\":[]}");
    EXPECT_EQ(ask(&r, start), OK);
    EXPECT_EQ(r.number, 1); /* 0 was used */
    rig_close(&r);
}

TEST(jobs_that_fail_harm_no_other) {
    struct rig r;
    REQUIRE(rig_make(&r));
    struct jobs_thread_config c = config(&r);
    c.helper.program = "/bin/false";
    REQUIRE(rig_start(&r, &c));
    struct job_request start = {.type = JOB_EXPORT_START}, one = {.type = JOB_EXPORT_GET};
    EXPECT_EQ(ask(&r, start), OK);
    EXPECT(ask_until(&r, one, "\"failed\""));
    EXPECT(r.said && strstr(r.said, "\"error\":\"the media helper ended early (status 1)\""));
    struct job_request looks = {.type = JOB_THUMBNAILS};
    EXPECT(ask_until(&r, looks, "\"failed\""));
    EXPECT_EQ(jobs_thread_counters(r.jobs).failed, 2);
    r.jobs = jobs_thread_stop(r.jobs);
    c.helper.program = ORIEL_MEDIA;
    REQUIRE(rig_start(&r, &c));
    EXPECT(ask_until(&r, looks, "\"ready\""));
    rig_close(&r);
}

TEST(jobs_have_limits) {
    struct rig r;
    REQUIRE(rig_make(&r));
    struct jobs_thread_config c = config(&r);
    c.helpers = 1;
    c.queue = 2;
    REQUIRE(rig_start(&r, &c));
    struct job_request start = {.type = JOB_EXPORT_START};
    unsigned taken = 0;
    enum err e = OK;
    for (unsigned i = 0; i < 50 && e == OK; i++) {
        e = ask(&r, start);
        taken += e == OK;
    }
    EXPECT_EQ(e, ERR_FULL);
    EXPECT(taken >= 3 && taken < 20);
    r.jobs = jobs_thread_stop(r.jobs); /* in the middle of it */
    c.reserve = UINT64_MAX;            /* no disk has that much free */
    REQUIRE(rig_start(&r, &c));
    struct job_request one = {.type = JOB_EXPORT_GET};
    EXPECT_EQ(ask(&r, start), OK);
    one.number = r.number;
    EXPECT(ask_until(&r, one, "\"error\":\"no_space\""));
    r.jobs = jobs_thread_stop(r.jobs);
    c.helpers = 0;
    REQUIRE(rig_start(&r, &c));
    EXPECT_EQ(ask(&r, start), ERR_BUSY);
    rig_close(&r);
}

TEST(jobs_answer_for_the_tours_of_a_token_only) {
    struct rig r;
    REQUIRE(rig_open(&r));
    struct job_request q = {.type = JOB_THUMBNAILS};
    snprintf(q.tour, sizeof(q.tour), "another");
    EXPECT_EQ(ask(&r, q), ERR_DENIED);
    snprintf(q.recording, sizeof(q.recording), "00000000000000000000000000000000");
    q.tour[0] = '\0';
    EXPECT_EQ(ask(&r, q), ERR_UNKNOWN);
    rig_close(&r);
}

/* Exports that are too old, and what a process that died has left, are removed at the next start.
 */
TEST(jobs_sweep_when_they_begin) {
    struct rig r;
    char path[200];
    REQUIRE(rig_open(&r));
    struct job_request start = {.type = JOB_EXPORT_START}, one = {.type = JOB_EXPORT_GET};
    EXPECT_EQ(ask(&r, start), OK);
    EXPECT(ask_until(&r, one, "\"done\""));
    r.jobs = jobs_thread_stop(r.jobs);
    snprintf(path, sizeof(path), "%s/objects/recordings/%s/exports/9-0.exp", r.dir, RECORDING);
    FILE *f = fopen(path, "wb");
    REQUIRE(f && fputs("left behind", f) >= 0 && fclose(f) == 0);
    struct jobs_thread_config c = config(&r);
    REQUIRE(rig_start(&r, &c));
    EXPECT(ask_until(&r, one, "\"done\"")); /* not too old */
    r.jobs = jobs_thread_stop(r.jobs);
    EXPECT(access(path, F_OK) != 0);
    EXPECT(marked(&r));
    c.keep = 0;
    REQUIRE(rig_start(&r, &c));
    for (int i = 0; i < 1000 && marked(&r); i++) {
        poll(NULL, 0, 5);
    }
    EXPECT(!marked(&r));
    EXPECT_EQ(ask(&r, one), ERR_UNKNOWN);
    rig_close(&r);
}

static bool has_objects(const struct rig *r) {
    char path[200];
    snprintf(path, sizeof(path), "%s/objects/recordings/%s/journal/0.jnl", r->dir, RECORDING);
    return access(path, F_OK) == 0;
}

TEST(jobs_hold_release_and_shred) {
    struct rig r;
    REQUIRE(rig_open(&r));
    struct job_request hold = {.type = JOB_HOLD, .who = "ann", .why = "a court asks"};
    struct job_request held = {.type = JOB_HELD}, release = {.type = JOB_RELEASE};
    struct job_request shred = {.type = JOB_SHRED, .who = "bob"}, person = shred;
    struct job_request start = {.type = JOB_EXPORT_START}, one = {.type = JOB_EXPORT_GET};
    EXPECT_EQ(ask(&r, held), OK);
    EXPECT_STR(r.said, "{\"held\":false}");
    EXPECT_EQ(ask(&r, hold), OK);
    EXPECT_EQ(ask(&r, held), OK);
    EXPECT(r.said && strstr(r.said, "\"by\":\"ann\",\"reason\":\"a court asks\"}"));
    person.participant = 5;
    EXPECT_EQ(ask(&r, shred), ERR_DENIED);
    EXPECT_EQ(ask(&r, release), OK);
    EXPECT_EQ(ask(&r, release), ERR_UNKNOWN);
    EXPECT_EQ(ask(&r, person), ERR_UNSUPPORTED); /* of the first release: under one key */
    EXPECT(has_objects(&r));
    /* In the middle of an export, of which nothing may stay. */
    EXPECT_EQ(ask(&r, start), OK);
    EXPECT_EQ(ask(&r, shred), OK);
    EXPECT_EQ(r.number, 0);
    EXPECT(!has_objects(&r));
    EXPECT_EQ(ask(&r, one), ERR_UNKNOWN);
    EXPECT_EQ(jobs_thread_counters(r.jobs).failed, 0);
    EXPECT_EQ(ask(&r, shred), OK); /* said twice */
    EXPECT_EQ(ask(&r, hold), ERR_UNKNOWN);
    snprintf(shred.recording, sizeof(shred.recording), "00000000000000000000000000000000");
    EXPECT_EQ(ask(&r, shred), ERR_UNKNOWN);
    rig_close(&r);
}

static struct store disk; /* what it is behind one that removes nothing */
static bool away;

static enum err remove_unless_away(void *ctx, const char *name) {
    return away ? ERR_IO : disk.remove(ctx, name);
}

/* The keys go first, and what a store does not remove is tried again until it has. */
TEST(jobs_shred_goes_on_until_the_store_has_removed_everything) {
    struct rig r;
    char objects[96], why[WHY_MAX] = "";
    struct library *l = NULL;
    struct job_orders o = {0};
    struct job_request q = {.type = JOB_SHRED, .recording = RECORDING, .who = "ann"};
    struct job_reply reply = {0};
    struct library_media *m = NULL;
    REQUIRE(rig_make(&r));
    snprintf(objects, sizeof(objects), "%s/objects", r.dir);
    REQUIRE(store_local_open(objects, &disk) == OK);
    struct store store = disk;
    store.remove = remove_unless_away;
    struct library_config c = {
        .dir = r.dir, .kek_file = r.kek, .store = &store, .rng = clock_rng()};
    REQUIRE(library_open(&c, &l, why) == OK);
    away = true;
    EXPECT_EQ(job_order(&o, l, &q, &reply), OK);
    EXPECT_EQ(reply.number, 1);
    EXPECT(has_objects(&r));
    EXPECT_EQ(library_media_open(l, RECORDING, "programme", 0, &m), ERR_UNKNOWN);
    EXPECT_EQ(library_shredded(l, RECORDING, 0, NULL), OK);
    EXPECT_EQ(job_order(&o, l, &q, &reply), OK); /* asked again meanwhile */
    EXPECT_EQ(o.n, 1);
    us_t now = o.due - 1;
    away = false;
    job_orders_tick(&o, l, now);
    EXPECT(has_objects(&r)); /* it is not time yet */
    away = true;
    job_orders_tick(&o, l, now + 1);
    EXPECT_EQ(o.n, 1);
    away = false;
    job_orders_tick(&o, l, now + 1); /* that was an attempt: not time again */
    EXPECT(has_objects(&r));
    job_orders_tick(&o, l, o.due);
    EXPECT_EQ(o.n, 0);
    EXPECT(!has_objects(&r));
    library_close(l);
    store_local_close(&disk);
    rig_close(&r);
}

/* In any file of the directory, logs and free pages included. */
static bool is_anywhere(const struct rig *r, const char *text) {
    char command[200];
    snprintf(command, sizeof(command), "grep -rqaF '%s' %s", text, r->dir);
    int status = system(command);
    CHECK(status == 0 || WEXITSTATUS(status) == 1);
    return status == 0;
}

/* A server that died right behind the keys: what the catalogue says of it is forgotten by the next
 * one. */
TEST(jobs_finish_a_shred_that_died_in_the_middle) {
    struct rig r;
    char path[128];
    struct wraps *w = NULL;
    struct wraps_order by = {{1}, "ann", "asked to"};
    struct key_context c = {.subject = 0};
    struct job_request list = {.type = JOB_EXPORT_LIST};
    REQUIRE(rig_make(&r));
    snprintf(path, sizeof(path), "%s/wraps.db", r.dir);
    REQUIRE(id_parse(RECORDING, &c.recording));
    REQUIRE(wraps_open(path, false, &w) == OK);
    EXPECT_EQ(wraps_shred(w, &c, &by), OK);
    wraps_close(w);
    EXPECT(has_objects(&r) && is_anywhere(&r, "kitchen")); /* a chapter */
    struct jobs_thread_config config_of = config(&r);
    REQUIRE(rig_start(&r, &config_of));
    for (int i = 0; i < 1000 && has_objects(&r); i++) {
        (void)ask(&r, list); /* a round trip through the thread */
        poll(NULL, 0, 5);
    }
    EXPECT(!has_objects(&r));
    EXPECT(!is_anywhere(&r, "kitchen"));
    rig_close(&r);
}

TEST(markers_are_files_that_may_be_missing) {
    char dir[] = "/tmp/oriel-markers-XXXXXX";
    char path[128];
    REQUIRE(mkdtemp(dir));
    markers_remove(dir, RECORDING);
    EXPECT_EQ(markers_put(dir, RECORDING), OK);
    EXPECT_EQ(markers_put(dir, RECORDING), OK);
    markers_remove(dir, RECORDING);
    EXPECT_EQ(markers_put("/nowhere", RECORDING), ERR_IO);
    snprintf(path, sizeof(path), "%s/derived", dir);
    EXPECT(rmdir(path) == 0 && rmdir(dir) == 0);
}
