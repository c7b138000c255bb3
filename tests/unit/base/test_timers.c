#include "base/timers.h"

#include "base/rng.h"
#include "tests/unit/test.h"

#define COUNT 300

TEST(timers_fire_in_order_of_deadline) {
    struct timers t;
    struct timer a = {0}, b = {0}, c = {0};
    REQUIRE(timers_init(&t, 3) == OK);
    EXPECT_EQ(timers_next(&t), US_NEVER);
    timers_set(&t, &a, 30);
    timers_set(&t, &b, 10);
    timers_set(&t, &c, 20);
    EXPECT_EQ(timers_next(&t), 10);
    EXPECT(timers_pop(&t, 9) == NULL);
    EXPECT(timers_pop(&t, 10) == &b);
    EXPECT_EQ(b.at, US_NEVER);
    EXPECT(timers_pop(&t, 100) == &c);
    EXPECT(timers_pop(&t, 100) == &a);
    EXPECT(timers_pop(&t, US_NEVER) == NULL);
    timers_free(&t);
}

TEST(equal_deadlines_fire_in_the_order_set) {
    struct timers t;
    struct timer x[9] = {{0}};
    REQUIRE(timers_init(&t, 9) == OK);
    for (int i = 0; i < 9; i++) {
        timers_set(&t, &x[i], 5);
    }
    timers_set(&t, &x[0], 5); /* set again: now the last */
    for (int i = 1; i < 9; i++) {
        EXPECT(timers_pop(&t, 5) == &x[i]);
    }
    EXPECT(timers_pop(&t, 5) == &x[0]);
    timers_free(&t);
}

TEST(moving_and_clearing) {
    struct timers t;
    struct timer a = {0}, b = {0};
    REQUIRE(timers_init(&t, 2) == OK);
    timers_clear(&t, &a);
    timers_set(&t, &a, 10);
    timers_set(&t, &b, 20);
    timers_set(&t, &a, 30);
    EXPECT_EQ(timers_next(&t), 20);
    timers_set(&t, &b, US_NEVER);
    EXPECT_EQ(b.slot, 0);
    EXPECT_EQ(timers_next(&t), 30);
    timers_clear(&t, &a);
    EXPECT_EQ(timers_next(&t), US_NEVER);
    timers_set(&t, &a, -4);
    EXPECT(timers_pop(&t, -4) == &a);
    timers_free(&t);
}

/* What the heap should answer, found the slow way. */
static struct timer *slow_first(struct timer *x, const int *set_in, size_t n) {
    struct timer *best = NULL;
    for (size_t i = 0; i < n; i++) {
        if (x[i].slot == 0) {
            continue;
        }
        if (!best || x[i].at < best->at || (x[i].at == best->at && set_in[i] < set_in[best - x])) {
            best = &x[i];
        }
    }
    return best;
}

TEST(random_operations_agree_with_a_list) {
    static struct timer x[COUNT];
    static int set_in[COUNT]; /* the step */
    struct timers t;
    struct rng_seeded seeded;
    rng_seed(&seeded, 42);
    struct rng r = rng_from_seeded(&seeded);
    REQUIRE(timers_init(&t, COUNT) == OK);
    for (int step = 0; step < 20000; step++) {
        struct timer *one = &x[rng_below(&r, COUNT)];
        switch (rng_below(&r, 4)) {
        case 0:
            timers_clear(&t, one);
            break;
        case 1: {
            struct timer *want = slow_first(x, set_in, COUNT);
            struct timer *got = timers_pop(&t, US_NEVER);
            REQUIRE(got == want);
            break;
        }
        default:
            timers_set(&t, one, rng_below(&r, 50));
            set_in[one - x] = step;
        }
        struct timer *soonest = slow_first(x, set_in, COUNT);
        REQUIRE(timers_next(&t) == (soonest ? soonest->at : US_NEVER));
    }
    timers_free(&t);
}

TEST_ALLOC(timers_init_without_memory) {
    struct timers t;
    enum err e = timers_init(&t, 10);
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    EXPECT_EQ(timers_next(&t), US_NEVER);
    timers_free(&t);
    timers_free(&t);
}
