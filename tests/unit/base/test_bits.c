#include "base/bits.h"

#include "tests/unit/test.h"

TEST(bits_are_read_from_the_most_significant_on) {
    static const uint8_t b[] = {0xa5, 0xff, 0x00, 0x12, 0x34};
    struct bits r = bits_of(bytes_of(b, sizeof(b)));
    EXPECT_EQ(bits_u(&r, 4), 0xa);
    EXPECT_EQ(bits_u(&r, 0), 0);
    EXPECT_EQ(bits_u(&r, 8), 0x5f);
    EXPECT(bits_flag(&r));
    bits_skip(&r, 3);
    EXPECT_EQ(bits_u(&r, 24), 0x001234);
    EXPECT(!r.bad);
    EXPECT_EQ(bits_u(&r, 1), 0);
    EXPECT(r.bad);
    r = bits_of(bytes_of(b, 4));
    EXPECT_EQ(bits_u(&r, 32), 0xa5ff0012);
    EXPECT(!r.bad);
}

TEST(bits_past_the_end_are_bad_and_stay_so) {
    static const uint8_t b[] = {0xff};
    struct bits r = bits_of(bytes_of(b, 1));
    EXPECT_EQ(bits_u(&r, 9), 0);
    EXPECT(r.bad);
    EXPECT_EQ(bits_u(&r, 1), 0);
    r = bits_of(bytes_of(b, 1));
    bits_skip(&r, SIZE_MAX);
    EXPECT(r.bad && r.at == 0);
    r = bits_of(bytes_of(NULL, 0));
    EXPECT(!bits_flag(&r) && r.bad);
    r = bits_of(bytes_of(b, 1));
    EXPECT_EQ(bits_u(&r, 33), 0);
    EXPECT(r.bad);
}

TEST(bits_exp_golomb) {
    /* ITU-T H.264 table 9-2: 1, 010, 011, 00100 ... */
    static const uint8_t b[] = {0xa6, 0x42, 0x98, 0xe2, 0x04, 0x8a};
    struct bits r = bits_of(bytes_of(b, sizeof(b)));
    for (unsigned i = 0; i < 9; i++) {
        EXPECT_EQ(bits_ue(&r), i);
    }
    static const int32_t se[] = {0, 1, -1, 2, -2, 3, -3, 4, -4};
    r = bits_of(bytes_of(b, sizeof(b)));
    for (unsigned i = 0; i < 9; i++) {
        EXPECT_EQ(bits_se(&r), se[i]);
    }
    EXPECT(!r.bad);
}

TEST(bits_exp_golomb_at_its_end) {
    /* 31 zeros, a one, 31 bits: up to 2^32 - 2. */
    uint8_t b[9] = {0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe};
    struct bits r = bits_of(bytes_of(b, sizeof(b)));
    EXPECT_EQ(bits_ue(&r), UINT32_MAX - 1);
    r = bits_of(bytes_of(b, sizeof(b)));
    EXPECT_EQ(bits_se(&r), -INT32_MAX);
    b[7] = 0xfc;
    r = bits_of(bytes_of(b, sizeof(b)));
    EXPECT_EQ(bits_se(&r), INT32_MAX);
    /* 32 zeros, and zeros up to the end. */
    uint8_t zeros[9] = {0, 0, 0, 0, 0x80};
    r = bits_of(bytes_of(zeros, sizeof(zeros)));
    EXPECT_EQ(bits_ue(&r), 0);
    EXPECT(r.bad);
    r = bits_of(bytes_of(zeros, 4));
    EXPECT_EQ(bits_ue(&r), 0);
    EXPECT(r.bad);
}
