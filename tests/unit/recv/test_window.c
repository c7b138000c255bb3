#include "media/recv/window.h"

#include "base/rng.h"
#include "tests/unit/test.h"

static const uint64_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535, 1ull << 40};

TEST(window_tells_new_from_duplicate_from_every_start) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct seq_window w = {0};
        uint64_t s = starts[i] + SEQ_WINDOW;
        EXPECT_EQ(seq_window_add(&w, s), SEQ_NEW);
        EXPECT_EQ(seq_window_add(&w, s), SEQ_DUPLICATE);
        EXPECT_EQ(seq_window_add(&w, s + 3), SEQ_NEW);
        EXPECT_EQ(seq_window_add(&w, s + 1), SEQ_NEW);
        EXPECT_EQ(seq_window_add(&w, s + 1), SEQ_DUPLICATE);
        EXPECT_EQ(seq_window_add(&w, s + 2), SEQ_NEW);
        EXPECT_EQ(w.high, s + 3);
    }
}

TEST(window_edge_is_exact) {
    struct seq_window w = {0};
    seq_window_add(&w, 5000);
    EXPECT_EQ(seq_window_add(&w, 5000 - SEQ_WINDOW), SEQ_OLD);
    EXPECT_EQ(seq_window_add(&w, 5000 - SEQ_WINDOW + 1), SEQ_NEW);
    EXPECT_EQ(seq_window_add(&w, 5000 - SEQ_WINDOW + 1), SEQ_DUPLICATE);
    EXPECT_EQ(seq_window_add(&w, 5001), SEQ_NEW);
    EXPECT_EQ(seq_window_add(&w, 5001 - SEQ_WINDOW + 1), SEQ_NEW);
}

TEST(window_forgets_all_on_a_long_jump) {
    struct seq_window w = {0};
    for (uint64_t v = 0; v < SEQ_WINDOW; v++) {
        seq_window_add(&w, v);
    }
    EXPECT_EQ(seq_window_add(&w, 2 * SEQ_WINDOW + 5), SEQ_NEW);
    EXPECT_EQ(seq_window_add(&w, 2 * SEQ_WINDOW), SEQ_NEW);
    EXPECT_EQ(seq_window_add(&w, SEQ_WINDOW + 6), SEQ_NEW);
    EXPECT_EQ(seq_window_add(&w, SEQ_WINDOW + 5), SEQ_OLD);
}

TEST(window_filled_refuses_everything_before) {
    struct seq_window w = {0};
    seq_window_fill(&w, 700);
    for (uint64_t v = 0; v <= 700; v++) {
        EXPECT(seq_window_add(&w, v) != SEQ_NEW);
    }
    EXPECT_EQ(seq_window_add(&w, 701), SEQ_NEW);
}

/* Against a plain array over the whole range. */
TEST(window_agrees_with_a_model) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rng_seeded state;
        rng_seed(&state, seed);
        struct rng rng = rng_from_seeded(&state);
        static bool seen[200000];
        memset(seen, 0, sizeof(seen));
        struct seq_window w = {0};
        uint64_t high = 0;
        for (uint64_t i = 0, v = 3000; i < 5000; i++) {
            v += rng_below(&rng, 40);
            uint64_t x = v - rng_below(&rng, 1500);
            high = i == 0 || x > high ? x : high;
            enum seq_verdict want = high - x >= SEQ_WINDOW ? SEQ_OLD
                                    : seen[x]              ? SEQ_DUPLICATE
                                                           : SEQ_NEW;
            EXPECT_EQ(seq_window_add(&w, x), want);
            seen[x] = true;
        }
    }
}

/* Against counting one by one, at every offset within a word. */
TEST(window_counts_by_words_what_it_has_seen) {
    struct seq_window w = {0};
    for (uint64_t v = 1; v < 3000; v++) {
        if (v * v % 7 < 3) {
            seq_window_add(&w, v);
        }
        uint64_t one_by_one = 0, n = v * 37 % SEQ_WINDOW;
        for (uint64_t i = 0; i < n && w.any && i <= w.high; i++) {
            one_by_one += seq_window_has(&w, w.high - i);
        }
        REQUIRE(seq_window_count(&w, n) == one_by_one);
    }
}

TEST(window_counts_what_it_has_seen) {
    struct seq_window w = {0};
    EXPECT_EQ(seq_window_count(&w, 10), 0);
    seq_window_add(&w, 3);
    EXPECT_EQ(seq_window_count(&w, 100), 1); /* nothing is below zero */
    for (uint64_t v = 5000; v < 5100; v++) {
        if (v % 10 != 7) {
            seq_window_add(&w, v);
        }
    }
    EXPECT_EQ(seq_window_count(&w, 0), 0);
    EXPECT_EQ(seq_window_count(&w, 1), 1);
    EXPECT_EQ(seq_window_count(&w, 10), 9);
    EXPECT_EQ(seq_window_count(&w, 100), 90);
    seq_window_add(&w, 5097);
    EXPECT_EQ(seq_window_count(&w, 10), 10);
    seq_window_fill(&w, 5099);
    EXPECT_EQ(seq_window_count(&w, SEQ_WINDOW), SEQ_WINDOW);
    EXPECT_EQ(seq_window_count(&w, SEQ_WINDOW + 5), SEQ_WINDOW + 5);
}
