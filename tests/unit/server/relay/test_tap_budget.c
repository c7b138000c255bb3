/* The share of a tour in the mailbox of taps. Producer and consumer are one thread here. */
#include "base/rng.h"
#include "server/queue/mailbox.h"
#include "server/relay/tap_budget.h"
#include "tests/unit/test.h"

#define PLACES 1024
#define TOURS 8

struct bench {
    struct mailbox *m;
    struct tap_budget *b;
    uint64_t taken[64], told[64]; /* by tour: popped, and the losses that they told of */
};

static void bench_begin(struct bench *x) {
    *x = (struct bench){.m = mailbox_new(PLACES, sizeof(struct tap))};
    CHECK(x->m);
    x->b = tap_budget_new(mailbox_room(x->m), TOURS, 42);
    CHECK(x->b);
}

static void bench_end(struct bench *x) {
    tap_budget_free(x->b);
    mailbox_free(x->m);
}

static bool push(struct bench *x, uint64_t tour, enum tap_type type) {
    struct tap t = {.type = (uint8_t)type, .tour = tour};
    if (!tap_budget_admit(x->b, mailbox_room(x->m), &t)) {
        return false;
    }
    CHECK(mailbox_push(x->m, &t));
    return true;
}

static unsigned push_many(struct bench *x, uint64_t tour, unsigned n) {
    unsigned in = 0;
    for (unsigned i = 0; i < n; i++) {
        in += push(x, tour, TAP_RTP);
    }
    return in;
}

static void pop(struct bench *x, unsigned n) {
    struct tap t;
    while (n-- && mailbox_pop(x->m, &t)) {
        x->taken[t.tour]++;
        x->told[t.tour] += t.dropped;
    }
}

TEST(tap_budget_a_tour_that_floods_leaves_the_other_half) {
    struct bench x;
    bench_begin(&x);
    unsigned in = push_many(&x, 1, 5000);
    EXPECT(in >= PLACES / 2 - TAPS_RESERVED && in <= PLACES / 2);
    /* Others find places, one after another, and the flood takes none of them. */
    for (unsigned i = 0; i < 100; i++) {
        EXPECT(push(&x, 2, TAP_RTP) && push(&x, 3, TAP_RTP));
        EXPECT(!push(&x, 1, TAP_RTP));
    }
    EXPECT(mailbox_room(x.m) > PLACES / 4);
    bench_end(&x);
}

TEST(tap_budget_many_that_flood_leave_one_share) {
    struct bench x;
    bench_begin(&x);
    for (unsigned i = 0; i < 2000; i++) {
        for (uint64_t tour = 1; tour <= 4; tour++) {
            (void)push(&x, tour, TAP_SOURCE_ON);
        }
    }
    EXPECT(mailbox_room(x.m) >= PLACES / 5);
    EXPECT_EQ(push_many(&x, 5, 50), 50);
    bench_end(&x);
}

TEST(tap_budget_losses_are_told_to_their_own_tour_only) {
    struct bench x;
    bench_begin(&x);
    unsigned in = push_many(&x, 1, 3000);
    EXPECT_EQ(push_many(&x, 2, 10), 10);
    pop(&x, PLACES);
    EXPECT_EQ(push_many(&x, 2, 10), 10);
    EXPECT_EQ(push_many(&x, 1, 10), 10);
    pop(&x, PLACES);
    EXPECT_EQ(x.taken[1], in + 10);
    EXPECT_EQ(x.told[1], 3000 - in);
    EXPECT_EQ(x.taken[2], 20);
    EXPECT_EQ(x.told[2], 0);
    /* What the producer itself had lost before comes on top. */
    struct tap t = {.type = TAP_RTP, .tour = 1, .dropped = 5};
    EXPECT(tap_budget_admit(x.b, mailbox_room(x.m), &t));
    EXPECT_EQ(t.dropped, 5);
    bench_end(&x);
}

TEST(tap_budget_changes_fit_where_packets_do_not) {
    struct bench x;
    bench_begin(&x);
    (void)push_many(&x, 1, 3000);
    for (unsigned i = 0; i < TAPS_RESERVED / 2; i++) {
        EXPECT(push(&x, 1, TAP_STAGE));
    }
    EXPECT(!push(&x, 1, TAP_RTP));
    bench_end(&x);
}

/* Nothing that happened before changes what a tour may hold when the mailbox is empty again. */
TEST(tap_budget_any_order_of_pushes_and_pops) {
    struct bench x;
    struct rng_seeded state;
    rng_seed(&state, 7);
    struct rng rng = rng_from_seeded(&state);
    uint64_t pushed[64] = {0}, refused[64] = {0};
    bench_begin(&x);
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t tour = 1 + rng_below(&rng, TOURS);
        bool in = push(&x, tour, rng_below(&rng, 4) ? TAP_RTP : TAP_STAGE);
        pushed[tour] += in;
        refused[tour] += !in;
        if (rng_below(&rng, 3) == 0) {
            pop(&x, rng_below(&rng, 5));
        }
    }
    pop(&x, PLACES);
    uint64_t dropped = 0;
    for (uint64_t tour = 1; tour <= TOURS; tour++) {
        EXPECT(push(&x, tour, TAP_RTP));
        pop(&x, 1);
        EXPECT_EQ(x.taken[tour], pushed[tour] + 1);
        EXPECT_EQ(x.told[tour], refused[tour]);
        dropped += refused[tour];
    }
    EXPECT(dropped > 0);
    unsigned in = push_many(&x, 1, 5000);
    EXPECT(in >= PLACES / 2 - TAPS_RESERVED && in <= PLACES / 2);
    bench_end(&x);
}

TEST(tap_budget_tours_come_and_go_without_end) {
    struct bench x;
    bench_begin(&x);
    for (uint64_t tour = 1; tour < 100000; tour++) {
        struct tap t = {.type = TAP_RTP, .tour = tour};
        EXPECT(tap_budget_admit(x.b, mailbox_room(x.m), &t));
        CHECK(mailbox_push(x.m, &t));
        if (tour % TOURS == 0) {
            while (mailbox_pop(x.m, &t)) {
            }
        }
    }
    bench_end(&x);
}

TEST(tap_budget_more_tours_than_it_was_made_for_lose_and_others_do_not) {
    struct bench x;
    bench_begin(&x);
    for (uint64_t tour = 1; tour <= 40; tour++) {
        EXPECT_EQ(push(&x, tour, TAP_RTP), tour <= (uint64_t)2 * TOURS);
    }
    EXPECT(push(&x, 1, TAP_RTP));
    bench_end(&x);
}

TEST_ALLOC(tap_budget_without_memory) {
    struct tap_budget *b = tap_budget_new(PLACES, TOURS, 1);
    EXPECT(b != NULL || mem_failed());
    tap_budget_free(b);
}
