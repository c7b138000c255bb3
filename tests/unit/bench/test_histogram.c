#include "bench/histogram.h"
#include "tests/unit/test.h"

TEST(quantiles_are_right_to_three_percent) {
    struct histogram h = {0};
    for (us_t v = 1; v <= 100000; v++) {
        histogram_add(&h, v);
    }
    static const double at[] = {0.01, 0.1, 0.5, 0.9, 0.99, 0.999};
    for (size_t i = 0; i < ARRAY_LEN(at); i++) {
        double want = at[i] * 100000, got = (double)histogram_quantile(&h, at[i]);
        EXPECT(got > want * 0.96 && got < want * 1.04);
    }
    EXPECT_EQ(h.max, 100000);
    EXPECT_EQ(h.n, 100000);
}

TEST(small_values_are_exact) {
    struct histogram h = {0};
    for (us_t v = 0; v < 32; v++) {
        histogram_add(&h, v);
    }
    EXPECT_EQ(histogram_quantile(&h, 0), 0);
    EXPECT_EQ(histogram_quantile(&h, 0.5), 16);
    EXPECT_EQ(histogram_quantile(&h, 1), 31);
}

TEST(an_empty_one_says_nothing) {
    struct histogram h = {0};
    EXPECT_EQ(histogram_quantile(&h, 0.99), 0);
}

TEST(absurd_durations_stay_inside) {
    struct histogram h = {0};
    histogram_add(&h, -5);
    histogram_add(&h, INT64_MAX);
    EXPECT_EQ(h.n, 2);
    EXPECT_EQ(histogram_quantile(&h, 0.1), 0);
    EXPECT(histogram_quantile(&h, 0.9) > 3600 * US_PER_S);
}
