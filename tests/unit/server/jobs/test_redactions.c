/* Orders to redact, as the jobs thread carries them out: looked at as a whole, finished whatever
 * the store does, given again. */
#include "base/alloc.h"
#include "recorder/store/store_local.h"
#include "server/jobs/job_orders.h"
#include "server/os/clock.h"
#include "server/recording/recorder_thread.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDING "bd29c5944a90aa6f1774815854a21d9a"
#define ANNS "b765cfa460c1dac8a1689ee67de5790b" /* a track of three segments, as the programme */
#define OTHER "e75ba6519f6dfae571eb1888768f2a20"
#define OLD_RECORDING "771a43ed435f21b53a4f1f42be4c34b5" /* of before there were trees of keys */

static bool away; /* the store removes nothing */
static struct store disk;

static enum err remove_unless_away(void *ctx, const char *name) {
    return away ? ERR_IO : disk.remove(ctx, name);
}

struct rig {
    char dir[64], kek[96];
    struct store store;
    struct library *library;
    struct job_orders orders;
    struct job_reply reply;
};

static void wake(void *ctx) {
    (void)ctx;
}

/* What the recorder of this release makes of the older directory. */
static bool upgrade(struct rig *r) {
    char why[WHY_MAX] = "";
    struct recorder_thread *t = NULL;
    struct recorder_thread_config c = {.workers = 1, .tap_mailbox = 64, .wake_control = wake};
    c.writer =
        (struct writer_config){.dir = r->dir, .kek_file = r->kek, .flush_every = 4 * US_PER_S};
    c.recorder = (struct recorder_config){.segment_min = 2 * US_PER_S, .segment_max = 4 * US_PER_S};
    bool ok = recorder_thread_start(&c, &t, why) == OK;
    recorder_thread_stop(t);
    return ok;
}

static bool rig_open(struct rig *r, const char *kept) {
    char command[512], objects[96], why[WHY_MAX];
    *r = (struct rig){.dir = "/tmp/oriel-redactions-XXXXXX"};
    away = false;
    if (!mkdtemp(r->dir)) {
        return false;
    }
    snprintf(r->kek, sizeof(r->kek), "%s/kek", r->dir);
    snprintf(objects, sizeof(objects), "%s/objects", r->dir);
    snprintf(command, sizeof(command),
             "cp -r %s/recorder/kept/%s/state/. %s && cd %s && find . -maxdepth 1 -type f -exec "
             "chmod 600 {} +",
             TEST_DATA, kept, r->dir, r->dir);
    if (system(command) != 0 || !upgrade(r) || store_local_open(objects, &disk) != OK) {
        return false;
    }
    r->store = disk;
    r->store.remove = remove_unless_away;
    struct library_config c = {
        .dir = r->dir, .kek_file = r->kek, .store = &r->store, .rng = clock_rng()};
    return library_open(&c, &r->library, why) == OK;
}

static void rig_close(struct rig *r) {
    char command[128];
    library_close(r->library);
    store_local_close(&disk);
    snprintf(command, sizeof(command), "rm -r %s", r->dir);
    CHECK(system(command) == 0);
}

static enum err order(struct rig *r, const struct job_request *q) {
    r->reply = (struct job_reply){0};
    return job_order(&r->orders, r->library, q, &r->reply);
}

/* Of the programme and Ann's own track, what of it was recorded from 1 s on. */
static struct job_request two_tracks(void) {
    return (struct job_request){.type = JOB_REDACT,
                                .recording = RECORDING,
                                .who = "olga",
                                .why = "a number was said",
                                .from = US_PER_S,
                                .to = US_PER_S + 1,
                                .n_tracks = 2,
                                .tracks = {PROGRAMME_TRACK, ANNS}};
}

static bool is_there(const struct rig *r, const char *track, unsigned number) {
    char path[256];
    snprintf(path, sizeof(path), "%s/objects/recordings/%s/%s/0-%u.seg", r->dir, RECORDING, track,
             number);
    return access(path, F_OK) == 0;
}

/* How many of a track's segments are in the store. */
static unsigned stored(const struct rig *r, const char *track) {
    unsigned n = 0;
    for (unsigned i = 0; i < 8; i++) {
        n += is_there(r, track, i);
    }
    return n;
}

/* Whether the details say that something was taken out of the track. */
static bool says_redacted(struct rig *r, const char *track) {
    char *json = NULL, text[96];
    snprintf(text, sizeof(text), "{\"track\":\"%s\",\"from_ms\":", track);
    EXPECT_EQ(library_recording_json(r->library, RECORDING, &json), OK);
    const char *redacted = json ? strstr(json, "\"redacted\":[") : NULL;
    bool says = redacted && strstr(redacted, text);
    mem_free(json);
    return says;
}

static void say_finding(void *ctx, const char *object, const char *what) {
    (void)ctx;
    printf("# %s: %s\n", object, what);
}

static uint64_t size_of(struct rig *r, const char *track) {
    struct library_media *m = NULL;
    EXPECT_EQ(library_media_open(r->library, RECORDING, track, 0, &m), OK);
    uint64_t n = m ? library_media_size(m) : 0;
    library_media_close(m);
    return n;
}

TEST(redaction_takes_a_span_out_of_several_tracks_and_nothing_else) {
    struct rig r;
    struct job_request q = two_tracks();
    REQUIRE(rig_open(&r, "0.1-trees"));
    uint64_t before = size_of(&r, PROGRAMME_TRACK), other = size_of(&r, OTHER);
    unsigned stayed = stored(&r, OTHER);
    EXPECT_EQ(order(&r, &q), OK);
    EXPECT(r.orders.destroyed);
    EXPECT(r.reply.number == 0 && r.orders.n == 0);
    EXPECT_EQ(stored(&r, PROGRAMME_TRACK), 2);
    EXPECT_EQ(stored(&r, ANNS), 2);
    EXPECT_EQ(stored(&r, OTHER), stayed);
    EXPECT(says_redacted(&r, PROGRAMME_TRACK) && says_redacted(&r, ANNS));
    EXPECT(!says_redacted(&r, OTHER));
    EXPECT(size_of(&r, PROGRAMME_TRACK) < before);
    EXPECT_EQ(size_of(&r, OTHER), other);
    EXPECT_EQ(library_verify(r.library, RECORDING, say_finding, NULL), OK);
    EXPECT_EQ(library_verify_chain(r.library, RECORDING, say_finding, NULL), OK);
    /* Given again it finds nothing to do, and says so as the first time. */
    uint64_t left = size_of(&r, PROGRAMME_TRACK);
    EXPECT_EQ(order(&r, &q), OK);
    EXPECT(!r.orders.destroyed && r.reply.number == 0);
    EXPECT_EQ(size_of(&r, PROGRAMME_TRACK), left);
    rig_close(&r);
}

TEST(redaction_is_refused_as_a_whole) {
    struct rig r;
    struct job_request q = two_tracks(), hold = {.type = JOB_HOLD, .recording = RECORDING};
    struct job_request shred = {.type = JOB_SHRED, .recording = RECORDING}, gone = q;
    REQUIRE(rig_open(&r, "0.1-trees"));
    snprintf(q.tracks[1], sizeof(q.tracks[1]), "%032x", 9u);
    EXPECT_EQ(order(&r, &q), ERR_UNKNOWN);
    EXPECT_EQ(r.reply.number, 2); /* which */
    q = two_tracks();
    q.from = 9999 * US_PER_S;
    q.to = q.from + 1;
    EXPECT_EQ(order(&r, &q), ERR_RANGE);
    q = two_tracks();
    EXPECT_EQ(order(&r, &hold), OK);
    EXPECT_EQ(order(&r, &q), ERR_DENIED);
    EXPECT(!r.orders.destroyed);
    EXPECT(stored(&r, PROGRAMME_TRACK) == 3 && stored(&r, ANNS) == 3);
    EXPECT(!says_redacted(&r, PROGRAMME_TRACK));
    hold.type = JOB_RELEASE;
    EXPECT_EQ(order(&r, &hold), OK);
    EXPECT_EQ(order(&r, &shred), OK);
    EXPECT_EQ(order(&r, &gone), ERR_UNKNOWN);
    EXPECT_EQ(r.reply.number, 0); /* all of it */
    rig_close(&r);
}

/* A person's own tracks may be gone already when the rest of the moment is to go. */
TEST(redaction_of_somebody_who_was_shredded_is_of_the_rest) {
    struct rig r;
    struct job_request q = two_tracks();
    char *json = NULL, *at;
    REQUIRE(rig_open(&r, "0.1-trees"));
    EXPECT_EQ(library_recording_json(r.library, RECORDING, &json), OK);
    at = json ? strstr(json, "\"type\":\"participant\",\"participant\":\"") : NULL;
    REQUIRE(at);
    struct job_request shred = {.type = JOB_SHRED, .recording = RECORDING, .who = "olga"};
    shred.participant =
        strtoull(at + strlen("\"type\":\"participant\",\"participant\":\""), NULL, 16);
    mem_free(json);
    EXPECT_EQ(order(&r, &shred), OK);
    EXPECT_EQ(stored(&r, ANNS), 0);
    EXPECT_EQ(order(&r, &q), OK);
    EXPECT_EQ(stored(&r, PROGRAMME_TRACK), 2);
    EXPECT(says_redacted(&r, PROGRAMME_TRACK));
    rig_close(&r);
}

TEST(redaction_needs_trees_of_keys) {
    struct rig r;
    struct job_request q = {.type = JOB_REDACT,
                            .recording = OLD_RECORDING,
                            .who = "olga",
                            .to = US_PER_S,
                            .n_tracks = 1,
                            .tracks = {PROGRAMME_TRACK}};
    REQUIRE(rig_open(&r, "0.1"));
    EXPECT_EQ(order(&r, &q), ERR_UNSUPPORTED);
    rig_close(&r);
}

/* The keys go first, and what a store does not remove is tried again until it has. */
TEST(redaction_goes_on_until_the_store_has_removed_everything) {
    struct rig r;
    struct job_request q = two_tracks();
    REQUIRE(rig_open(&r, "0.1-trees"));
    uint64_t before = size_of(&r, PROGRAMME_TRACK);
    away = true;
    EXPECT_EQ(order(&r, &q), OK);
    EXPECT_EQ(r.reply.number, 1);
    EXPECT(stored(&r, PROGRAMME_TRACK) == 3 && stored(&r, ANNS) == 3);
    EXPECT(size_of(&r, PROGRAMME_TRACK) < before); /* what cannot be opened is not shown */
    EXPECT(says_redacted(&r, ANNS));
    EXPECT_EQ(order(&r, &q), OK); /* asked again meanwhile */
    EXPECT_EQ(r.reply.number, 1);
    EXPECT_EQ(r.orders.n, 1);
    job_orders_tick(&r.orders, r.library, r.orders.due);
    EXPECT_EQ(r.orders.n, 1);
    away = false;
    job_orders_tick(&r.orders, r.library, r.orders.due);
    EXPECT_EQ(r.orders.n, 0);
    EXPECT(stored(&r, PROGRAMME_TRACK) == 2 && stored(&r, ANNS) == 2);
    EXPECT_EQ(library_verify(r.library, RECORDING, say_finding, NULL), OK);
    rig_close(&r);
}

/* A server that died behind the keys: the next one finishes it, at its first tick. */
TEST(redaction_that_died_in_the_middle_is_finished_by_the_next_server) {
    struct rig r;
    struct job_request q = two_tracks();
    struct job_orders next = {0};
    REQUIRE(rig_open(&r, "0.1-trees"));
    away = true;
    EXPECT_EQ(order(&r, &q), OK);
    away = false;
    job_orders_begin(&next, r.library);
    EXPECT_EQ(next.n, 1);
    job_orders_tick(&next, r.library, clock_now());
    EXPECT_EQ(next.n, 0);
    EXPECT(stored(&r, PROGRAMME_TRACK) == 2 && stored(&r, ANNS) == 2);
    job_orders_begin(&next, r.library); /* and the one behind it finds nothing left */
    job_orders_tick(&next, r.library, clock_now());
    EXPECT_EQ(next.n, 0);
    EXPECT_EQ(library_verify(r.library, RECORDING, say_finding, NULL), OK);
    rig_close(&r);
}
