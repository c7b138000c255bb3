#include "bench/load/rx_stream.h"
#include "tests/unit/test.h"

/* A packet whose last bytes are the index, so that different indices have different ends. */
static enum rx_verdict take(struct rx_stream *s, uint64_t index) {
    uint8_t end[4] = {(uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8),
                      (uint8_t)index};
    uint64_t got;
    return rx_stream_take(s, (uint16_t)index, end, sizeof(end), &got);
}

TEST(indices_go_on_over_every_wrap) {
    static const uint32_t begins[] = {0, 1, 32767, 32768, 65534, 65535};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
        struct rx_stream s = {0};
        for (uint32_t k = 0; k < 200000; k++) {
            uint8_t end[4] = {1, 2, 3, 4};
            uint64_t index;
            enum rx_verdict v =
                rx_stream_take(&s, (uint16_t)(begins[i] + k), end, sizeof(end), &index);
            if (v != RX_NEW || index != 65536 + begins[i] + k) {
                EXPECT_EQ(v, RX_NEW);
                EXPECT_EQ(index, 65536 + begins[i] + k);
                return;
            }
        }
        EXPECT_EQ(s.received, 200000);
        EXPECT_EQ(rx_stream_missing(&s), 0);
    }
}

TEST(what_does_not_come_is_missing) {
    struct rx_stream s = {0};
    for (uint32_t k = 65500; k < 65600; k++) {
        if (k % 10 != 3) {
            EXPECT_EQ(take(&s, k), RX_NEW);
        }
    }
    EXPECT_EQ(rx_stream_missing(&s), 10);
    EXPECT_EQ(take(&s, 65563), RX_LATE);
    rx_stream_repair(&s, 65536 + 65573);
    EXPECT_EQ(rx_stream_missing(&s), 8);
    EXPECT_EQ(s.late, 1);
}

TEST(a_reordered_packet_before_the_first_belongs_to_the_stream) {
    struct rx_stream s = {0};
    EXPECT_EQ(take(&s, 11), RX_NEW);
    EXPECT_EQ(take(&s, 10), RX_LATE);
    EXPECT_EQ(take(&s, 12), RX_NEW);
    EXPECT_EQ(rx_stream_missing(&s), 0);
    EXPECT_EQ(s.received, 3);
}

TEST(a_copy_is_a_duplicate_and_another_packet_is_reuse) {
    struct rx_stream s = {0};
    uint8_t one[4] = {1}, other[4] = {2};
    uint64_t index;
    EXPECT_EQ(rx_stream_take(&s, 7, one, 4, &index), RX_NEW);
    EXPECT_EQ(rx_stream_take(&s, 8, one, 4, &index), RX_NEW);
    EXPECT_EQ(rx_stream_take(&s, 7, one, 4, &index), RX_DUPLICATE);
    EXPECT_EQ(rx_stream_take(&s, 7, other, 4, &index), RX_REUSED);
    EXPECT_EQ(s.received, 2);
    EXPECT_EQ(s.duplicate, 1);
    EXPECT_EQ(s.reused, 1);
}

TEST(behind_the_window_nothing_is_judged) {
    struct rx_stream s = {0};
    EXPECT_EQ(take(&s, 1000), RX_NEW);
    EXPECT_EQ(take(&s, 1000 + RX_WINDOW - 1), RX_NEW);
    EXPECT_EQ(take(&s, 1000), RX_DUPLICATE);
    EXPECT_EQ(take(&s, 1000 + RX_WINDOW), RX_NEW);
    EXPECT_EQ(take(&s, 1000), RX_TOO_OLD);
    EXPECT_EQ(s.too_old, 1);
}
