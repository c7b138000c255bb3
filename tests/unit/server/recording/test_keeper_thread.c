/* The keeper's thread on a folder with a recording of an earlier release. Run under
 * ThreadSanitizer. */
#include "server/recording/keeper_thread.h"

#include "server/os/clock.h"
#include "server/recording/recorder_thread.h"
#include "tests/unit/server/tasks.h"
#include "tests/unit/test.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_MS 20000

struct rig {
    char dir[64];
    struct config *config;
    struct keeper_thread *keeper;
    _Atomic unsigned woken;
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

static void rig_begin(struct rig *r, const char *quota) {
    char text[512], command[512], why[WHY_MAX] = "";
    *r = (struct rig){.dir = "/tmp/oriel-keeper-XXXXXX"};
    CHECK(mkdtemp(r->dir));
    snprintf(command, sizeof(command), "cp -r %s/recorder/kept/0.1/state/. %s && chmod 600 %s/kek",
             TEST_DATA, r->dir, r->dir);
    CHECK(system(command) == 0);
    snprintf(text, sizeof(text),
             "{\"recording\": {\"dir\": \"%s\", \"kek_file\": \"%s/kek\", \"sweep_after_s\": 0,"
             " \"quota\": {%s}}}",
             r->dir, r->dir, quota);
    CHECK(config_parse("test", text, strlen(text), &r->config, why) == OK);
    upgrade(r);
    struct keeper_thread_config c = {r->config, NULL, NULL, NULL, wake, r, NULL, NULL, NULL};
    if (keeper_thread_start(&c, &r->keeper, why) != OK) {
        printf("# %s\n", why);
        CHECK(false);
    }
}

static void rig_end(struct rig *r) {
    char command[128];
    r->keeper = keeper_thread_stop(r->keeper);
    r->config = config_free(r->config);
    snprintf(command, sizeof(command), "rm -r %s", r->dir);
    CHECK(system(command) == 0);
}

static struct keeper_state wait_swept(struct rig *r) {
    struct keeper_state s = {0};
    for (int i = 0; i < PATIENCE_MS / 5 && !(s.swept && s.n_providers); i++) {
        keeper_thread_state(r->keeper, &s);
        poll(NULL, 0, 5);
    }
    return s;
}

TEST(keeper_thread_looks_at_everything_once_it_runs) {
    struct rig r;
    rig_begin(&r, "\"recordings\": 1");
    struct keeper_state s = wait_swept(&r);
    EXPECT(s.swept && s.last == KEEPER_OK && s.shredded == 0 && s.orphans == 0);
    EXPECT(s.totals.recordings == 1 && s.totals.bytes > 10000);
    EXPECT(s.n_providers == 1 && !*s.providers[0].reason);
    EXPECT_STR(s.providers[0].name, "file");
    EXPECT(s.quota_reached && keeper_thread_full(r.keeper));
    EXPECT(atomic_load(&r.woken) >= 1);
    EXPECT_EQ(tasks_named("oriel-keeper"), 1);
    rig_end(&r);
    EXPECT_EQ(tasks_named("oriel-keeper"), 0);
}

TEST(keeper_thread_without_a_limit_wakes_nobody) {
    struct rig r;
    rig_begin(&r, "\"recordings\": 2, \"mib\": 1000");
    unsigned before = atomic_load(&r.woken);
    struct keeper_state s = wait_swept(&r);
    EXPECT(s.swept && !s.quota_reached && !keeper_thread_full(r.keeper));
    EXPECT_EQ(atomic_load(&r.woken), before);
    rig_end(&r);
}

static uint64_t space_with(const char *recording) {
    char text[512], why[WHY_MAX] = "";
    struct config *c = NULL;
    snprintf(text, sizeof(text), "{\"recording\": {%s}}", recording);
    if (config_parse("test", text, strlen(text), &c, why) != OK) {
        printf("# %s\n", why);
        CHECK(false);
    }
    uint64_t n = keeper_space(c);
    config_free(c);
    return n;
}

/* What waits for a bucket may lie on another disk: in /proc nothing is free. */
TEST(keeper_space_is_of_the_disk_that_has_least) {
    EXPECT(space_with("\"dir\": \"/tmp\"") > 0);
    EXPECT_EQ(space_with("\"dir\": \"/proc\""), 0);
    EXPECT(space_with("\"dir\": \"/tmp\", \"spool\": {\"dir\": \"/proc\"}") >
           0); /* there is none */
#define BUCKET                                                                       \
    ", \"store\": \"s3\", \"s3\": {\"endpoint\": \"https://a\", \"bucket\": \"b\", " \
    "\"access_key_file\": \"a\", \"secret_key_file\": \"s\"}, \"spool\": {\"dir\": "
    EXPECT(space_with("\"dir\": \"/tmp\"" BUCKET "\"\"}") > 0);
    EXPECT(space_with("\"dir\": \"/tmp\"" BUCKET "\"/tmp\"}") > 0);
    EXPECT_EQ(space_with("\"dir\": \"/tmp\"" BUCKET "\"/proc\"}"), 0);
    EXPECT_EQ(space_with("\"dir\": \"/proc\"" BUCKET "\"/tmp\"}"), 0);
    EXPECT(space_with("\"dir\": \"/tmp\"" BUCKET "\"/nowhere\"}") > 0);
}

/* What cannot be looked at is tried again; it keeps nobody from starting, or from ending. */
TEST(keeper_thread_ends_at_once_when_there_is_nothing_to_look_at) {
    struct keeper_thread *t = NULL;
    struct config *config = NULL;
    struct keeper_state s;
    char why[WHY_MAX] = "";
    const char *text = "{\"recording\": {\"dir\": \"/nowhere/recordings\","
                       " \"kek_file\": \"/nowhere/kek\", \"quota\": {\"recordings\": 1}}}";
    REQUIRE(config_parse("test", text, strlen(text), &config, why) == OK);
    struct keeper_thread_config c = {config, NULL, NULL, NULL, wake, NULL, NULL, NULL, NULL};
    REQUIRE(keeper_thread_start(&c, &t, why) == OK);
    us_t begun = clock_now();
    keeper_thread_state(t, &s);
    EXPECT(!s.swept && !keeper_thread_full(t));
    EXPECT(keeper_thread_stop(t) == NULL);
    EXPECT(clock_now() - begun < 10 * US_PER_S);
    EXPECT(keeper_thread_stop(NULL) == NULL);
    config_free(config);
}
