#include "server/rest/idempotency.h"

#include "base/check.h"
#include "tests/unit/test.h"

static const struct idempotency_answer *before;
static uint64_t id;

static enum idempotency_state ask(struct idempotency *x, us_t now, const char *sub, const char *key,
                                  const char *body) {
    const struct idempotency_request r = {sub, key, "POST", "/v1/tours",
                                          bytes_of(body, strlen(body))};
    before = NULL;
    id = 0;
    return idempotency_begin(x, now, &r, &id, &before);
}

static void finish(struct idempotency *x, us_t now, uint64_t which) {
    char body[] = "{}";
    struct idempotency_answer a = {
        .status = 201, .etag = "\"1\"", .location = "/there", .body = body, .len = 2};
    idempotency_done(x, now, which, &a);
}

TEST(idempotency_gives_the_first_answer_again) {
    struct idempotency *x = idempotency_new(16, 1);
    REQUIRE(x);
    EXPECT_EQ(ask(x, 0, "ada", "k", "one"), IDEMPOTENCY_NEW);
    uint64_t first = id;
    EXPECT_EQ(ask(x, 0, "ada", "k", "one"), IDEMPOTENCY_BUSY);
    EXPECT_EQ(ask(x, 0, "ada", "k", "two"), IDEMPOTENCY_OTHER);
    finish(x, 0, first);
    EXPECT_EQ(ask(x, IDEMPOTENCY_KEEP - 1, "ada", "k", "one"), IDEMPOTENCY_AGAIN);
    REQUIRE(before);
    EXPECT_EQ(before->status, 201);
    EXPECT_STR(before->etag, "\"1\"");
    EXPECT_STR(before->location, "/there");
    EXPECT_STR(before->body, "{}");
    EXPECT_EQ(ask(x, 1, "ada", "k", "two"), IDEMPOTENCY_OTHER);
    EXPECT_EQ(ask(x, 1, "bob", "k", "two"), IDEMPOTENCY_NEW); /* keys are of whoever asks */
    EXPECT_EQ(ask(x, 1, "ad", "ak", "one"), IDEMPOTENCY_NEW);
    EXPECT_EQ(ask(x, IDEMPOTENCY_KEEP, "ada", "k", "two"), IDEMPOTENCY_NEW); /* it is over */
    EXPECT(idempotency_free(x) == NULL);
}

TEST(idempotency_forgets_what_was_not_done) {
    struct idempotency *x = idempotency_new(16, 1);
    REQUIRE(x);
    EXPECT_EQ(ask(x, 0, "ada", "k", "one"), IDEMPOTENCY_NEW);
    idempotency_drop(x, id);
    EXPECT_EQ(ask(x, 0, "ada", "k", "two"), IDEMPOTENCY_NEW);
    idempotency_drop(x, 0); /* it had no key */
    finish(x, 0, 0);
    idempotency_free(x);
}

/* The oldest answer makes room; what is being done does not. */
TEST(idempotency_has_room_for_so_many) {
    struct idempotency *x = idempotency_new(3, 1);
    uint64_t ids[3];
    REQUIRE(x);
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(ask(x, 0, "ada", i == 0 ? "a" : i == 1 ? "b" : "c", ""), IDEMPOTENCY_NEW);
        ids[i] = id;
    }
    EXPECT_EQ(ask(x, 0, "ada", "d", ""), IDEMPOTENCY_FULL);
    finish(x, 0, ids[1]);
    finish(x, 0, ids[0]);
    EXPECT_EQ(ask(x, 0, "ada", "d", ""), IDEMPOTENCY_NEW);
    EXPECT_EQ(ask(x, 0, "ada", "a", ""), IDEMPOTENCY_AGAIN);
    EXPECT_EQ(ask(x, 0, "ada", "b", ""), IDEMPOTENCY_NEW); /* for which a goes */
    EXPECT_EQ(ask(x, 0, "ada", "c", ""), IDEMPOTENCY_BUSY);
    idempotency_free(x);
}

TEST_ALLOC(idempotency_without_memory) {
    struct idempotency *x = idempotency_new(4, 1);
    EXPECT(x || mem_failed());
    if (x) {
        enum idempotency_state s = ask(x, 0, "ada", "k", "one");
        EXPECT(s == IDEMPOTENCY_NEW || (mem_failed() && s == IDEMPOTENCY_FULL));
        if (s == IDEMPOTENCY_NEW) {
            finish(x, 0, id);
            s = ask(x, 0, "ada", "k", "one");
            EXPECT(s == IDEMPOTENCY_AGAIN || mem_failed());
        }
    }
    idempotency_free(x);
}

TEST(idempotency_brings_back_what_was_kept_elsewhere) {
    struct idempotency *x = idempotency_new(2, 7);
    REQUIRE(x);
    EXPECT_EQ(ask(x, 0, "ada", "k", "one"), IDEMPOTENCY_NEW);
    char body[] = "{}";
    struct idempotency_kept k = {.id = id, .request = idempotency_asked(x, id), .left = 100};
    k.answer = (struct idempotency_answer){.status = 201, .body = body, .len = 2};
    EXPECT(k.request != 0);
    EXPECT_EQ(idempotency_asked(x, id + 1), 0);
    idempotency_free(x);
    x = idempotency_new(2, 7); /* another process, with the same seed */
    REQUIRE(x);
    idempotency_restore(x, 1000, &k);
    idempotency_restore(x, 1000, &k); /* twice is as once */
    EXPECT_EQ(ask(x, 1001, "ada", "k", "two"), IDEMPOTENCY_OTHER);
    EXPECT_EQ(ask(x, 1099, "ada", "k", "one"), IDEMPOTENCY_AGAIN);
    REQUIRE(before);
    EXPECT_STR(before->body, "{}");
    EXPECT_EQ(ask(x, 1100, "ada", "k", "one"), IDEMPOTENCY_NEW); /* it is over */
    idempotency_drop(x, id);
    k.left = 0;
    idempotency_restore(x, 1200, &k);
    EXPECT_EQ(ask(x, 1200, "ada", "k", "one"), IDEMPOTENCY_NEW);
    idempotency_drop(x, id);
    k.left = 100;
    for (uint64_t i = 1; i <= 3; i++) { /* the oldest makes room */
        k.id = i;
        idempotency_restore(x, 1300, &k);
    }
    EXPECT(!idempotency_asked(x, 1) && idempotency_asked(x, 2) && idempotency_asked(x, 3));
    idempotency_free(x);
}
