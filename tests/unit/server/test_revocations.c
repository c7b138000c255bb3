#include "server/revocations.h"

#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#define A "00000000000000000000000000000001"
#define B "00000000000000000000000000000002"
#define TTL (300 * US_PER_S)

static bool has(const struct revocations *r, const char *recording, const char *sub, int64_t at) {
    return revocations_has(r, recording, sub, (wall_t){at});
}

TEST(revocations_are_of_one_recording_and_subject) {
    static struct revocations r;
    memset(&r, 0, sizeof(r));
    EXPECT(!has(&r, A, "ann", 1));
    revocations_add(&r, A, "ann", (wall_t){1000}, TTL);
    EXPECT(has(&r, A, "ann", 1000));
    EXPECT(has(&r, A, "ann", 5));
    EXPECT(!has(&r, A, "ann", 1001)); /* issued since */
    EXPECT(!has(&r, B, "ann", 5));
    EXPECT(!has(&r, A, "bob", 5));
    EXPECT(!has(&r, A, "", 5));
    revocations_add(&r, A, "ann", (wall_t){2000}, TTL);
    EXPECT(has(&r, A, "ann", 1500));
    EXPECT_EQ(r.n, 1);
    revocations_add(&r, B, "", (wall_t){3000}, TTL);
    EXPECT(has(&r, B, "bob", 3000));
    EXPECT(!has(&r, B, "bob", 3001));
}

TEST(revocations_are_forgotten_with_the_tickets_and_never_too_early) {
    static struct revocations r;
    char sub[16];
    memset(&r, 0, sizeof(r));
    for (unsigned i = 0; i < REVOCATIONS; i++) {
        snprintf(sub, sizeof(sub), "s%u", i);
        revocations_add(&r, A, sub, (wall_t){1000 + i}, TTL);
    }
    EXPECT_EQ(r.n, REVOCATIONS);
    EXPECT(has(&r, A, "s0", 1000));
    /* One more, while all are needed: then every ticket of before is void. */
    revocations_add(&r, A, "x", (wall_t){5000}, TTL);
    EXPECT(has(&r, A, "s0", 1000));
    EXPECT(has(&r, B, "somebody", 5000));
    EXPECT(!has(&r, B, "somebody", 5001));
    for (unsigned i = 0; i < REVOCATIONS; i++) {
        snprintf(sub, sizeof(sub), "t%u", i);
        revocations_add(&r, A, sub, (wall_t){6000 + i}, TTL);
    }
    revocations_add(&r, A, "late", (wall_t){6000 + REVOCATIONS + TTL}, TTL);
    EXPECT_EQ(r.n, 1); /* the others' tickets have ended by themselves */
    EXPECT(has(&r, A, "late", 6000 + TTL));
}
