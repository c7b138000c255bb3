#include "base/seq.h"

#include "tests/unit/test.h"

static const uint16_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};

TEST(seq16_order_around_the_wrap) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        uint16_t s = starts[i];
        EXPECT_EQ(seq16_diff(s, s), 0);
        EXPECT_EQ(seq16_diff((uint16_t)(s + 1), s), 1);
        EXPECT_EQ(seq16_diff(s, (uint16_t)(s + 1)), -1);
        EXPECT_EQ(seq16_diff((uint16_t)(s + 32767), s), 32767);
        EXPECT_EQ(seq16_diff((uint16_t)(s + 32768), s), -32768);
        EXPECT(seq16_newer((uint16_t)(s + 32767), s));
        EXPECT(!seq16_newer((uint16_t)(s + 32768), s));
        EXPECT(!seq16_newer(s, s));
    }
}

TEST(ts32_order_around_the_wrap) {
    static const uint32_t from[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        EXPECT_EQ(ts32_diff(from[i] + 3000, from[i]), 3000);
        EXPECT_EQ(ts32_diff(from[i] - 3000, from[i]), -3000);
        EXPECT(ts32_newer(from[i] + 0x7fffffff, from[i]));
        EXPECT(!ts32_newer(from[i] + 0x80000000u, from[i]));
    }
}

TEST(seq16_extends_over_three_wraps) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct seq_ext e = {0};
        uint64_t first = seq16_extend(&e, starts[i]);
        EXPECT_EQ(first, 65536u + starts[i]);
        for (uint64_t n = 1; n < 200000; n++) {
            if (seq16_extend(&e, (uint16_t)(starts[i] + n)) != first + n) {
                test_fail(__FILE__, __LINE__, "start %u, step %" PRIu64, starts[i], n);
                return;
            }
        }
    }
}

TEST(seq16_extends_old_and_repeated_values) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct seq_ext e = {0};
        uint64_t first = seq16_extend(&e, starts[i]);
        EXPECT_EQ(seq16_extend(&e, (uint16_t)(starts[i] - 10)), first - 10);
        EXPECT_EQ(seq16_extend(&e, starts[i]), first);
        EXPECT_EQ(e.high, first);
        EXPECT_EQ(seq16_extend(&e, (uint16_t)(starts[i] + 32767)), first + 32767);
        EXPECT_EQ(seq16_extend(&e, starts[i]), first);
        EXPECT_EQ(seq16_extend(&e, (uint16_t)(starts[i] - 1)), first - 1);
    }
}

TEST(seq16_never_below_zero) {
    struct seq_ext e = {0};
    seq16_extend(&e, 0);
    EXPECT_EQ(seq16_extend(&e, 32768), 32768);
}

TEST(ts32_extends_around_the_wrap) {
    static const uint32_t from[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        struct seq_ext e = {0};
        uint64_t first = ts32_extend(&e, from[i]);
        EXPECT_EQ(first, (UINT64_C(1) << 32) + from[i]);
        EXPECT_EQ(ts32_extend(&e, from[i] - 3000), first - 3000);
        for (uint32_t n = 1; n < 12; n++) {
            EXPECT_EQ(ts32_extend(&e, from[i] + n * 0x40000000u), first + n * UINT64_C(0x40000000));
        }
    }
}
