#include "media/send/limit.h"
#include "media/send/report.h"

#include "tests/unit/test.h"

#define MS US_PER_MS
#define ZERO ((wall_t){1700000000000000ll})

static struct rewrite sending(us_t now, uint32_t ts_in) {
    struct rewrite r;
    struct rewrite_in in = {.source = 1, .seq = 65536, .ts = ts_in};
    struct rewrite_out o;
    rewrite_init(&r, 1, 1000);
    rewrite_switch(&r, now, 90000, &in);
    rewrite_map(&r, now, &in, &o);
    return r;
}

TEST(report_needs_a_packet_sent) {
    struct rewrite r;
    struct rtcp_sr sr;
    rewrite_init(&r, 1, 1000);
    struct send_report s = {.rewrite = &r, .rate = 90000};
    EXPECT(!send_report_make(&s, &sr));
}

TEST(report_runs_on_without_a_source_clock) {
    struct rewrite r = sending(10 * MS, 77);
    struct rtcp_sr sr;
    struct clock_offset offset = {0};
    struct recv_clock clock;
    recv_clock_init(&clock, 90000);
    struct send_report s = {.now = 110 * MS,
                            .wall_at_zero = ZERO,
                            .rate = 90000,
                            .packets = 3,
                            .octets = 0xffffffff,
                            .rewrite = &r};
    REQUIRE(send_report_make(&s, &sr));
    EXPECT_EQ(sr.rtp_ts, 1000 + 9000);
    EXPECT_EQ(sr.packets, 3);
    EXPECT_EQ(sr.octets, 0xffffffff);
    EXPECT_EQ(wall_from_ntp(sr.ntp).us, ZERO.us + 110 * MS);
    s.clock = &clock; /* known, but without a report yet */
    s.offset = &offset;
    REQUIRE(send_report_make(&s, &sr));
    EXPECT_EQ(sr.rtp_ts, 1000 + 9000);
}

TEST(report_uses_the_clock_of_the_source) {
    struct rewrite r = sending(10 * MS, 0xfffffff0);
    struct rtcp_sr sr;
    struct clock_offset offset = {0};
    struct recv_clock clock;
    recv_clock_init(&clock, 90000);
    /* The source says: timestamp 0xfffffff0 + 450 was now; it came after the shortest delay. */
    uint64_t ntp = ntp_from_wall((wall_t){1600000000000000ll});
    recv_clock_sr(&clock, 15 * MS, ntp, 0xfffffff0 + 450);
    clock_offset_sr(&offset, 15 * MS, ntp);
    struct send_report s = {.now = 1015 * MS,
                            .wall_at_zero = ZERO,
                            .rate = 90000,
                            .rewrite = &r,
                            .clock = &clock,
                            .offset = &offset};
    REQUIRE(send_report_make(&s, &sr));
    EXPECT_EQ(sr.rtp_ts, 1000 + 450 + 90000);
    rewrite_unbind(&r); /* nothing bound: run on from the last packet */
    REQUIRE(send_report_make(&s, &sr));
    EXPECT_EQ(sr.rtp_ts, 1000 + 1005 * 90);
}

/* RFC 3550 section 6.4.1, figure 2: A = 0xb710:8000, LSR = 0xb705:2000, DLSR = 0x0005:4000. */
TEST(report_round_trip_of_the_rfc_example) {
    uint64_t ntp = 0xb44db7108000ull << 16;
    EXPECT_EQ(send_report_rtt(ntp, 0xb7052000, 0x00054000), 6125 * MS);
    EXPECT_EQ(send_report_rtt(ntp, 0, 0x00054000), -1);
    EXPECT_EQ(send_report_rtt(ntp, 0xb7108001, 0), -1);
    EXPECT_EQ(send_report_rtt(ntp, 0xb7108000, 0), 0);
}

TEST(report_round_trip_across_the_wrap_of_the_middle_bits) {
    uint64_t ntp = 0x1234000000008000ull; /* middle 0x00000000 + half a second ahead */
    EXPECT_EQ(send_report_rtt(ntp + (1ull << 31), 0xffff8000, 0), US_PER_S);
}

TEST(limit_answers_once_per_round_trip) {
    static const struct {
        us_t rtt, pause;
    } table[] = {{-1, 10 * MS}, {0, 10 * MS}, {40 * MS, 40 * MS}, {5 * US_PER_S, 500 * MS}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct send_limit l = {0};
        us_t t = ((us_t)1 << 32) - 5 * MS; /* the low half of the time wraps on the way */
        EXPECT_EQ(send_limit_pass(&l, t, table[i].rtt, 1, 0), SEND_LIMIT_PASS);
        EXPECT_EQ(send_limit_pass(&l, t, table[i].rtt, 1, 0), SEND_LIMIT_AGAIN);
        EXPECT_EQ(send_limit_pass(&l, t + table[i].pause - 1, table[i].rtt, 1, 0),
                  SEND_LIMIT_AGAIN);
        EXPECT_EQ(send_limit_pass(&l, t + table[i].pause, table[i].rtt, 1, 0), SEND_LIMIT_PASS);
        EXPECT_EQ(send_limit_pass(&l, t + table[i].pause, table[i].rtt, 1, 0), SEND_LIMIT_AGAIN);
    }
}

TEST(limit_knows_sequence_numbers_apart) {
    static const uint16_t seqs[] = {0, 1, 127, 128, 32767, 32768, 65534, 65535};
    struct send_limit l = {0};
    for (size_t i = 0; i < ARRAY_LEN(seqs); i++) {
        EXPECT_EQ(send_limit_pass(&l, 0, 100 * MS, 1, seqs[i]), SEND_LIMIT_PASS);
        EXPECT_EQ(send_limit_pass(&l, 1, 100 * MS, 1, seqs[i]), SEND_LIMIT_AGAIN);
    }
    EXPECT_EQ(send_limit_pass(&l, 1, 100 * MS, 2, seqs[0]), SEND_LIMIT_PASS); /* another stream's */
    /* A neighbour on the same place takes it over: the first is merely answered again. */
    EXPECT_EQ(send_limit_pass(&l, 2, 100 * MS, 1, 5), SEND_LIMIT_PASS);
    EXPECT_EQ(send_limit_pass(&l, 2, 100 * MS, 1, 5 + SEND_LIMIT_PLACES), SEND_LIMIT_PASS);
    EXPECT_EQ(send_limit_pass(&l, 3, 100 * MS, 1, 5), SEND_LIMIT_PASS);
}

TEST(limit_answers_a_few_times_only) {
    struct send_limit l = {0};
    us_t t = 0;
    for (int i = 0; i < SEND_LIMIT_TRIES; i++, t += 500 * MS) {
        EXPECT_EQ(send_limit_pass(&l, t, 0, 1, 7), SEND_LIMIT_PASS);
    }
    EXPECT_EQ(send_limit_pass(&l, t, 0, 1, 7), SEND_LIMIT_AGAIN);
    EXPECT_EQ(send_limit_pass(&l, t + SEND_LIMIT_AGE, 0, 1, 7),
              SEND_LIMIT_PASS); /* 65536 packets later */
}

/* Over a wrap of the milliseconds (16 bits) and of the microseconds (32 bits). */
TEST(limit_tells_abuse_from_repetition) {
    static const us_t begins[] = {0, 65536 * MS - 500 * MS, ((us_t)1 << 32) - 500 * MS};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
        struct send_limit l = {0};
        unsigned passed = 0;
        for (us_t t = 0; t < 9 * US_PER_S; t += 20 * MS) { /* libwebrtc, for longer than ever */
            enum send_limit_verdict v = send_limit_pass(&l, begins[i] + t, 0, 1, 9);
            passed += v == SEND_LIMIT_PASS;
            EXPECT(v != SEND_LIMIT_ABUSE);
        }
        EXPECT_EQ(passed, SEND_LIMIT_TRIES);
        unsigned abused = 0;
        for (unsigned k = 0; k < 1000; k++) { /* within a second, which lasts that long */
            abused += send_limit_pass(&l, begins[i], 0, 1, 10) == SEND_LIMIT_ABUSE;
        }
        EXPECT_EQ(abused, 1000 - SEND_LIMIT_ASKS);
        EXPECT_EQ(send_limit_pass(&l, begins[i] + 999 * MS, 500 * MS, 1, 10), SEND_LIMIT_PASS);
        EXPECT_EQ(send_limit_pass(&l, begins[i] + 999 * MS, 0, 1, 10), SEND_LIMIT_ABUSE);
        EXPECT_EQ(send_limit_pass(&l, begins[i] + 1000 * MS, 0, 1, 10), SEND_LIMIT_AGAIN);
    }
}
