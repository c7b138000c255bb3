#include "bench/load/arrivals.h"
#include "tests/unit/test.h"

/* The report as bytes; the length in 32-bit words less one must be that of the packet. */
static size_t report(struct arrivals *a, uint8_t *buf, size_t cap) {
    struct wr w = wr_of(buf, cap);
    arrivals_report(a, &w, 1, 2);
    EXPECT(!w.bad);
    EXPECT(wr_len(&w) == 0 || wr_len(&w) == 4U * (be16(buf + 2) + 1U));
    return wr_len(&w);
}

TEST(a_report_covers_what_came_since_the_last_over_the_wrap) {
    struct arrivals a = {0};
    uint8_t buf[1200];
    arrivals_add(&a, 65534, 1000000);
    arrivals_add(&a, 65535, 1000250);
    arrivals_add(&a, 1, 1000500); /* 0 is lost */
    EXPECT(report(&a, buf, sizeof(buf)) > 0);
    EXPECT_EQ(be16(buf + 12), 65534); /* base sequence number */
    EXPECT_EQ(be16(buf + 14), 4);     /* packet status count */
    EXPECT_EQ(buf[19], 0);            /* feedback packet count */
    EXPECT_EQ(report(&a, buf, sizeof(buf)), 0);
    arrivals_add(&a, 2, 1100000);
    EXPECT(report(&a, buf, sizeof(buf)) > 0);
    EXPECT_EQ(be16(buf + 12), 2);
    EXPECT_EQ(be16(buf + 14), 1);
    EXPECT_EQ(buf[19], 1);
}

TEST(a_number_far_ahead_waits_for_the_next_report) {
    struct arrivals a = {0};
    uint8_t buf[1200];
    arrivals_add(&a, 10, 1000000);
    arrivals_add(&a, 10 + ARRIVALS_MAX, 1000250);
    EXPECT(report(&a, buf, sizeof(buf)) > 0);
    EXPECT_EQ(be16(buf + 14), 1);
}

TEST(nothing_received_is_no_report) {
    struct arrivals a = {0};
    uint8_t buf[1200];
    EXPECT_EQ(report(&a, buf, sizeof(buf)), 0);
}
