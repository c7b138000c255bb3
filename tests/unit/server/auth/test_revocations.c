#include "server/auth/revocations.h"

#include "tests/unit/test.h"

#include <stdio.h>
#include <string.h>

#define A "00000000000000000000000000000001"
#define B "00000000000000000000000000000002"
#define TTL (300 * US_PER_S)

static void take_back(struct revocations *r, const char *recording, const char *sub,
                      uint64_t number, us_t now) {
    struct revocation_time t = {number, now, TTL};
    revocations_add(r, recording, sub, &t);
}

TEST(revocations_are_of_one_recording_and_subject) {
    static struct revocations r;
    memset(&r, 0, sizeof(r));
    EXPECT(!revocations_has(&r, A, "ann", 1));
    take_back(&r, A, "ann", 10, 5000);
    EXPECT(revocations_has(&r, A, "ann", 10));
    EXPECT(revocations_has(&r, A, "ann", 5));
    EXPECT(!revocations_has(&r, A, "ann", 11)); /* given out since */
    EXPECT(!revocations_has(&r, B, "ann", 5));
    EXPECT(!revocations_has(&r, A, "bob", 5));
    EXPECT(!revocations_has(&r, A, "", 5));
    take_back(&r, A, "ann", 20, 5000); /* in the same moment, as far as a clock can tell */
    EXPECT(revocations_has(&r, A, "ann", 15));
    EXPECT(!revocations_has(&r, A, "ann", 21));
    EXPECT_EQ(r.n, 1);
    take_back(&r, B, "", 30, 6000);
    EXPECT(revocations_has(&r, B, "bob", 30));
    EXPECT(!revocations_has(&r, B, "bob", 31));
}

TEST(revocations_are_forgotten_with_the_tickets_and_never_too_early) {
    static struct revocations r;
    char sub[16];
    memset(&r, 0, sizeof(r));
    for (unsigned i = 0; i < REVOCATIONS; i++) {
        snprintf(sub, sizeof(sub), "s%u", i);
        take_back(&r, A, sub, 10, 1000 + (us_t)i);
    }
    EXPECT_EQ(r.n, REVOCATIONS);
    EXPECT(revocations_has(&r, A, "s0", 10));
    /* One more, while all are needed: then every ticket of before is void. */
    take_back(&r, A, "x", 50, 5000);
    EXPECT(revocations_has(&r, A, "s0", 10));
    EXPECT(revocations_has(&r, B, "somebody", 50));
    EXPECT(!revocations_has(&r, B, "somebody", 51));
    for (unsigned i = 0; i < REVOCATIONS; i++) {
        snprintf(sub, sizeof(sub), "t%u", i);
        take_back(&r, A, sub, 60, 6000 + (us_t)i);
    }
    take_back(&r, A, "late", 70, 6000 + REVOCATIONS + TTL);
    EXPECT_EQ(r.n, 1); /* the others' tickets have ended by themselves */
    EXPECT(revocations_has(&r, A, "late", 70));
}
