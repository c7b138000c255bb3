/* The thread that records. Run under ThreadSanitizer. */
#include "server/audit/audit.h"

#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE (20 * US_PER_S)

static char dir[64], folder[96], key_file[96], why[WHY_MAX];

static struct audit *start(void) {
    struct audit *a = NULL;
    const struct audit_config c = {.log = {folder, 1 << 20},
                                   .key_file = key_file,
                                   .make_key = true,
                                   .keep = 86400 * US_PER_S,
                                   .checkpoint = 1};
    enum err e = audit_start(&c, &a, why);
    if (e != OK) {
        test_fail(__FILE__, __LINE__, "%s: %s", err_name(e), why);
    }
    return a;
}

static void setup(void) {
    snprintf(dir, sizeof(dir), "/tmp/oriel-audit-XXXXXX");
    CHECK(mkdtemp(dir));
    snprintf(folder, sizeof(folder), "%s/audit", dir);
    snprintf(key_file, sizeof(key_file), "%s/signing_key", dir);
}

static void teardown(void) {
    char command[96];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    CHECK(system(command) == 0);
}

static struct audit_state state(const struct audit *a) {
    struct audit_state s;
    audit_state(a, &s);
    return s;
}

static unsigned found[AUDIT_ACTION_COUNT];
static uint64_t counted[AUDIT_ACTION_COUNT];

static bool tell(void *ctx, const struct audit_record *r) {
    (void)ctx;
    found[r->e.what]++;
    counted[r->e.what] += r->e.count;
    return true;
}

static enum audit_fault check(void) {
    struct audit_chain c = {.any_key = true};
    struct audit_place at;
    memset(found, 0, sizeof(found));
    memset(counted, 0, sizeof(counted));
    enum audit_fault f = audit_walk(folder, &c, tell, NULL, &at);
    return f == AUDIT_SOUND ? audit_chain_end(&c) : f;
}

TEST(audit_records_and_signs_what_is_said) {
    setup();
    struct audit *a = start();
    REQUIRE(a);
    audit(a, &(struct audit_act){.what = AUDIT_SERVER_START});
    for (int i = 0; i < 1000; i++) {
        audit(a, &(struct audit_act){.what = AUDIT_RECORDING_PLAY, .sub = "a", .recording = "r"});
    }
    audit_kept(a, &(struct audit_act){.what = AUDIT_RECORDING_SWEEP, .recording = "r"});
    us_t by = clock_now() + PATIENCE;
    while (state(a).recorded < 3 && clock_now() < by) {
    }
    EXPECT(state(a).recorded >= 3);
    audit(a, &(struct audit_act){.what = AUDIT_SERVER_STOP});
    audit_stop(a);
    EXPECT_EQ(check(), AUDIT_SOUND);
    EXPECT_EQ(found[AUDIT_SERVER_START], 1);
    EXPECT_EQ(found[AUDIT_RECORDING_SWEEP], 1);
    EXPECT_EQ(found[AUDIT_SERVER_STOP], 1);
    EXPECT_EQ(found[AUDIT_RECORDING_PLAY], 2);
    EXPECT_EQ(counted[AUDIT_RECORDING_PLAY], 1000);
    EXPECT(found[AUDIT_CHECKPOINT] >= 1);
    teardown();
}

/* Tours do not wait for a log that somebody has touched. */
TEST(audit_starts_on_a_damaged_log) {
    char command[300];
    setup();
    struct audit *a = start();
    REQUIRE(a);
    EXPECT(!state(a).damaged);
    audit(a, &(struct audit_act){.what = AUDIT_RECORDING_SHRED});
    audit_stop(a);
    snprintf(command, sizeof(command), "sed -i '$ s/audit.checkpoint/audit.checkpoinT/' %s/*.jsonl",
             folder);
    CHECK(system(command) == 0);
    a = start();
    REQUIRE(a);
    EXPECT(audit_works(a));
    us_t by = clock_now() + PATIENCE;
    audit(a, &(struct audit_act){.what = AUDIT_SERVER_START});
    while (state(a).recorded < 1 && clock_now() < by) {
    }
    EXPECT(state(a).damaged);
    audit_stop(a);
    EXPECT_EQ(check(), AUDIT_CHANGED);
    teardown();
}

static void count_wake(void *ctx) {
    atomic_fetch_add((atomic_int *)ctx, 1);
}

/* Who waits for a record is woken when it is on the disk, or cannot be. */
TEST(audit_wakes_who_waits_for_the_disk) {
    atomic_int woken = 0;
    char aside[128];
    setup();
    struct audit *a = NULL;
    const struct audit_config c = {.log = {folder, 1 << 20},
                                   .key_file = key_file,
                                   .make_key = true,
                                   .checkpoint = 3600 * US_PER_S,
                                   .wake = count_wake,
                                   .wake_ctx = &woken};
    REQUIRE(audit_start(&c, &a, why) == OK);
    for (int bad = 0; bad < 2; bad++) {
        us_t by = clock_now() + PATIENCE;
        snprintf(aside, sizeof(aside), "%s/aside", dir);
        CHECK(!bad || rename(folder, aside) == 0);
        uint64_t n = audit_await(a, &(struct audit_act){.what = AUDIT_SHRED_ORDER, .sub = "a"});
        EXPECT_EQ(n, bad + 1);
        enum audit_awaited w = audit_awaited(a, n);
        int seen = atomic_load(&woken);
        while (w == AUDIT_WAITS && clock_now() < by) {
            if (atomic_load(&woken) > seen) { /* nobody looks who was not woken */
                seen = atomic_load(&woken);
                w = audit_awaited(a, n);
            }
        }
        EXPECT_EQ(w, bad ? AUDIT_FAILS : AUDIT_ON_DISK);
        if (!bad) {
            EXPECT_EQ(check(), AUDIT_SOUND);
            EXPECT_EQ(found[AUDIT_SHRED_ORDER], 1);
        }
    }
    CHECK(rename(aside, folder) == 0);
    audit_quiet(a);
    audit_stop(a);
    EXPECT_EQ(check(), AUDIT_SOUND);
    EXPECT_EQ(found[AUDIT_SHRED_ORDER], 2);
    teardown();
}

/* The keeper waits, and is told at once when it cannot be. */
TEST(audit_lets_the_keeper_wait_for_the_disk) {
    const struct audit_act order = {.what = AUDIT_SHRED_ORDER, .recording = "r"};
    char aside[128];
    setup();
    struct audit *a = start();
    REQUIRE(a);
    for (int i = 0; i < 20; i++) {
        audit(a, &(struct audit_act){.what = AUDIT_SERVER_RELOAD});
        audit_kept(a, &(struct audit_act){.what = AUDIT_RECORDING_SWEEP, .recording = "r"});
        EXPECT(audit_kept_first(a, &order));
        EXPECT_EQ(check(), AUDIT_SOUND);
        EXPECT(found[AUDIT_SHRED_ORDER] == (unsigned)i + 1);
    }
    snprintf(aside, sizeof(aside), "%s/aside", dir);
    CHECK(rename(folder, aside) == 0);
    EXPECT(!audit_kept_first(a, &order)); /* nobody knew it yet */
    EXPECT(!audit_kept_first(a, &order));
    CHECK(rename(aside, folder) == 0);
    us_t by = clock_now() + PATIENCE;
    while (state(a).failing && clock_now() < by) {
    }
    EXPECT(audit_kept_first(a, &order));
    audit_stop(a);
    EXPECT_EQ(check(), AUDIT_SOUND);
    EXPECT_EQ(found[AUDIT_SHRED_ORDER], 22); /* one that failed was tried again, one was not said */
    EXPECT_EQ(found[AUDIT_RECORDING_SWEEP], 20);
    teardown();
}

TEST(audit_of_nobody_is_nothing) {
    audit(NULL, &(struct audit_act){.what = AUDIT_SERVER_START});
    audit_kept(NULL, &(struct audit_act){.what = AUDIT_SERVER_START});
    EXPECT(audit_kept_first(NULL, &(struct audit_act){.what = AUDIT_SHRED_ORDER}));
    audit_ring(NULL);
    EXPECT(audit_works(NULL));
    EXPECT(audit_stop(NULL) == NULL);
}

/* What cannot be recorded waits; it is told, and goes on where it was. A folder that is gone is a
 * disk that fails, also for root, for whom our tests may run. */
TEST(audit_waits_for_a_disk) {
    char aside[128];
    setup();
    struct audit *a = start();
    REQUIRE(a);
    audit(a, &(struct audit_act){.what = AUDIT_SERVER_START});
    us_t by = clock_now() + PATIENCE;
    while (state(a).recorded < 1 && clock_now() < by) {
    }
    snprintf(aside, sizeof(aside), "%s/aside", dir);
    CHECK(rename(folder, aside) == 0);
    audit(a, &(struct audit_act){.what = AUDIT_RECORDING_SHRED});
    while (!state(a).failing && clock_now() < by) {
    }
    EXPECT(state(a).failing);
    EXPECT(!audit_works(a));
    CHECK(rename(aside, folder) == 0);
    while (state(a).failing && clock_now() < by) {
    }
    EXPECT(audit_works(a));
    audit_stop(a);
    EXPECT_EQ(check(), AUDIT_SOUND);
    EXPECT_EQ(found[AUDIT_RECORDING_SHRED], 1);
    teardown();
}
