/* The verifier's thread on a folder with a recording of an earlier release. Run under
 * ThreadSanitizer. */
#include "server/recording/verifier_thread.h"

#include "server/os/clock.h"
#include "server/recording/recorder_thread.h"
#include "tests/unit/server/tasks.h"
#include "tests/unit/test.h"

#include <dirent.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_MS 60000

struct rig {
    char dir[64], id[RECORDING_ID_LEN + 1], segment[512];
    struct config *config;
    struct verifier_thread *verifier;
    _Atomic unsigned woken;
    unsigned ended;
    struct verification last; /* texts of it are not to be looked at */
};

static void wake(void *ctx) {
    atomic_fetch_add(&((struct rig *)ctx)->woken, 1);
}

/* What the recorder of this release makes of the older directory. */
static void upgrade(struct rig *r) {
    char why[WHY_MAX] = "";
    struct recorder_thread *t = NULL;
    struct recorder_thread_config c = {
        .workers = 1, .tap_mailbox = 64, .wake_control = wake, .wake_ctx = r};
    c.writer = (struct writer_config){.dir = r->config->recording_dir,
                                      .kek_file = r->config->recording_kek_file,
                                      .flush_every = 4 * US_PER_S};
    c.recorder = (struct recorder_config){.segment_min = 2 * US_PER_S, .segment_max = 4 * US_PER_S};
    CHECK(recorder_thread_start(&c, &t, why) == OK);
    recorder_thread_stop(t);
}

/* The one recording, and a segment of its programme. */
static void find_recording(struct rig *r) {
    char path[256];
    snprintf(path, sizeof(path), "%s/objects/recordings", r->dir);
    DIR *d = opendir(path);
    CHECK(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (e->d_name[0] != '.') {
            snprintf(r->id, sizeof(r->id), "%.32s", e->d_name);
        }
    }
    closedir(d);
    snprintf(r->segment, sizeof(r->segment), "%s/%s/programme/0-1.seg", path, r->id);
}

static void rig_begin(struct rig *r) {
    char text[512], command[512], why[WHY_MAX] = "";
    *r = (struct rig){.dir = "/tmp/oriel-verifier-XXXXXX"};
    CHECK(mkdtemp(r->dir));
    snprintf(command, sizeof(command), "cp -r %s/recorder/kept/0.1/state/. %s && chmod 600 %s/kek",
             TEST_DATA, r->dir, r->dir);
    CHECK(system(command) == 0);
    snprintf(text, sizeof(text), "{\"recording\": {\"dir\": \"%s\", \"kek_file\": \"%s/kek\"}}",
             r->dir, r->dir);
    CHECK(config_parse("test", text, strlen(text), &r->config, why) == OK);
    upgrade(r);
    find_recording(r);
    const struct verifier_thread_config c = {r->config, wake, r};
    if (verifier_thread_start(&c, &r->verifier, why) != OK) {
        printf("# %s\n", why);
        CHECK(false);
    }
}

static void rig_end(struct rig *r) {
    char command[128];
    r->verifier = verifier_thread_stop(r->verifier);
    r->config = config_free(r->config);
    snprintf(command, sizeof(command), "rm -r %s", r->dir);
    CHECK(system(command) == 0);
}

static void ended(void *ctx, const struct verification *v) {
    struct rig *r = ctx;
    r->ended++;
    r->last = *v;
}

/* Order a check and wait for its end. */
static const struct verification *check(struct rig *r, const char *id) {
    unsigned before = r->ended;
    EXPECT(verifier_thread_order(r->verifier, id, "olga", clock_wall()) != NULL);
    for (int i = 0; i < PATIENCE_MS / 5 && r->ended == before; i++) {
        verifier_thread_service(r->verifier, ended, r);
        poll(NULL, 0, 5);
    }
    EXPECT_EQ(r->ended, before + 1);
    return verifier_thread_find(r->verifier, id);
}

static void flip(const char *path) {
    FILE *f = fopen(path, "r+");
    CHECK(f && fseek(f, 1000, SEEK_SET) == 0);
    int c = fgetc(f);
    CHECK(fseek(f, 1000, SEEK_SET) == 0 && fputc(c ^ 1, f) != EOF);
    fclose(f);
}

TEST(verifier_thread_finds_what_was_changed_and_only_that) {
    struct rig r;
    rig_begin(&r);
    EXPECT(verifier_thread_find(r.verifier, r.id) == NULL);
    const struct verification *v = check(&r, r.id);
    EXPECT(v->state == VERIFICATION_ENDED && v->end.result == VERIFICATION_OK && v->end.opened);
    EXPECT(v->n_findings == 0 && v->ended.us >= v->ordered.us);
    EXPECT(atomic_load(&r.woken) >= 1);
    flip(r.segment);
    v = check(&r, r.id);
    EXPECT(v->end.result == VERIFICATION_DAMAGED && v->end.opened);
    EXPECT(v->n_findings == 1 && v->left_out == 0);
    REQUIRE(v->findings != NULL);
    EXPECT(strstr(v->findings, "\"problem\":\"changed\",\"kind\":\"media\",\"track\":\"programme\","
                               "\"epoch\":0,\"segment\":1}") != NULL);
    flip(r.segment);
    EXPECT_EQ(check(&r, r.id)->end.result, VERIFICATION_OK);
    struct verifier_counters n = verifier_thread_counters(r.verifier);
    EXPECT(n.ended[VERIFICATION_OK] == 2 && n.ended[VERIFICATION_DAMAGED] == 1);
    EXPECT_EQ(n.under_way, 0);
    EXPECT_EQ(tasks_named("oriel-verifier"), 1);
    rig_end(&r);
    EXPECT_EQ(tasks_named("oriel-verifier"), 0);
}

/* Without its key file the sealed objects can be checked; without the folder nothing can. */
TEST(verifier_thread_says_what_kept_it) {
    struct rig r;
    char command[256];
    rig_begin(&r);
    EXPECT_EQ(check(&r, "00000000000000000000000000000000")->end.error, ERR_UNKNOWN);
    EXPECT_EQ(r.last.end.result, VERIFICATION_FAILED);
    snprintf(command, sizeof(command), "mv %s/wraps.db %s/elsewhere && mkdir %s/wraps.db", r.dir,
             r.dir, r.dir);
    CHECK(system(command) == 0);
    check(&r, r.id);
    EXPECT(r.last.end.result == VERIFICATION_FAILED && r.last.end.error != OK);
    snprintf(command, sizeof(command), "rmdir %s/wraps.db && mv %s/elsewhere %s/wraps.db", r.dir,
             r.dir, r.dir);
    CHECK(system(command) == 0);
    EXPECT_EQ(check(&r, r.id)->end.result, VERIFICATION_OK);
    rig_end(&r);
}

TEST(verifier_thread_ends_at_once_with_checks_waiting) {
    struct rig r;
    char id[RECORDING_ID_LEN + 1];
    rig_begin(&r);
    for (unsigned i = 0; i < VERIFICATIONS_UNDER_WAY; i++) {
        snprintf(id, sizeof(id), "%032x", i);
        EXPECT(verifier_thread_order(r.verifier, i ? id : r.id, "olga", clock_wall()) != NULL);
    }
    snprintf(id, sizeof(id), "%032x", VERIFICATIONS_UNDER_WAY);
    EXPECT(verifier_thread_order(r.verifier, id, "olga", clock_wall()) == NULL);
    EXPECT(verifier_thread_order(r.verifier, r.id, "olga", clock_wall()) != NULL); /* the same */
    verifier_thread_ring(r.verifier);
    rig_end(&r);
    EXPECT_EQ(r.ended, 0);
}
