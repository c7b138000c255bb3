#include "media/wire/opus.h"
#include "tests/unit/test.h"

TEST(opus_durations_of_the_toc) {
    /* RFC 6716 table 2, by config. */
    static const us_t us[32] = {10000, 20000, 40000, 60000, 10000, 20000, 40000, 60000,
                                10000, 20000, 40000, 60000, 10000, 20000, 10000, 20000,
                                2500,  5000,  10000, 20000, 2500,  5000,  10000, 20000,
                                2500,  5000,  10000, 20000, 2500,  5000,  10000, 20000};
    for (unsigned config = 0; config < 32; config++) {
        for (unsigned code = 0; code < 3; code++) {
            uint8_t b[1] = {(uint8_t)(config << 3 | code)};
            EXPECT_EQ(opus_packet_duration(bytes_of(b, 1)), us[config] * (code ? 2 : 1));
        }
        for (unsigned count = 0; count < 64; count++) {
            uint8_t b[2] = {(uint8_t)(config << 3 | 3), (uint8_t)(0x80 | count)};
            us_t all = us[config] * count;
            EXPECT_EQ(opus_packet_duration(bytes_of(b, 2)), all <= 120000 ? all : 0);
        }
    }
    uint8_t short_one[1] = {3};
    EXPECT_EQ(opus_packet_duration(bytes_of(short_one, 1)), 0);
    EXPECT_EQ(opus_packet_duration(bytes_of(NULL, 0)), 0);
}
