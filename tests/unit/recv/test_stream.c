#include "media/recv/stream.h"

#include "media/recv/ticks.h"
#include "tests/unit/test.h"

static const uint16_t starts[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};

static enum seq_verdict feed(struct recv_stats *s, us_t at, uint16_t seq, uint32_t ts) {
    uint64_t ext;
    return recv_stats_packet(
        s, &(struct recv_arrival){.at = at, .seq = seq, .ts = ts, .payload = 100}, &ext);
}

TEST(ticks_convert_both_ways_without_overflow) {
    EXPECT_EQ(ticks_of_us(US_PER_S, 90000), 90000);
    EXPECT_EQ(ticks_of_us(-US_PER_S / 2, 48000), -24000);
    EXPECT_EQ(us_of_ticks(90000, 90000), US_PER_S);
    EXPECT_EQ(us_of_ticks(-45, 90000), -500);
    us_t century = 100ll * 366 * 86400 * US_PER_S;
    EXPECT_EQ(ticks_of_us(century, 90000), 100ll * 366 * 86400 * 90000);
    EXPECT_EQ(us_of_ticks(ticks_of_us(century, 90000), 90000), century);
}

TEST(stats_without_packets_have_no_report) {
    struct recv_stats s;
    recv_stats_init(&s, 90000);
    struct rtcp_report r;
    EXPECT(!recv_stats_report(&s, 0, 1, &r));
}

TEST(stats_count_loss_from_every_start) {
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        struct recv_stats s;
        struct rtcp_report r;
        recv_stats_init(&s, 90000);
        for (unsigned k = 0; k < 100; k++) {
            if (k % 4 != 3) { /* every fourth is lost; number 99 too */
                feed(&s, k * 10000, (uint16_t)(starts[i] + k), k * 900);
            }
        }
        REQUIRE(recv_stats_report(&s, US_PER_S, 7, &r));
        EXPECT_EQ(r.ssrc, 7);
        EXPECT_EQ(r.cumulative_lost, 24);
        EXPECT_EQ(r.fraction_lost, 24 * 256 / 99);
        EXPECT_EQ(r.highest_seq, (uint32_t)starts[i] + 98);
        EXPECT_EQ(r.jitter, 0);
        EXPECT_EQ(r.lsr, 0);
        EXPECT_EQ(r.dlsr, 0);
        EXPECT_EQ(s.last_lost, 24);
    }
}

TEST(stats_fraction_is_of_the_last_interval_only) {
    struct recv_stats s;
    struct rtcp_report r;
    recv_stats_init(&s, 90000);
    feed(&s, 0, 10, 0);
    feed(&s, 0, 12, 0);
    REQUIRE(recv_stats_report(&s, 0, 1, &r));
    EXPECT_EQ(r.fraction_lost, 256 / 3);
    feed(&s, 0, 13, 0);
    feed(&s, 0, 14, 0);
    REQUIRE(recv_stats_report(&s, 0, 1, &r));
    EXPECT_EQ(r.fraction_lost, 0);
    EXPECT_EQ(r.cumulative_lost, 1);
    REQUIRE(recv_stats_report(&s, 0, 1, &r));
    EXPECT_EQ(r.fraction_lost, 0); /* nothing expected: no division */
}

/* RFC 3550 section 6.4.1: with duplicates the loss may be negative, the fraction is then zero. */
TEST(stats_duplicates_make_the_loss_negative) {
    struct recv_stats s;
    struct rtcp_report r;
    recv_stats_init(&s, 48000);
    EXPECT_EQ(feed(&s, 0, 5, 0), SEQ_NEW);
    EXPECT_EQ(feed(&s, 0, 5, 0), SEQ_DUPLICATE);
    EXPECT_EQ(feed(&s, 0, 5, 0), SEQ_DUPLICATE);
    REQUIRE(recv_stats_report(&s, 0, 1, &r));
    EXPECT_EQ(r.cumulative_lost, -2);
    EXPECT_EQ(r.fraction_lost, 0);
    EXPECT_EQ(s.bytes, 100);
}

TEST(stats_recovered_packets_do_not_hide_the_loss) {
    struct recv_stats s;
    struct rtcp_report r;
    uint64_t seq;
    recv_stats_init(&s, 90000);
    feed(&s, 0, 65535, 0);
    feed(&s, 0, 1, 0);
    struct recv_arrival a = {.at = 50000, .seq = 0, .payload = 40, .recovered = true};
    EXPECT_EQ(recv_stats_packet(&s, &a, &seq), SEQ_NEW);
    EXPECT_EQ(seq, 65536 + 65536);
    EXPECT_EQ(recv_stats_packet(&s, &a, &seq), SEQ_DUPLICATE);
    REQUIRE(recv_stats_report(&s, 0, 1, &r));
    EXPECT_EQ(r.cumulative_lost, 1);
    EXPECT_EQ(s.recovered, 1);
    EXPECT_EQ(s.received, 2);
    EXPECT_EQ(s.bytes, 240);
    EXPECT_EQ(s.last_at, 50000);
}

TEST(stats_first_packet_may_be_reordered) {
    struct recv_stats s;
    struct rtcp_report r;
    recv_stats_init(&s, 90000);
    feed(&s, 0, 1, 0);
    feed(&s, 0, 0, 0);
    feed(&s, 0, 65535, 0);
    REQUIRE(recv_stats_report(&s, 0, 1, &r));
    EXPECT_EQ(r.cumulative_lost, 0);
    EXPECT_EQ(r.highest_seq, 1);
}

/* A.8 by hand: transit differences of 0, then 10 ms = 900 ticks, then back. */
TEST(stats_jitter_follows_the_appendix) {
    struct recv_stats s;
    recv_stats_init(&s, 90000);
    feed(&s, 0, 1, 0);
    feed(&s, 20000, 2, 1800);
    EXPECT_EQ(s.jitter, 0);
    feed(&s, 50000, 3, 3600);
    EXPECT_EQ(s.jitter, 900);
    feed(&s, 60000, 4, 5400);
    EXPECT_EQ(s.jitter, 900 + 900 - (908 >> 4));
    struct rtcp_report r;
    REQUIRE(recv_stats_report(&s, 0, 1, &r));
    EXPECT_EQ(r.jitter, (900 + 900 - (908 >> 4)) / 16);
}

TEST(stats_jitter_is_zero_across_a_timestamp_wrap) {
    struct recv_stats s;
    recv_stats_init(&s, 90000);
    for (unsigned k = 0; k < 100; k++) {
        feed(&s, k * 20000, (uint16_t)k, 0xfffffff0u + k * 1800);
    }
    EXPECT_EQ(s.jitter, 0);
}

TEST(stats_echo_the_last_sender_report) {
    struct recv_stats s;
    struct rtcp_report r;
    recv_stats_init(&s, 90000);
    feed(&s, 0, 1, 0);
    recv_stats_sr(&s, 1000000, 0x1111222233334444ull);
    REQUIRE(recv_stats_report(&s, 1500000, 1, &r));
    EXPECT_EQ(r.lsr, 0x22223333);
    EXPECT_EQ(r.dlsr, 32768);
}

TEST(stats_resume_refuses_what_was_before) {
    struct recv_stats s;
    struct rtcp_report r;
    uint64_t seq;
    recv_stats_init(&s, 90000);
    recv_stats_resume(&s, 3 * 65536ull + 65535);
    REQUIRE(recv_stats_report(&s, 0, 1, &r));
    EXPECT_EQ(r.cumulative_lost, 0);
    EXPECT(feed(&s, 0, 65535, 0) != SEQ_NEW);
    EXPECT(feed(&s, 0, 65000, 0) != SEQ_NEW);
    struct recv_arrival a = {.at = 1, .seq = 1};
    EXPECT_EQ(recv_stats_packet(&s, &a, &seq), SEQ_NEW);
    EXPECT_EQ(seq, 4 * 65536ull + 1);
    EXPECT_EQ(s.base_seq, 3 * 65536ull + 65536);
}
