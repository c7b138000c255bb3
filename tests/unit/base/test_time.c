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

TEST(wall_text_of_known_moments) {
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-1000, "1969-12-31T23:59:59.999Z"},
        {1767323045678901, "2026-01-02T03:04:05.678Z"},
        {1709164800000000, "2024-02-29T00:00:00.000Z"}, /* a leap day */
        {951782399999999, "2000-02-28T23:59:59.999Z"},
        {951782400000000, "2000-02-29T00:00:00.000Z"}, /* 400 years: one more */
        {4107542399999000, "2100-02-28T23:59:59.999Z"},
        {4107542400000000, "2100-03-01T00:00:00.000Z"}, /* and 100 years: none */
        {253402300799999999, "9999-12-31T23:59:59.999Z"},
        {-62135596800000000, "0001-01-01T00:00:00.000Z"},
        {INT64_MAX, "294247-01-10T04:00:54.775Z"},
        {INT64_MIN, "-290308-12-21T19:59:05.224Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[WALL_TEXT_MAX];
        EXPECT_STR(wall_text((wall_t){rows[i].us}, out), rows[i].text);
    }
}

TEST(us_min_and_max_know_never) {
    EXPECT_EQ(us_min(US_NEVER, 5), 5);
    EXPECT_EQ(us_min(-5, 5), -5);
    EXPECT_EQ(us_max(US_NEVER, 5), US_NEVER);
    EXPECT_EQ(us_max(7, 5), 7);
}

TEST(wall_is_read_as_it_is_written) {
    static const int64_t times[] = {0,
                                    INT64_C(951782400000000),
                                    INT64_C(951868799999000),
                                    INT64_C(4107542400000000),
                                    INT64_C(1709251199999000),
                                    INT64_C(-62167219200000000),
                                    INT64_C(253402300799999000),
                                    -1000};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char text[WALL_TEXT_MAX];
        wall_t back = {-5};
        EXPECT(wall_parse(wall_text((wall_t){times[i]}, text), &back));
        EXPECT_EQ(back.us, times[i]);
    }
    for (int64_t day = -200000; day < 200000; day += 37) {
        char text[WALL_TEXT_MAX];
        wall_t back = {-5};
        EXPECT(wall_parse(wall_text((wall_t){day * 86400 * US_PER_S}, text), &back));
        EXPECT_EQ(back.us, day * 86400 * US_PER_S);
    }
}

TEST(wall_is_read_in_every_spelling_of_rfc_3339) {
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"2024-02-29", INT64_C(1709164800000000)},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000000)},
        {"2024-02-29t00:00:00.5z", INT64_C(1709164800500000)},
        {"2024-02-29 01:00:00+01:00", INT64_C(1709164800000000)},
        {"2024-02-28T23:30:00-00:30", INT64_C(1709164800000000)},
        {"2024-02-28T23:59:60Z", INT64_C(1709164800000000)},
        {"2024-02-29T00:00:00.1234567Z", INT64_C(1709164800123456)},
    };
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-2-9",
                                      "2023-02-29",
                                      "2024-13-01",
                                      "2024-00-10",
                                      "2024-04-31",
                                      "2024-02-29T",
                                      "2024-02-29T00:00Z",
                                      "2024-02-29T24:00:00Z",
                                      "2024-02-29T00:60:00Z",
                                      "2024-02-29T00:00:61Z",
                                      "2024-02-29T00:00:00",
                                      "2024-02-29T00:00:00.Z",
                                      "2024-02-29T00:00:00+1:00",
                                      "2024-02-29T00:00:00+24:00",
                                      "2024-02-29T00:00:00Zx",
                                      "x2024-02-29",
                                      "-024-02-29",
                                      "2024-02-29Z"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        wall_t w = {-5};
        EXPECT(wall_parse(good[i].text, &w));
        EXPECT_EQ(w.us, good[i].us);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        wall_t w = {-5};
        EXPECT(!wall_parse(bad[i], &w));
        EXPECT_EQ(w.us, -5);
    }
}
