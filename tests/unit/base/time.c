#include "base/time.h"

#include "tests/unit/test.h"

TEST(ntp_of_known_moments) {
    /* RFC 5905 figure 4: first day of UNIX is NTP second 2,208,988,800. */
    EXPECT(ntp_from_wall((wall_t){0}) == (uint64_t)2208988800u << 32);
    /* 1999-12-31 is NTP second 3,155,587,200 in the same figure. */
    EXPECT(ntp_from_wall((wall_t){INT64_C(946598400) * US_PER_S}) >> 32 == 3155587200u);
    EXPECT(ntp_from_wall((wall_t){500000}) == ((uint64_t)2208988800u << 32 | 0x80000000u));
    EXPECT(ntp_from_wall((wall_t){-500000}) == ((uint64_t)2208988799u << 32 | 0x80000000u));
}

TEST(ntp_round_trip_to_the_microsecond) {
    static const int64_t us[] = {0,      1,       2,      499999,           500000,
                                 999999, 1000000, -1,     1700000000123456, 1700000000999999,
                                 333333, 666667,  -999999};
    for (size_t i = 0; i < ARRAY_LEN(us); i++) {
        EXPECT_EQ(wall_from_ntp(ntp_from_wall((wall_t){us[i]})).us, us[i]);
    }
    for (int64_t u = 1700000000000000; u < 1700000001000000; u += 37) {
        if (wall_from_ntp(ntp_from_wall((wall_t){u})).us != u) {
            EXPECT_EQ(wall_from_ntp(ntp_from_wall((wall_t){u})).us, u);
            return;
        }
    }
}

TEST(ntp_middle_takes_the_inner_words) {
    EXPECT_EQ(ntp_middle(UINT64_C(0x1122334455667788)), 0x33445566);
}

TEST(us_min_and_max_know_never) {
    EXPECT_EQ(us_min(US_NEVER, 5), 5);
    EXPECT_EQ(us_min(-5, 5), -5);
    EXPECT_EQ(us_max(US_NEVER, 5), US_NEVER);
    EXPECT_EQ(us_max(7, 5), 7);
}
