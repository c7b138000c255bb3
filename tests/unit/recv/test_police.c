#include "media/recv/police.h"

#include "tests/unit/test.h"

/* How many of the packets sent at this rate for 10 s pass. */
static unsigned passed(const struct police_limit *l, unsigned per_second, size_t n) {
    struct policer p = {0};
    unsigned ok = 0;
    for (unsigned i = 0; i < 10 * per_second; i++) {
        ok += police_pass(&p, l, 5 * US_PER_S + (us_t)i * US_PER_S / per_second, n);
    }
    return ok;
}

TEST(police_lets_what_conforms_pass) {
    const struct police_limit l = {.packets = 400, .bytes = 64000};
    EXPECT_EQ(passed(&l, 400, 100), 4000);
    EXPECT_EQ(passed(&l, 50, 1200), 500);
}

TEST(police_cuts_to_the_limit_and_a_burst) {
    const struct police_limit packets = {.packets = 400}, bytes = {.bytes = 64000};
    unsigned n = passed(&packets, 4000, 100);
    EXPECT(n >= 4390 && n <= 4410); /* 10 s and a burst of one */
    n = passed(&bytes, 4000, 640);
    EXPECT(n >= 1095 && n <= 1105);
}

TEST(police_without_limits_stops_nothing) {
    EXPECT_EQ(passed(&(struct police_limit){0}, 10000, 1500), 100000);
}

TEST(police_forgives_after_a_pause) {
    const struct police_limit l = {.packets = 10};
    struct policer p = {0};
    unsigned ok = 0;
    for (int i = 0; i < 100; i++) {
        ok += police_pass(&p, &l, US_PER_S, 100);
    }
    EXPECT_EQ(ok, 10);
    EXPECT_EQ(p.over_at, US_PER_S);
    EXPECT(!police_pass(&p, &l, US_PER_S + 99 * US_PER_MS, 100));
    EXPECT(police_pass(&p, &l, US_PER_S + 100 * US_PER_MS, 100));
    EXPECT(!police_pass(&p, &l, US_PER_S + 100 * US_PER_MS, 100));
}

TEST(police_refuses_what_is_larger_than_the_burst) {
    const struct police_limit l = {.bytes = 1000};
    struct policer p = {0};
    EXPECT(!police_pass(&p, &l, US_PER_S, 1001));
    EXPECT(police_pass(&p, &l, US_PER_S, 1000));
}

static struct policer used_up(const struct police_limit *l, us_t now) {
    struct policer p = {0};
    while (police_pass(&p, l, now, 1000)) {
    }
    return p;
}

TEST(police_resumes_when_half_of_the_burst_is_free) {
    const struct police_limit l = {.packets = 400, .bytes = 100000};
    const us_t now = 5 * US_PER_S;
    struct policer p = used_up(&l, now);
    EXPECT(police_room_at(&p) <= now); /* nothing is cut */
    police_cut(&p);
    us_t at = police_room_at(&p);
    EXPECT_EQ(at, now + POLICE_ROOM); /* by bytes, which are the scarcer ones */
    EXPECT(!police_resume(&p, &l, at - 1, 1000));
    EXPECT(!police_resume(&p, &l, at, 50001)); /* which does not fit */
    EXPECT(p.cut);
    EXPECT(police_resume(&p, &l, at, 50000));
    EXPECT(!p.cut);
    EXPECT(police_room_at(&p) <= now);
    EXPECT(!police_pass(&p, &l, at, 1000)); /* it has counted */
}

/* What is left out takes no room, but its sender is judged by it. */
TEST(police_judges_the_sender_while_it_is_cut) {
    const struct police_limit l = {.packets = 400, .bytes = 100000};
    const us_t now = 5 * US_PER_S;
    struct policer p = used_up(&l, now);
    police_cut(&p);
    unsigned conform = 0;
    for (unsigned i = 1; i <= 400; i++) { /* twice the limit, for two seconds */
        conform += police_pass(&p, &l, now + i * 5 * US_PER_MS, 1000);
        police_cut(&p);
    }
    EXPECT_EQ(conform, 200);
    EXPECT(p.over_at >= now + 1990 * US_PER_MS);
    EXPECT_EQ(police_room_at(&p), now + POLICE_ROOM);
}

TEST(police_without_limits_always_resumes) {
    struct policer p = {0};
    police_cut(&p);
    EXPECT(police_resume(&p, &(struct police_limit){0}, US_PER_S, 1500));
}

TEST(police_of_one_limit_alone) {
    us_t paid = 0, free_of_any = 0;
    unsigned ok = 0, all = 0;
    for (unsigned i = 0; i < 1000; i++) { /* 10 s: 100 times 17 a second */
        us_t now = 5 * US_PER_S + (us_t)i * 10 * US_PER_MS;
        ok += police_spend(&paid, 500, now, 17);
        all += police_spend(&free_of_any, 0, now, 17);
    }
    EXPECT(17 * ok > 11 * 500 - 34 && 17 * ok <= 11 * 500);
    EXPECT_EQ(all, 1000);
    EXPECT(
        !police_spend(&paid, 500, 60 * US_PER_S, 501)); /* more than the burst, and not counted */
    EXPECT(police_spend(&paid, 500, 60 * US_PER_S, 500));
    EXPECT(!police_spend(&paid, 500, 60 * US_PER_S, 1));
}
