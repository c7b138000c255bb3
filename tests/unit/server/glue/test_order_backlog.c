#include "base/alloc.h"
#include "server/glue/order_backlog.h"
#include "tests/unit/test.h"

struct sink {
    unsigned room, n;
    struct recorder_order got[64];
};

static bool take(void *ctx, const void *order) {
    const struct recorder_order *o = order;
    struct sink *s = ctx;
    if (s->room == 0) {
        return false;
    }
    s->room--;
    if (s->n < ARRAY_LEN(s->got)) {
        s->got[s->n] = *o;
    }
    s->n++;
    return true;
}

static enum err post(struct backlog *b, int type, uint64_t tour, uint64_t participant,
                     const char *name) {
    struct recorder_order o = {.tour = tour, .participant = participant};
    o.type = type;
    snprintf(o.name, sizeof(o.name), "%s", name);
    return order_backlog_post(b, &o);
}

TEST(order_backlog_keeps_order_and_the_last_of_each_person) {
    struct sink s = {.room = 1};
    struct backlog b;
    order_backlog_init(&b, take, &s);
    EXPECT_EQ(post(&b, ORDER_START, 1, 0, ""), OK);
    EXPECT_EQ(post(&b, ORDER_PARTICIPANT, 1, 7, "a"), OK);
    EXPECT_EQ(post(&b, ORDER_PARTICIPANT, 1, 8, "b"), OK);
    EXPECT_EQ(post(&b, ORDER_PARTICIPANT, 2, 7, "c"), OK);
    EXPECT_EQ(post(&b, ORDER_STOP, 2, 0, ""), OK);
    EXPECT_EQ(post(&b, ORDER_PARTICIPANT, 1, 7, "d"), OK); /* replaces a */
    EXPECT_EQ(post(&b, ORDER_PARTICIPANT, 2, 7, "e"), OK); /* another recording than c */
    EXPECT_EQ(post(&b, ORDER_MARK, 1, 7, "f"), OK);
    EXPECT_EQ(post(&b, ORDER_MARK, 1, 7, "g"), OK);
    EXPECT_EQ(post(&b, ORDER_MUTE, 1, 7, "camera"), OK);
    EXPECT_EQ(post(&b, ORDER_MUTE, 1, 7, "microphone"), OK);
    EXPECT_EQ(post(&b, ORDER_MUTE, 1, 7, "camera"), OK); /* replaces the first */
    EXPECT_EQ(s.n, 1);
    s.room = 2;
    EXPECT(!backlog_flush(&b));
    s.room = 60;
    EXPECT(backlog_flush(&b));
    static const char *const names[] = {"",  "d", "b", "c",      "",
                                        "e", "f", "g", "camera", "microphone"};
    REQUIRE(s.n == ARRAY_LEN(names));
    for (unsigned i = 0; i < s.n; i++) {
        EXPECT_STR(s.got[i].name, names[i]);
    }
    EXPECT_EQ(s.got[4].type, ORDER_STOP);
    backlog_free(&b);
}

/* What an order owns is freed with it, whether it waited or found no room. */
TEST(order_backlog_frees_what_was_said) {
    struct sink s = {0};
    struct backlog b;
    order_backlog_init(&b, take, &s);
    for (uint64_t i = 0; i <= ORDER_BACKLOG_MAX; i++) {
        bool more = i == 0 || i == ORDER_BACKLOG_MAX;
        struct recorder_order o = {.tour = 1, .participant = i};
        o.type = more ? ORDER_SAID : ORDER_START;
        o.said = more ? mem_zalloc(1, sizeof(*o.said)) : NULL;
        EXPECT_EQ(order_backlog_post(&b, &o), i < ORDER_BACKLOG_MAX ? OK : ERR_FULL);
    }
    backlog_free(&b); /* leaks are found by the sanitizer */
}

/* It is bounded; what it refuses is said, and an order to stop is always taken. */
TEST(order_backlog_is_bounded_but_for_stops) {
    struct sink s = {0};
    struct backlog b;
    order_backlog_init(&b, take, &s);
    for (uint64_t i = 0; i < ORDER_BACKLOG_MAX; i++) {
        EXPECT_EQ(post(&b, ORDER_START, i, 0, ""), OK);
    }
    EXPECT_EQ(post(&b, ORDER_START, 99999, 0, ""), ERR_FULL);
    EXPECT_EQ(post(&b, ORDER_PARTICIPANT, 1, 7, ""), ERR_FULL);
    EXPECT_EQ(post(&b, ORDER_STOP, 1, 0, ""), OK);
    s.room = ORDER_BACKLOG_MAX + 1;
    EXPECT(backlog_flush(&b));
    EXPECT_EQ(s.n, ORDER_BACKLOG_MAX + 1);
    backlog_free(&b);
}

TEST_ALLOC(order_backlog_without_memory_drops_nothing_else) {
    struct sink s = {0};
    struct backlog b;
    order_backlog_init(&b, take, &s);
    unsigned kept = 0;
    for (uint64_t i = 0; i < 3; i++) {
        enum err err = post(&b, ORDER_START, i, 0, "");
        EXPECT(err == OK || mem_failed());
        kept += err == OK;
    }
    s.room = 10;
    EXPECT(backlog_flush(&b));
    EXPECT_EQ(s.n, kept);
    s.room = 0;
    (void)post(&b, ORDER_STOP, 9, 0, "");
    backlog_free(&b);
}
