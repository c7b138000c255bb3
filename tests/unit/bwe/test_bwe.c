/* The estimator as a whole, over paths of all kinds. */
#include "tests/unit/bwe/path.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#define KBIT UINT64_C(1000)
#define MBIT UINT64_C(1000000)
#define SEC(s) ((us_t)((s) * (double)US_PER_S))

static const struct bwe_config usual = {300 * KBIT, 60 * KBIT, 6 * MBIT};

static void trace(const struct path *p, const char *what) {
    if (getenv("BWE_TRACE")) {
        printf("# %s %6.3f rate %7.0f aimd %7.0f loss %7.0f acked %7.0f queue %4.0f ms thr %5.1f "
               "slope %6.3f usage %d probe %d %7.0f pad %.0f\n",
               what, (double)p->now / 1e6, (double)bwe_rate(&p->bwe, p->now) / 1e3,
               (double)p->bwe.aimd.rate / 1e3, (double)p->bwe.loss.limit / 1e3,
               (double)acked_rate(&p->bwe.acked, ACKED_BUCKETS) / 1e3,
               (double)queue_delay_get(&p->bwe.queue) / 1e3, p->bwe.trend.threshold,
               p->bwe.trend.slope, p->bwe.trend.usage, p->bwe.probe.open,
               (double)p->bwe.probe.rate / 1e3, (double)p->padding_bytes / 1e3);
    }
}

static void run(struct path *p, us_t until, const char *what) {
    while (p->now < until) {
        path_run(p, us_min(until, p->now + 100 * US_PER_MS));
        trace(p, what);
    }
}

/* Between 80 % and 100 % (and a little for what is just being tried) of the bottleneck, on average
 * over the next second. */
static bool fits(struct path *p, uint64_t rate) {
    double sum = 0;
    for (unsigned i = 0; i < 100; i++) {
        path_run(p, p->now + 10 * US_PER_MS);
        sum += (double)bwe_rate(&p->bwe, p->now) / 100;
    }
    trace(p, "fits?");
    return sum >= 0.8 * (double)rate && sum <= 1.05 * (double)rate;
}

TEST(bwe_follows_a_bottleneck_that_changes) {
    struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(1), .delay = SEC(0.025)};
    static struct path p;
    path_init(&p, &link, &usual, 1);
    run(&p, SEC(4), "4M");
    EXPECT(fits(&p, 4 * MBIT));
    run(&p, SEC(15), "4M");
    EXPECT(fits(&p, 4 * MBIT));
    /* It has just been lowered: the queue that grows now is not the one that is being let go. */
    link.rate = 500 * KBIT;
    run(&p, p.now + SEC(0.5), "0.5M");
    EXPECT(bwe_rate(&p.bwe, p.now) < 500 * KBIT);
    run(&p, p.now + SEC(2.5), "0.5M");
    EXPECT(fits(&p, 500 * KBIT));
    run(&p, p.now + SEC(15), "0.5M");
    EXPECT(fits(&p, 500 * KBIT));
    link.rate = 2 * MBIT;
    run(&p, p.now + SEC(3), "2M");
    EXPECT(fits(&p, 2 * MBIT));
    run(&p, p.now + SEC(15), "2M");
    EXPECT(fits(&p, 2 * MBIT));
    unsigned waited = path_waited(&p, 95);
    printf("# waited p95 %u ms\n", waited);
    EXPECT(waited < 100);
}

/* What is sent until then stands before the path for seven times as long. */
TEST(bwe_sees_a_collapse_in_three_tenths_of_a_second) {
    us_t worst = 0, sum = 0;
    for (unsigned i = 0; i < 32; i++) {
        struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(3), .delay = SEC(0.02)};
        static struct path p;
        path_init(&p, &link, &usual, 500 + i);
        run(&p, SEC(12 + 0.13 * i), "4M");
        us_t fell = p.now;
        link.rate = 500 * KBIT;
        while (bwe_rate(&p.bwe, p.now) > MBIT && p.now < fell + US_PER_S) {
            path_step(&p);
        }
        worst = us_max(worst, p.now - fell);
        sum += p.now - fell;
    }
    printf("# seen after %lld ms, %lld at most\n", (long long)sum / 32 / 1000,
           (long long)worst / 1000);
    EXPECT(worst < SEC(0.3));
}

/* Two seconds of it are made before anybody can know, and what arrives until it is gone was all
 * sent before: that tells nothing of the decrease. */
TEST(bwe_lets_a_long_queue_go) {
    unsigned again = 0;
    for (unsigned i = 0; i < 16; i++) {
        struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(3), .delay = SEC(0.02)};
        static struct path p;
        path_init(&p, &link, &usual, 300 + i);
        run(&p, SEC(12 + 0.13 * i), "4M");
        link.rate = 500 * KBIT;
        us_t until = p.now + SEC(5.5);
        run(&p, p.now + SEC(0.6), "0.5M");
        uint64_t least = bwe_estimate(&p.bwe);
        while (p.now < until) {
            run(&p, p.now + SEC(0.05), "0.5M");
            least = bwe_estimate(&p.bwe) < least ? bwe_estimate(&p.bwe) : least;
        }
        again += least < 400 * KBIT;
        EXPECT(least > 350 * KBIT);
    }
    EXPECT(again <= 2); /* it was in seven */
}

/* Until then, beside a voice that has no transport-wide numbers: 40 kbit/s. */
static void run_with_voice(struct path *p, us_t until) {
    while (p->now < until) {
        us_t packet = 100 * 8 * US_PER_S / (us_t)p->link->rate;
        p->link->free_at = us_max(p->link->free_at, p->now) + packet;
        path_run(p, p->now + 20 * US_PER_MS);
        trace(p, "voice");
    }
}

/* However the change falls between pictures and feedback: up to two seconds wait, and are gone soon
 * enough for four fifths to be sent again 3 s after it. Meanwhile less may be sent than the least
 * picture takes, and nothing is. */
TEST(bwe_is_back_three_seconds_after_a_fall) {
    us_t latest = 0;
    uint64_t least = MBIT;
    for (unsigned i = 0; i < 60; i++) {
        struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(3), .delay = SEC(0.02)};
        static struct path p;
        path_init(&p, &link, &usual, 300 + i);
        p.want = 3300 * KBIT;
        p.whole = true;
        p.small = 150 * KBIT;
        run_with_voice(&p, SEC(12 + 0.037 * i));
        link.rate = 500 * KBIT;
        us_t fell = p.now;
        run_with_voice(&p, fell + SEC(0.6)); /* it is known by then */
        while (p.now < fell + SEC(6) && bwe_rate(&p.bwe, p.now) < 360 * KBIT) {
            run_with_voice(&p, p.now + SEC(0.02));
            least = bwe_estimate(&p.bwe) < least ? bwe_estimate(&p.bwe) : least;
        }
        latest = us_max(latest, p.now - fell);
    }
    printf("# back after %lld us at the latest, least estimate %llu\n", (long long)latest,
           (unsigned long long)least);
    EXPECT(latest < SEC(3));
    EXPECT(least > 300 * KBIT);
}

/* A path that is narrower than the guess: nothing has come through yet that tells how it was. */
TEST(bwe_soon_knows_that_it_has_guessed_too_much) {
    static const struct bwe_config guess = {800 * KBIT, 60 * KBIT, 6 * MBIT};
    for (unsigned i = 0; i < 8; i++) {
        struct bottleneck link = {.rate = (300 + 20 * i) * KBIT,
                                  .queue_max = SEC(0.7),
                                  .delay = SEC(0.01 + 0.005 * i),
                                  .jitter = SEC(0.002)};
        static struct path p;
        path_init(&p, &link, &guess, 400 + i);
        run(&p, p.now + SEC(0.6), "narrow");
        EXPECT(bwe_estimate(&p.bwe) <= link.rate);
        run(&p, p.now + SEC(2.4), "narrow");
        EXPECT(bwe_rate(&p.bwe, p.now) > link.rate / 4 * 3);
    }
}

/* The rate has just been lowered, and the queue of that is gone, or not yet: what is new is seen as
 * soon as without that. */
TEST(bwe_sees_a_path_fall_just_after_a_decrease) {
    for (unsigned i = 0; i < 12; i++) {
        struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(3), .delay = SEC(0.025)};
        static struct path p;
        path_init(&p, &link, &usual, 1 + i);
        run(&p, SEC(8), "4M");
        us_t before = p.bwe.lowered;
        while (p.bwe.lowered == before && p.now < SEC(60)) {
            path_run(&p, p.now + 10 * US_PER_MS);
        }
        REQUIRE(p.bwe.lowered != before);
        path_run(&p, p.now + i * 100 * US_PER_MS);
        link.rate = 500 * KBIT;
        path_run(&p, p.now + SEC(0.4));
        EXPECT(bwe_rate(&p.bwe, p.now) < 700 * KBIT);
        run(&p, p.now + SEC(3), "0.5M");
        EXPECT(queue_delay_get(&p.bwe.queue) < SEC(1));
    }
}

TEST(bwe_is_at_the_capacity_half_a_second_after_a_join) {
    struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(1), .delay = SEC(0.025)};
    static struct path p;
    path_init(&p, &link, &usual, 2);
    run(&p, SEC(1.5), "join");
    EXPECT(bwe_rate(&p.bwe, p.now) > 3 * MBIT);
    EXPECT(p.padding_bytes < 40000);
}

#define PAIRS 60

/* Two flows on one path, of which the second comes later by some time: how much more the one gets
 * than the other [percent], over a minute. */
static unsigned unfairness(unsigned seed) {
    static const uint64_t rates[] = {1500 * KBIT, 3 * MBIT, 5 * MBIT};
    static struct path a, b;
    struct bottleneck link = {.rate = rates[seed % 3],
                              .queue_max = SEC(0.3 + 0.1 * (seed % 4)),
                              .delay = SEC(0.01 + 0.01 * (seed % 5)),
                              .jitter = SEC(0.002)};
    path_init(&a, &link, &usual, 1000 + 2 * seed);
    run(&a, SEC(6 + 0.137 * seed), "alone");
    path_init(&b, &link, &usual, 1001 + 2 * seed);
    b.now = a.now;
    b.frame_at = a.now + seed * 7 % 33 * US_PER_MS; /* frames of both, in any phase */
    while (a.now < SEC(40)) {
        path_step(&a);
        path_step(&b);
    }
    uint64_t from_a = a.arrived_bytes, from_b = b.arrived_bytes;
    while (a.now < SEC(100)) {
        path_step(&a);
        path_step(&b);
    }
    uint64_t got_a = a.arrived_bytes - from_a, got_b = b.arrived_bytes - from_b;
    EXPECT((got_a + got_b) * 8 / 60 * 10 > link.rate * 8);
    uint64_t more = got_a > got_b ? got_a : got_b, less = got_a > got_b ? got_b : got_a;
    return less ? (unsigned)(100 * more / less) - 100 : 1000;
}

static int by_size(const void *a, const void *b) {
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

/* Which of two wins now and then is luck; that neither does by much is not. */
TEST(bwe_shares_a_bottleneck_fairly) {
    unsigned apart[PAIRS];
    for (unsigned seed = 0; seed < PAIRS; seed++) {
        apart[seed] = unfairness(seed);
    }
    qsort(apart, PAIRS, sizeof(apart[0]), by_size);
    printf("# one gets more than the other: median %u %%, p90 %u %%, most %u %%\n",
           apart[PAIRS / 2], apart[PAIRS * 9 / 10], apart[PAIRS - 1]);
    EXPECT(apart[PAIRS / 2] < 12);
    EXPECT(apart[PAIRS * 9 / 10] < 30);
    EXPECT(apart[PAIRS - 1] < 60);
}

/* Who has fallen far asks with probes that last from one picture of others to the next. */
TEST(bwe_asks_longer_after_a_fall) {
    struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.02)};
    static struct path p;
    path_init(&p, &link, &usual, 260);
    p.want = 3500 * KBIT;
    p.whole = true;
    p.small = 150 * KBIT;
    run(&p, SEC(4), "large");
    EXPECT(p.bwe.fallen.from == 0);
    link.rate = 600 * KBIT;
    run(&p, p.now + SEC(2), "fallen");
    EXPECT(p.bwe.fallen.from > 2000 * KBIT);
    bool long_one = false;
    for (us_t end = p.now + SEC(4); p.now < end;) {
        run(&p, p.now + SEC(0.01), NULL);
        uint64_t usual_bytes = p.bwe.probe.rate * PROBE_SPAN / 8 / US_PER_S;
        long_one = long_one || (p.bwe.probe.open && p.bwe.probe.wanted > 2 * usual_bytes);
    }
    EXPECT(long_one);
    link.rate = 4 * MBIT;
    run(&p, p.now + SEC(6), "back");
    EXPECT_EQ(p.bwe.fallen.from, 0); /* it is where it was */
    EXPECT(bwe_rate(&p.bwe, p.now) >= p.want);
}

/* Radio loses packets without being full. */
TEST(bwe_bears_random_loss) {
    static const uint32_t loss[] = {10000, 20000, 50000, 80000};
    for (unsigned i = 0; i < 4; i++) {
        struct bottleneck link = {
            .rate = 2 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.03), .loss_ppm = loss[i]};
        static struct path p;
        path_init(&p, &link, &usual, 10 + i);
        run(&p, SEC(10), "loss");
        uint64_t before = p.sent_bytes;
        run(&p, SEC(30), "loss");
        double rate = (double)(p.sent_bytes - before) * 8 / 20;
        printf("# %u %% lost: %.0f kbit/s of 2000\n", loss[i] / 10000, rate / 1e3);
        EXPECT(rate > 0.75 * 2 * MBIT);
    }
}

/* More than a tenth is another matter: the draft gives way, but speech must go on. */
TEST(bwe_gives_way_to_heavy_loss) {
    struct bottleneck link = {
        .rate = 4 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.03), .loss_ppm = 250000};
    static struct path p;
    path_init(&p, &link, &usual, 20);
    run(&p, SEC(20), "25 %");
    EXPECT(bwe_rate(&p.bwe, p.now) < MBIT);
    EXPECT(bwe_rate(&p.bwe, p.now) >= usual.min);
    link.loss_ppm = 0;
    run(&p, SEC(23), "0 %");
    EXPECT(fits(&p, 4 * MBIT));
}

TEST(bwe_bears_jitter) {
    struct bottleneck link = {
        .rate = 3 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.03), .jitter = SEC(0.03)};
    static struct path p;
    path_init(&p, &link, &usual, 30);
    run(&p, SEC(10), "jitter");
    uint64_t before = p.sent_bytes;
    run(&p, SEC(40), "jitter");
    double rate = (double)(p.sent_bytes - before) * 8 / 30;
    printf("# jitter 30 ms: %.0f kbit/s of 3000, waited p95 %u ms\n", rate / 1e3,
           path_waited(&p, 95));
    EXPECT(rate > 0.7 * 3 * MBIT);
}

/* A queue of 40 ms drops before delay says much. */
TEST(bwe_finds_its_rate_by_loss_where_queues_are_short) {
    struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(0.04), .delay = SEC(0.02)};
    static struct path p;
    path_init(&p, &link, &usual, 40);
    run(&p, SEC(10), "4M");
    link.rate = 800 * KBIT;
    run(&p, SEC(13), "0.8M");
    EXPECT(fits(&p, 800 * KBIT));
    link.rate = 3 * MBIT;
    run(&p, p.now + SEC(3), "3M");
    EXPECT(fits(&p, 3 * MBIT));
}

/* A tunnel: nothing arrives and nothing comes back. */
TEST(bwe_is_back_soon_after_an_outage) {
    static const double length[] = {0.2, 1, 3, 8};
    for (unsigned i = 0; i < 4; i++) {
        struct bottleneck link = {.rate = 2 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.03)};
        static struct path p;
        path_init(&p, &link, &usual, 50 + i);
        run(&p, SEC(8), "before");
        link.down = true;
        run(&p, SEC(8 + length[i]), "down");
        EXPECT(length[i] < 3 || bwe_rate(&p.bwe, p.now) < MBIT);
        link.down = false;
        run(&p, p.now + SEC(2), "up");
        bool back = fits(&p, 2 * MBIT);
        printf("# after %.1f s without a path: %" PRIu64 " kbit/s of 2000\n", length[i],
               bwe_rate(&p.bwe, p.now) / KBIT);
        EXPECT(back);
    }
}

/* A picture that fits as a whole or not at all stops in an outage, and nothing else tells that the
 * path is back. */
TEST(bwe_asks_whether_anybody_hears) {
    static const double length[] = {2, 10};
    for (unsigned i = 0; i < 2; i++) {
        struct bottleneck link = {.rate = 3 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.03)};
        static struct path p;
        path_init(&p, &link, &usual, 95 + i);
        p.want = 1500 * KBIT;
        p.whole = true;
        run(&p, SEC(8), "before");
        EXPECT(bwe_rate(&p.bwe, p.now) >= p.want);
        link.down = true;
        run(&p, SEC(8 + length[i]), "down");
        link.down = false;
        run(&p, p.now + SEC(3), "up");
        EXPECT(bwe_rate(&p.bwe, p.now) >= p.want);
    }
}

/* What a probe proves of a path that was full is doubted, or a flow that has much would get more.
 * Not where only a small picture is left that cannot try more by itself. */
TEST(bwe_finds_what_is_there_with_a_small_picture) {
    for (unsigned seed = 0; seed < 10; seed++) {
        struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.02)};
        static struct path p;
        path_init(&p, &link, &usual, 200 + seed);
        p.want = 3500 * KBIT;
        p.whole = true;
        p.small = 150 * KBIT;
        run(&p, SEC(4), "large");
        EXPECT(bwe_rate(&p.bwe, p.now) >= p.want);
        link.rate = 800 * KBIT; /* the large one fills it */
        run(&p, p.now + SEC(4), "small");
        EXPECT(bwe_rate(&p.bwe, p.now) < 850 * KBIT);
        p.bwe.aimd.capacity = 800 * KBIT; /* as an overuse has it */
        p.bwe.aimd.rate = 680 * KBIT;
        link.rate = 1200 * KBIT; /* not twice as much, and not enough for the large one */
        run(&p, p.now + SEC(3), "more");
        EXPECT(bwe_rate(&p.bwe, p.now) > 1000 * KBIT);
    }
}

/* Everything is paused, and the last that was seen of the path is a queue that grew: with nothing
 * but probes that would be the last for ever. */
TEST(bwe_forgets_a_queue_of_which_nothing_is_seen_any_more) {
    for (unsigned usage = 0; usage < 2; usage++) {
        struct bottleneck link = {.rate = 3 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.02)};
        static struct path p;
        path_init(&p, &link, &usual, 230);
        p.want = 1200 * KBIT;
        p.whole = true;
        run(&p, SEC(5), "before");
        EXPECT(bwe_rate(&p.bwe, p.now) >= p.want);
        link.rate = 600 * KBIT;
        run(&p, p.now + SEC(1.5), "paused");
        EXPECT(bwe_rate(&p.bwe, p.now) < p.want);
        if (usage) {
            p.bwe.trend.usage = TREND_OVERUSE;
        } else {
            p.bwe.queue.now = p.bwe.queue.least + SEC(0.1);
        }
        p.bwe.measured = p.now;
        link.rate = 3 * MBIT;
        run(&p, p.now + SEC(4), "again");
        EXPECT(bwe_rate(&p.bwe, p.now) >= p.want);
    }
}

/* An overuse lowers the rate once. While its queue is let go less arrives, because less is sent;
 * the rate by which that was judged again was a fifth too low. */
TEST(bwe_lowers_the_rate_once_for_a_queue) {
    struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(1), .delay = SEC(0.02)};
    static struct path p;
    path_init(&p, &link, &usual, 220);
    run(&p, SEC(5), "4M");
    uint64_t least = UINT64_MAX;
    unsigned lowered = 0;
    us_t before = p.bwe.aimd.lowered;
    while (p.now < SEC(60)) {
        path_step(&p);
        lowered += p.bwe.aimd.lowered != before;
        before = p.bwe.aimd.lowered;
        least = p.bwe.aimd.rate < least ? p.bwe.aimd.rate : least;
    }
    printf("# lowered %u times, to %" PRIu64 " kbit/s at least\n", lowered, least / KBIT);
    EXPECT(lowered > 0);
    EXPECT(least > 3 * MBIT);
}

/* What nobody wants is not asked for. */
TEST(bwe_asks_for_no_more_than_is_wanted) {
    struct bottleneck link = {.rate = 6 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.02)};
    static struct path p;
    path_init(&p, &link, &usual, 60);
    p.want = 700 * KBIT;
    run(&p, SEC(5), "700k");
    EXPECT(bwe_rate(&p.bwe, p.now) >= p.want);
    uint64_t padding = p.padding_bytes;
    run(&p, SEC(30), "700k");
    EXPECT_EQ(p.padding_bytes, padding);
    EXPECT(bwe_rate(&p.bwe, p.now) >= p.want);
    p.want = 4 * MBIT;
    run(&p, SEC(31.5), "4M");
    EXPECT(bwe_rate(&p.bwe, p.now) >= 4 * MBIT);
}

/* Where the capacity is less than is wanted the questions become rare. */
TEST(bwe_costs_little_padding) {
    struct bottleneck link = {.rate = MBIT, .queue_max = SEC(0.5), .delay = SEC(0.02)};
    static struct path p;
    path_init(&p, &link, &usual, 70);
    run(&p, SEC(10), "1M");
    uint64_t padding = p.padding_bytes, sent = p.sent_bytes;
    run(&p, SEC(70), "1M");
    double part = (double)(p.padding_bytes - padding) / (double)(p.sent_bytes - sent);
    printf("# padding: %.2f %% of what is sent\n", 100 * part);
    EXPECT(part < 0.02);
}

TEST(bwe_bears_a_clock_that_drifts) {
    static const int ppm[] = {200, -200};
    for (unsigned i = 0; i < 2; i++) {
        struct bottleneck link = {.rate = 2 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.02)};
        static struct path p;
        path_init(&p, &link, &usual, 80);
        while (p.now < SEC(40)) {
            path_step(&p);
            p.skew += p.now / US_PER_MS % 5 == 0 ? ppm[i] / 200 : 0;
        }
        EXPECT(fits(&p, 2 * MBIT));
    }
}

/* It goes on sending to somebody who does not answer: less and less, and never nothing. */
TEST(bwe_lowers_what_nobody_acknowledges) {
    struct bottleneck link = {.rate = 4 * MBIT, .queue_max = SEC(0.5), .delay = SEC(0.02)};
    static struct path p;
    path_init(&p, &link, &usual, 90);
    run(&p, SEC(5), "heard");
    p.deaf = true;
    run(&p, SEC(6.5), "deaf");
    EXPECT(bwe_rate(&p.bwe, p.now) < 2.5 * MBIT);
    run(&p, SEC(20), "deaf");
    EXPECT_EQ(bwe_rate(&p.bwe, p.now), usual.min);
    p.deaf = false;
    run(&p, p.now + SEC(3), "heard");
    EXPECT(fits(&p, 4 * MBIT));
}

/* Clients that know no transport-wide numbers say it themselves, or only what they lost. */
TEST(bwe_obeys_a_viewer_without_feedback) {
    struct bwe b;
    bwe_init(&b, &usual);
    EXPECT_EQ(bwe_rate(&b, 0), usual.start);
    bwe_remb(&b, 1500 * KBIT);
    EXPECT_EQ(bwe_rate(&b, 0), 1500 * KBIT);
    bwe_remb(&b, UINT64_MAX);
    EXPECT_EQ(bwe_rate(&b, 0), usual.max);
    bwe_remb(&b, 1);
    EXPECT_EQ(bwe_rate(&b, 0), usual.min);
    bwe_remb(&b, 2 * MBIT);
    for (unsigned i = 0; i < 10; i++) {
        bwe_report(&b, (i + 1) * US_PER_S, 30, 100);
    }
    EXPECT(bwe_rate(&b, SEC(10)) < MBIT);
    bwe_init(&b, &usual); /* reports alone: it grows while they are good */
    for (unsigned i = 0; i < 30; i++) {
        bwe_report(&b, (i + 1) * US_PER_S, 0, 100);
    }
    EXPECT(bwe_rate(&b, SEC(30)) > 2 * usual.start);
    EXPECT_EQ(bwe_deadline(&b), US_NEVER);
}
