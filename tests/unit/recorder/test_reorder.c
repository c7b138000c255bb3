#include "recorder/timeline/reorder.h"

#include "base/rng.h"

#include "tests/unit/test.h"

#define WAIT (600 * US_PER_MS)

static struct packet_pool *pool;

static struct tap packet(uint64_t seq, us_t at) {
    struct tap t = {.type = TAP_RTP, .seq = seq, .now = at, .rtp_ts = (uint32_t)seq};
    t.packet = packet_take(pool);
    CHECK(t.packet);
    return t;
}

static bool push(struct reorder *r, uint64_t seq, us_t at) {
    struct tap t = packet(seq, at);
    return reorder_push(r, &t);
}

/* The sequence number popped, or 0; missing into *ret. */
static uint64_t pop(struct reorder *r, us_t now, uint32_t *ret) {
    struct reorder_packet k;
    if (!reorder_pop(r, now, &k)) {
        return 0;
    }
    packet_unref(k.packet);
    if (ret) {
        *ret = k.missing;
    }
    return k.seq;
}

static void set_up(struct reorder *r) {
    pool = packet_pool_new(REORDER_MAX + 8);
    CHECK(pool && reorder_init(r, WAIT) == OK);
}

/* The pool checks that every reference came home. */
static void tear_down(struct reorder *r) {
    reorder_free(r);
    pool = packet_pool_free(pool);
}

/* Past the settling of the beginning. */
static void begin(struct reorder *r, uint64_t seq) {
    EXPECT(push(r, seq, 0));
    EXPECT_EQ(pop(r, 200 * US_PER_MS, NULL), seq);
}

TEST(reorder_gives_packets_in_order) {
    static const uint64_t starts[] = {65536 + 0,     65536 + 1,     65536 + 127,
                                      65536 + 128,   65536 + 32767, 65536 + 32768,
                                      65536 + 65534, 65536 + 65535, UINT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct reorder r;
        uint64_t s = starts[i];
        uint32_t missing = 9;
        set_up(&r);
        begin(&r, s);
        EXPECT_EQ(reorder_deadline(&r), US_NEVER);
        EXPECT(push(&r, s + 1, 10));
        EXPECT_EQ(pop(&r, 10, &missing), s + 1);
        EXPECT_EQ(missing, 0);
        EXPECT(push(&r, s + 4, 20));
        EXPECT(push(&r, s + 3, 30));
        EXPECT_EQ(pop(&r, 30, NULL), 0);
        EXPECT(push(&r, s + 2, 40));
        EXPECT_EQ(pop(&r, 40, NULL), s + 2);
        EXPECT_EQ(pop(&r, 40, NULL), s + 3);
        EXPECT_EQ(pop(&r, 40, NULL), s + 4);
        EXPECT_EQ(pop(&r, 40, NULL), 0);
        tear_down(&r);
    }
}

TEST(reorder_lets_the_beginning_settle) {
    struct reorder r;
    uint32_t missing = 9;
    set_up(&r);
    EXPECT(push(&r, 1001, 0));
    EXPECT_EQ(pop(&r, 1, NULL), 0);
    EXPECT(push(&r, 1000, 5));
    EXPECT_EQ(reorder_deadline(&r), 100 * US_PER_MS);
    EXPECT_EQ(pop(&r, 100 * US_PER_MS, &missing), 1000);
    EXPECT_EQ(missing, 0);
    EXPECT_EQ(pop(&r, 100 * US_PER_MS, NULL), 1001);
    tear_down(&r);
}

TEST(reorder_gives_a_missing_packet_up_after_the_wait) {
    struct reorder r;
    uint32_t missing = 0;
    set_up(&r);
    begin(&r, 100);
    EXPECT(push(&r, 103, 1000));
    EXPECT(push(&r, 102, 2000));
    EXPECT_EQ(reorder_deadline(&r), 1000 + WAIT);
    EXPECT_EQ(pop(&r, 1000 + WAIT - 1, NULL), 0);
    EXPECT_EQ(pop(&r, 1000 + WAIT, &missing), 102);
    EXPECT_EQ(missing, 1);
    EXPECT_EQ(pop(&r, 1000 + WAIT, &missing), 103);
    EXPECT_EQ(missing, 0);
    /* Too late now. */
    EXPECT(!push(&r, 101, 2000 + WAIT));
    EXPECT_EQ(pop(&r, US_NEVER, NULL), 0);
    tear_down(&r);
}

TEST(reorder_counts_the_wait_of_each_hole) {
    struct reorder r;
    uint32_t missing = 0;
    set_up(&r);
    begin(&r, 100);
    EXPECT(push(&r, 102, 1000));
    EXPECT(push(&r, 105, 500000));
    EXPECT_EQ(pop(&r, 1000 + WAIT, &missing), 102);
    EXPECT_EQ(pop(&r, 1000 + WAIT, NULL), 0);
    EXPECT_EQ(reorder_deadline(&r), 500000 + WAIT);
    EXPECT_EQ(pop(&r, 500000 + WAIT, &missing), 105);
    EXPECT_EQ(missing, 2);
    tear_down(&r);
}

TEST(reorder_drops_duplicates) {
    struct reorder r;
    set_up(&r);
    begin(&r, 100);
    EXPECT(!push(&r, 100, 1));
    EXPECT(push(&r, 102, 2));
    EXPECT(!push(&r, 102, 3));
    EXPECT(push(&r, 101, 4));
    EXPECT_EQ(pop(&r, 4, NULL), 101);
    EXPECT_EQ(pop(&r, 4, NULL), 102);
    EXPECT_EQ(pop(&r, US_NEVER, NULL), 0);
    tear_down(&r);
}

TEST(reorder_is_bounded) {
    struct reorder r;
    uint32_t missing = 0;
    set_up(&r);
    begin(&r, 1000);
    for (unsigned i = 0; i < REORDER_MAX; i++) {
        EXPECT(push(&r, 1002 + i, 5));
        EXPECT_EQ(pop(&r, 5, NULL), i + 1 < REORDER_MAX ? 0 : 1002);
    }
    /* Full: it did not wait, and goes on in order. */
    for (unsigned i = 1; i < REORDER_MAX; i++) {
        EXPECT_EQ(pop(&r, 5, &missing), 1002 + i);
        EXPECT_EQ(missing, 0);
    }
    EXPECT(push(&r, UINT64_MAX - 1, 6));
    EXPECT_EQ(pop(&r, US_NEVER, &missing), UINT64_MAX - 1);
    EXPECT_EQ(missing, UINT32_MAX);
    tear_down(&r);
}

TEST(reorder_refuses_more_than_fits) {
    struct reorder r;
    set_up(&r);
    begin(&r, 1000);
    for (unsigned i = 0; i < REORDER_MAX; i++) {
        EXPECT(push(&r, 1002 + i, 5));
    }
    EXPECT(!push(&r, 5000, 5));
    tear_down(&r);
}

TEST(reorder_any_order_gives_every_packet_once) {
    struct rng_seeded state;
    rng_seed(&state, 1);
    struct rng rng = rng_from_seeded(&state);
    struct reorder r;
    set_up(&r);
    begin(&r, 1000);
    uint64_t window[16], next = 1001, expect = 1001;
    for (unsigned i = 0; i < 16; i++) {
        window[i] = next++;
    }
    for (unsigned round = 0; round < 5000; round++) {
        unsigned i = rng_below(&rng, 16);
        /* Nobody falls back so far that the buffer would give up. */
        for (unsigned k = 0; k < 16; k++) {
            i = window[k] + 200 < next ? k : i;
        }
        EXPECT(push(&r, window[i], round));
        window[i] = next++;
        for (uint64_t seq; (seq = pop(&r, round, NULL)) != 0; expect++) {
            EXPECT_EQ(seq, expect);
        }
    }
    EXPECT(expect > 5500 - 512);
    tear_down(&r);
}

TEST_ALLOC(reorder_without_memory) {
    struct reorder r;
    enum err e = reorder_init(&r, WAIT);
    EXPECT(e == OK || mem_failed());
    EXPECT_EQ(reorder_deadline(&r), US_NEVER);
    reorder_free(&r);
}
