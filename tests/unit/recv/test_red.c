#include "media/recv/red.h"
#include "tests/unit/test.h"

#define FRAME 960 /* [1/48000 s] 20 ms */

static bool place(const struct recv_red *x, uint64_t seq, uint32_t ts, unsigned back, unsigned nth,
                  uint64_t *ret) {
    struct recv_red_block b = {
        .seq = seq, .ts = ts, .back = (uint16_t)back, .nth = (uint16_t)nth, .length = FRAME};
    *ret = 0;
    return recv_red_place(x, &b, ret);
}

TEST(red_block_repairs_the_packet_before) {
    struct recv_red x = {.n = 0};
    uint64_t seq;
    recv_red_note(&x, 70000, 0);
    REQUIRE(place(&x, 70002, 2 * FRAME, FRAME, 1, &seq));
    EXPECT_EQ(seq, 70001);
    recv_red_note(&x, 70001, FRAME);
    EXPECT(!place(&x, 70002, 2 * FRAME, FRAME, 1, &seq)); /* it has come */
}

TEST(red_blocks_repair_a_run) {
    struct recv_red x = {.n = 0};
    uint64_t seq;
    recv_red_note(&x, 70000, 0u - FRAME); /* the clock wraps between */
    REQUIRE(place(&x, 70003, 2 * FRAME, 2 * FRAME, 2, &seq));
    EXPECT_EQ(seq, 70001);
    recv_red_note(&x, seq, 0);
    REQUIRE(place(&x, 70003, 2 * FRAME, FRAME, 1, &seq));
    EXPECT_EQ(seq, 70002);
}

/* A sender may leave newer ones out: one block that is two packets old. */
TEST(red_block_farther_back_is_found_by_time) {
    struct recv_red x = {.n = 0};
    uint64_t seq;
    recv_red_note(&x, 70000, 0);
    REQUIRE(place(&x, 70003, 3 * FRAME, 2 * FRAME, 1, &seq));
    EXPECT_EQ(seq, 70001);
}

/* 100 ms of silence were not sent: five packets back by time are one by number. */
TEST(red_block_beyond_a_silence_is_found_by_its_place) {
    struct recv_red x = {.n = 0};
    uint64_t seq;
    recv_red_note(&x, 70000, 0);
    REQUIRE(place(&x, 70002, 6 * FRAME, 5 * FRAME, 1, &seq));
    EXPECT_EQ(seq, 70001);
}

/* Something is missing beside silence, and the block may be either: which cannot be told by time,
 * and by its place it is the packet before. */
TEST(red_block_never_leaves_the_order_of_what_has_come) {
    struct recv_red x = {.n = 0};
    uint64_t seq;
    recv_red_note(&x, 70000, 0);
    recv_red_note(&x, 70001, FRAME);
    recv_red_note(&x, 70003, 3 * FRAME);
    EXPECT(!place(&x, 70004, 4 * FRAME, FRAME, 1, &seq));
    REQUIRE(place(&x, 70004, 4 * FRAME, 2 * FRAME, 2, &seq));
    EXPECT_EQ(seq, 70002);
    EXPECT(!place(&x, 70004, 4 * FRAME, 3 * FRAME + 1, 3, &seq));
}

TEST(red_block_of_before_the_first_packet_is_left_alone) {
    struct recv_red x = {.n = 0};
    uint64_t seq;
    EXPECT(!place(&x, 70000, 0, FRAME, 1, &seq));
    recv_red_note(&x, 70000, 0);
    EXPECT(!place(&x, 70000, 0, FRAME, 1, &seq));
    EXPECT(!place(&x, 70001, FRAME, 0, 1, &seq));
    struct recv_red_block none = {.seq = 70002, .ts = 2 * FRAME, .back = FRAME, .nth = 1};
    EXPECT(!recv_red_place(&x, &none, &seq)); /* not Opus: of no length */
}

/* What is remembered is a ring: old packets are forgotten, new ones known. */
TEST(red_remembers_the_last_packets) {
    struct recv_red x = {.n = 0};
    uint64_t seq;
    for (uint64_t i = 0; i < 1000; i++) {
        recv_red_note(&x, 70000 + i, (uint32_t)i * FRAME);
        EXPECT(!place(&x, 70001 + i, (uint32_t)(i + 1) * FRAME, FRAME, 1, &seq));
        REQUIRE(place(&x, 70002 + i, (uint32_t)(i + 2) * FRAME, FRAME, 1, &seq));
        EXPECT_EQ(seq, 70001 + i);
    }
}
