/* The thread that reads the log for others. Run under ThreadSanitizer. */
#include "server/audit/audit_reader.h"

#include "server/audit/audit_log.h"
#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE (20 * US_PER_S)
#define TOO_MANY 64

static char dir[64], why[WHY_MAX];
static atomic_int woken;

static void wake(void *ctx) {
    (void)ctx;
    atomic_fetch_add(&woken, 1);
}

static bool next(struct audit_reader *t, struct audit_reply *ret) {
    us_t by = clock_now() + PATIENCE;
    audit_reader_listen(t);
    while (!audit_reader_reply(t, ret)) {
        int seen = atomic_load(&woken);
        while (atomic_load(&woken) == seen) { /* nobody looks who was not woken */
            if (clock_now() > by) {
                return false;
            }
        }
        audit_reader_listen(t);
    }
    return true;
}

static void put(enum audit_action what, const char *sub) {
    struct audit_log *l = NULL;
    const struct audit_log_config c = {dir, 1 << 20};
    struct audit_entry e = {.what = what, .at = clock_wall()};
    snprintf(e.sub, sizeof(e.sub), "%s", sub);
    CHECK(audit_log_open(&c, NULL, clock_wall(), &l, why) == OK);
    CHECK(audit_log_put(l, clock_wall(), &e, 1) == OK);
    audit_log_close(l);
}

TEST(audit_reader_answers_and_says_when_it_is_enough) {
    struct audit_reader *t = NULL;
    struct audit_question q = {.limit = 2, .who = "olga", .outcome = "done"};
    struct audit_reply r = {0};
    char command[96];
    int asked = 0, answered = 0;
    snprintf(dir, sizeof(dir), "/tmp/oriel-audit-XXXXXX");
    CHECK(mkdtemp(dir));
    put(AUDIT_RECORDING_GET, "olga");
    put(AUDIT_RECORDING_SHRED, "vera");
    REQUIRE(audit_reader_start(dir, wake, NULL, &t, why) == OK);
    for (int i = 0; i < TOO_MANY; i++) { /* nobody takes a reply */
        q.req = (uint64_t)asked + 1;
        asked += audit_reader_ask(t, &q);
    }
    EXPECT(asked > 1 && asked < TOO_MANY);
    for (; answered < asked && next(t, &r); answered++) {
        EXPECT_EQ(r.req, answered + 1);
        EXPECT_EQ(r.error, OK);
        EXPECT(r.data && strlen(r.data) == r.len && strstr(r.data, "\"what\":\"recording.get\""));
        EXPECT(r.data && !strstr(r.data, "vera"));
        mem_free(r.data);
    }
    EXPECT_EQ(answered, asked);
    EXPECT(audit_reader_ask(t, &q)); /* there is room again, and the reply is left */
    audit_reader_stop(t);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    CHECK(system(command) == 0);
    REQUIRE(audit_reader_start(dir, wake, NULL, &t, why) == OK);
    REQUIRE(audit_reader_ask(t, &q) && next(t, &r));
    EXPECT(r.error == ERR_UNKNOWN && !r.data);
    audit_reader_stop(t);
    EXPECT(audit_reader_stop(NULL) == NULL);
}
