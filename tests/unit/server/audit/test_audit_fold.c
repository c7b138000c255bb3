/* The same act again and again is one record with a count. */
#include "server/audit/audit_fold.h"

#include "tests/unit/test.h"

#include <stdio.h>

static struct audit_entry look(const char *sub, const char *recording) {
    struct audit_entry e = {.what = AUDIT_RECORDING_PLAY};
    snprintf(e.sub, sizeof(e.sub), "%s", sub);
    snprintf(e.recording, sizeof(e.recording), "%s", recording);
    return e;
}

static bool take(struct audit_fold *f, us_t now, struct audit_entry e) {
    e.at.us = now;
    return audit_fold_take(f, now, &e);
}

TEST(audit_fold_tells_the_first_at_once_and_the_rest_together) {
    struct audit_fold *f = audit_fold_new();
    struct audit_entry e;
    CHECK(f);
    EXPECT(take(f, 0, look("a", "r")));
    EXPECT_EQ(audit_fold_deadline(f), US_NEVER);
    for (int i = 1; i <= 100; i++) {
        EXPECT(!take(f, i, look("a", "r")));
    }
    EXPECT(take(f, 50, look("b", "r")));
    EXPECT(take(f, 50, look("a", "s")));
    EXPECT_EQ(audit_fold_deadline(f), AUDIT_FOLD_TIME);
    EXPECT(!audit_fold_due(f, AUDIT_FOLD_TIME - 1, false, &e));
    REQUIRE(audit_fold_due(f, AUDIT_FOLD_TIME, false, &e));
    EXPECT_EQ(e.count, 100);
    EXPECT_EQ(e.first.us, 1);
    EXPECT_EQ(e.at.us, 100);
    EXPECT_STR(e.sub, "a");
    EXPECT(!audit_fold_due(f, AUDIT_FOLD_TIME + 100, false, &e));
    /* He comes back much later: that is told at once again. */
    (void)audit_fold_due(f, 3 * AUDIT_FOLD_TIME, false, &e);
    EXPECT(take(f, 3 * AUDIT_FOLD_TIME, look("a", "r")));
    audit_fold_free(f);
}

TEST(audit_fold_tells_what_is_left_at_the_end) {
    struct audit_fold *f = audit_fold_new();
    struct audit_entry e;
    CHECK(f);
    EXPECT(take(f, 0, look("a", "r")));
    EXPECT(!take(f, 1, look("a", "r")));
    REQUIRE(audit_fold_due(f, 2, true, &e));
    EXPECT_EQ(e.count, 1);
    EXPECT(!audit_fold_due(f, 2, true, &e));
    audit_fold_free(f);
}

TEST(audit_fold_leaves_deletions_alone) {
    struct audit_fold *f = audit_fold_new();
    CHECK(f);
    EXPECT(take(f, 0, (struct audit_entry){.what = AUDIT_RECORDING_SHRED}));
    EXPECT(take(f, 0, (struct audit_entry){.what = AUDIT_RECORDING_SHRED}));
    audit_fold_free(f);
}

/* A million strangers fill no disk. */
TEST(audit_fold_bounds_strangers) {
    struct audit_fold *f = audit_fold_new();
    struct audit_entry e;
    unsigned told = 0;
    uint64_t counted = 0;
    CHECK(f);
    for (int i = 0; i < 20000; i++) {
        struct audit_entry x = {.what = AUDIT_TOKEN_REFUSE, .code = "token_signature"};
        snprintf(x.address, sizeof(x.address), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        told += take(f, i, x);
    }
    EXPECT_EQ(told, AUDIT_STRANGERS + 1);
    while (audit_fold_due(f, AUDIT_FOLD_TIME + 20000, false, &e)) {
        EXPECT_STR(e.address, "");
        EXPECT_STR(e.detail, "others");
        counted += e.count;
    }
    EXPECT_EQ(told + counted, 20000);
    audit_fold_free(f);
}

/* More looks at once than there are places: none is left out. */
TEST(audit_fold_loses_nothing_when_it_is_full) {
    struct audit_fold *f = audit_fold_new();
    struct audit_entry e;
    uint64_t n = 0;
    char sub[16];
    CHECK(f);
    for (int i = 0; i < 3 * AUDIT_FOLDS; i++) {
        snprintf(sub, sizeof(sub), "s%d", i % (2 * AUDIT_FOLDS));
        n += take(f, i, look(sub, "r"));
        n += take(f, i, look(sub, "r"));
    }
    while (audit_fold_due(f, 0, true, &e)) {
        n += e.count;
    }
    EXPECT_EQ(n, 6 * AUDIT_FOLDS);
    audit_fold_free(f);
}

/* Who has a good token, and is refused another thing each time. */
TEST(audit_fold_bounds_refusals) {
    struct audit_fold *f = audit_fold_new();
    REQUIRE(f);
    struct audit_entry e;
    unsigned told = 0;
    uint64_t counted = 0;
    for (unsigned i = 0; i < 2000; i++) {
        e = (struct audit_entry){.what = AUDIT_PARTICIPANT_MUTE, .code = "forbidden", .sub = "bob"};
        snprintf(e.detail, sizeof(e.detail), "kind=%u", i);
        told += audit_fold_take(f, 1000 + i, &e);
    }
    EXPECT_EQ(told, AUDIT_REFUSALS + 1);
    while (audit_fold_due(f, 3000, true, &e)) {
        counted += e.count;
        EXPECT_STR(e.sub, "bob");
        EXPECT_STR(e.code, "forbidden");
        EXPECT_STR(e.detail, "others");
    }
    EXPECT_EQ(told + counted, 2000);
    audit_fold_free(f);
}
