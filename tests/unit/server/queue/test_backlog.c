#include "server/queue/backlog.h"
#include "server/relay/worker.h"
#include "tests/unit/test.h"

struct sink {
    unsigned room, n;
    uint64_t peers[64];
};

static bool take(void *ctx, const void *order) {
    const struct command *o = order;
    struct sink *s = ctx;
    if (s->room == 0) {
        return false;
    }
    s->room--;
    s->peers[s->n++] = o->peer;
    mem_free(o->params);
    return true;
}

static void drop(const void *order) {
    mem_free(((const struct command *)order)->params);
}

static enum err post(struct backlog *b, uint64_t peer) {
    struct command o = {.type = COMMAND_PEER_ADD, .peer = peer};
    o.params = mem_zalloc(1, sizeof(*o.params));
    return o.params ? backlog_post(b, &o) : ERR_NOMEM;
}

TEST(backlog_keeps_the_order_of_orders) {
    struct sink s = {.room = 2};
    struct backlog b;
    backlog_init(&b, sizeof(struct command), take, &s);
    b.drop = drop;
    for (uint64_t i = 1; i <= 5; i++) {
        EXPECT_EQ(post(&b, i), OK);
    }
    EXPECT_EQ(s.n, 2);
    s.room = 1;
    EXPECT(!backlog_flush(&b));
    /* There is room again, but the new one waits for its turn. */
    s.room = 2;
    EXPECT_EQ(post(&b, 6), OK);
    EXPECT_EQ(s.n, 5);
    s.room = 10;
    EXPECT(backlog_flush(&b));
    EXPECT_EQ(post(&b, 7), OK);
    EXPECT_EQ(s.n, 7);
    for (unsigned i = 0; i < s.n; i++) {
        EXPECT_EQ(s.peers[i], i + 1);
    }
    backlog_free(&b);
}

TEST_ALLOC(backlog_without_memory_drops_nothing_else) {
    struct sink s = {0};
    struct backlog b;
    backlog_init(&b, sizeof(struct command), take, &s);
    b.drop = drop;
    unsigned kept = 0;
    for (uint64_t i = 0; i < 3; i++) {
        enum err err = post(&b, i);
        EXPECT(err == OK || mem_failed());
        kept += err == OK;
    }
    s.room = 10;
    EXPECT(backlog_flush(&b));
    EXPECT_EQ(s.n, kept);
    /* What is left at the end is freed with its parameters. */
    s.room = 0;
    (void)post(&b, 9);
    backlog_free(&b);
}

static bool is_odd(const void *order) {
    return ((const struct command *)order)->peer % 2;
}

TEST(backlog_has_a_bound_but_for_what_must_wait) {
    struct sink s = {0};
    struct backlog b;
    backlog_init(&b, sizeof(struct command), take, &s);
    b.drop = drop;
    b.max = 3;
    b.must = is_odd;
    for (uint64_t i = 0; i < 3; i++) {
        EXPECT_EQ(post(&b, 2 * i), OK);
    }
    EXPECT_EQ(post(&b, 6), ERR_FULL);
    EXPECT_EQ(post(&b, 7), OK);
    EXPECT_EQ(b.n, 4);
    s.room = 2;
    EXPECT(!backlog_flush(&b));
    EXPECT_EQ(post(&b, 8), OK);
    s.room = 10;
    EXPECT(backlog_flush(&b));
    const uint64_t got[] = {0, 2, 4, 7, 8};
    REQUIRE(s.n == 5);
    for (unsigned i = 0; i < 5; i++) {
        EXPECT_EQ(s.peers[i], got[i]);
    }
    backlog_free(&b);
}
