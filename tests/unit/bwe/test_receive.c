/* What a publisher without transport-wide feedback is told, over a path in virtual time. */
#include "base/rng.h"
#include "media/bwe/receive.h"
#include "tests/unit/test.h"

#include <stdlib.h>

#define KBIT UINT64_C(1000)
#define MBIT UINT64_C(1000000)
#define SEC(s) ((us_t)((s) * (double)US_PER_S))
#define MTU 1100
#define FRAME (US_PER_S / 30)
#define UNDER_WAY 4096

/* An encoder that sends each picture at once, as aiortc does, and obeys. */
struct uplink {
    struct bwe_receive receive;
    struct rng_seeded rng;
    us_t now, frame_at, free_at;
    uint64_t rate; /* [bit/s] of the path */
    us_t queue_max, delay, jitter;
    uint32_t loss_ppm;
    bool rtp;             /* there is no abs-send-time */
    uint64_t obeys, want; /* [bit/s] */
    double owed;          /* [bytes] */
    struct {
        us_t at; /* [us] US_NEVER: lost */
        uint32_t ticks;
        uint16_t size;
    } sent[UNDER_WAY];
    unsigned head, tail;
    us_t last, told_at;
    uint32_t lost, expected; /* since the last report */
    us_t report_at;
    uint64_t arrived;     /* [bytes] */
    unsigned told, early; /* times; too soon after another */
    unsigned waits[1000];
};

static void begin(struct uplink *u, uint64_t seed) {
    static const struct bwe_receive_config usual = {800 * KBIT, 60 * KBIT, 8 * MBIT};
    memset(u, 0, sizeof(*u));
    bwe_receive_init(&u->receive, &usual);
    rng_seed(&u->rng, seed);
    u->now = u->frame_at = US_PER_S;
    u->rate = 4 * MBIT;
    u->queue_max = SEC(0.6);
    u->delay = SEC(0.02);
    u->jitter = SEC(0.002);
    u->want = 6 * MBIT;
    u->obeys = 500 * KBIT;
}

static uint32_t below(struct uplink *u, uint32_t n) {
    struct rng rng = rng_from_seeded(&u->rng);
    return n ? rng_below(&rng, n) : 0;
}

static void send(struct uplink *u) {
    uint64_t rate = u->obeys < u->want ? u->obeys : u->want;
    us_t from = u->now + 7 * US_PER_S * 3600; /* its own clock */
    uint32_t ticks =
        u->rtp ? (uint32_t)(from * 90 / 1000) : (uint32_t)((from << 18) / US_PER_S) & 0xffffff;
    for (u->owed += (double)rate / 8 * FRAME / US_PER_S; u->owed >= MTU; u->owed -= MTU) {
        unsigned i = u->head++ % UNDER_WAY;
        us_t wait = us_max(0, u->free_at - u->now);
        bool lost = wait > u->queue_max || below(u, 1000000) < u->loss_ppm;
        u->sent[i].ticks = ticks;
        u->sent[i].size = MTU;
        u->sent[i].at = US_NEVER;
        if (!lost) {
            u->free_at = us_max(u->free_at, u->now) + (us_t)(MTU * 8 * US_PER_S / u->rate);
            u->last = us_max(u->last, u->free_at + u->delay + below(u, (uint32_t)u->jitter));
            u->sent[i].at = u->last;
            u->waits[wait / US_PER_MS < 999 ? wait / US_PER_MS : 999]++;
        }
    }
}

static void arrive(struct uplink *u) {
    for (; u->tail != u->head; u->tail++) {
        unsigned i = u->tail % UNDER_WAY;
        bool lost = u->sent[i].at == US_NEVER;
        if (!lost && u->sent[i].at > u->now) {
            return;
        }
        u->expected++;
        u->lost += lost;
        struct bwe_received p = {.size = u->sent[i].size,
                                 .key = u->rtp ? 77 : 0,
                                 .ticks = u->sent[i].ticks,
                                 .rate = u->rtp ? 90000 : 1 << 18,
                                 .bits = u->rtp ? 32 : 24};
        if (!lost) {
            bwe_receive_packet(&u->receive, u->now, &p);
            u->arrived += p.size;
        }
    }
}

static void step(struct uplink *u) {
    u->now += US_PER_MS;
    arrive(u);
    if (u->now >= u->report_at) {
        u->report_at = u->now + SEC(0.5);
        bwe_receive_loss(&u->receive, u->now, u->lost, u->expected);
        u->lost = u->expected = 0;
    }
    if (bwe_receive_deadline(&u->receive) <= u->now) {
        u->early += u->told > 0 && u->now - u->told_at < RECEIVE_TELL_SOON;
        u->told++;
        u->told_at = u->now;
        u->obeys = bwe_receive_tell(&u->receive, u->now);
    }
    if (u->now >= u->frame_at) {
        u->frame_at += FRAME;
        send(u);
    }
    if (getenv("BWE_TRACE") && u->now % 100000 == 0) {
        printf("# %.1f rate %.0f obeys %.0f path %.0f queue %.0f cap %.0f\n", (double)u->now / 1e6,
               (double)bwe_receive_rate(&u->receive) / 1e3, (double)u->obeys / 1e3,
               (double)u->rate / 1e3, (double)us_max(0, u->free_at - u->now) / 1e3,
               u->receive.aimd.capacity / 1e3);
    }
}

/* What arrives on average [bit/s]. */
static uint64_t run(struct uplink *u, us_t duration) {
    us_t until = u->now + duration;
    uint64_t before = u->arrived;
    while (u->now < until) {
        step(u);
    }
    return (u->arrived - before) * 8 * US_PER_S / (uint64_t)duration;
}

static unsigned waited(struct uplink *u, unsigned percent) {
    uint64_t total = 0, sum = 0;
    unsigned ms = 0;
    for (unsigned i = 0; i < 1000; i++) {
        total += u->waits[i];
    }
    for (; ms < 999 && (sum += u->waits[ms]) * 100 < total * percent; ms++) {
    }
    return ms;
}

TEST(receive_follows_an_uplink_that_changes) {
    for (unsigned rtp = 0; rtp < 2; rtp++) {
        for (unsigned seed = 0; seed < 5; seed++) {
            static struct uplink u;
            begin(&u, seed);
            u.rtp = rtp;
            run(&u, SEC(12));
            uint64_t wide = run(&u, SEC(10));
            u.rate = 500 * KBIT;
            run(&u, SEC(4));
            uint64_t narrow = run(&u, SEC(10));
            u.rate = 2 * MBIT;
            run(&u, SEC(10));
            uint64_t middle = run(&u, SEC(10));
            printf("# %s: %" PRIu64 ", %" PRIu64 " and %" PRIu64 " kbit/s, waited p95 %u ms\n",
                   rtp ? "RTP timestamps" : "abs-send-time", wide / KBIT, narrow / KBIT,
                   middle / KBIT, waited(&u, 95));
            EXPECT(wide > 3 * MBIT);
            EXPECT(narrow > 350 * KBIT && narrow <= 500 * KBIT);
            EXPECT(middle > 1400 * KBIT);
            EXPECT(waited(&u, 95) < 300);
            EXPECT_EQ(u.early, 0);
            EXPECT(u.told >= 45 && u.told < 250);
        }
    }
}

/* Nobody is told to send less than he does without a reason. */
TEST(receive_lets_alone_who_fits) {
    static struct uplink u;
    begin(&u, 1);
    u.want = 1500 * KBIT;
    u.obeys = u.want;
    for (unsigned i = 0; i < 600; i++) {
        run(&u, SEC(0.1));
        EXPECT(u.told == 0 || u.obeys >= (u.now < SEC(6) ? 800 * KBIT : 1500 * KBIT));
    }
    EXPECT(u.told >= 55 && u.told <= 70); /* once a second, from half a second on */
    EXPECT(run(&u, SEC(5)) > 1400 * KBIT);
}

TEST(receive_bears_random_loss_and_gives_way_to_more) {
    static struct uplink u;
    begin(&u, 2);
    u.want = 1500 * KBIT;
    u.loss_ppm = 30000;
    run(&u, SEC(20));
    EXPECT(u.obeys >= 1500 * KBIT);
    u.loss_ppm = 250000;
    run(&u, SEC(20));
    EXPECT(u.obeys < 800 * KBIT);
    EXPECT(u.obeys >= 60 * KBIT);
    u.loss_ppm = 0;
    run(&u, SEC(20));
    EXPECT(u.obeys >= 1500 * KBIT);
}

TEST(receive_is_silent_when_nothing_comes) {
    static struct uplink u;
    begin(&u, 3);
    EXPECT_EQ(bwe_receive_deadline(&u.receive), US_NEVER);
    run(&u, SEC(5));
    u.want = 0;
    run(&u, SEC(3));
    unsigned told = u.told;
    run(&u, SEC(5));
    EXPECT_EQ(u.told, told);
    u.want = MBIT;
    run(&u, SEC(3));
    EXPECT(u.told > told);
}

/* 24 bits of 6.18 seconds turn over every 64 s, RTP timestamps every 13 h. */
TEST(receive_counts_through_the_end_of_a_clock) {
    struct bwe_receive r;
    static const struct bwe_receive_config c = {800 * KBIT, 60 * KBIT, 8 * MBIT};
    for (unsigned rtp = 0; rtp < 2; rtp++) {
        bwe_receive_init(&r, &c);
        for (unsigned i = 0; i < 9000; i++) { /* 90 s */
            us_t now = (us_t)(1 + i) * 10 * US_PER_MS;
            uint32_t ticks = rtp ? 0xffff0000u + i * 900 : (i * 2621 + i / 2) & 0xffffff;
            bwe_receive_packet(&r, now,
                               &(struct bwe_received){.size = MTU,
                                                      .ticks = ticks,
                                                      .rate = rtp ? 90000 : 1 << 18,
                                                      .bits = rtp ? 32 : 24});
        }
        EXPECT_EQ(r.lowered, 0);
        EXPECT(queue_delay_get(&r.ways[0].queue) < 5 * US_PER_MS);
        EXPECT(bwe_receive_rate(&r) >= 800 * KBIT);
    }
}

/* A pause of 32 to 64 seconds looks in 24 bits like a step back; and RTP timestamps may begin anew
 * anywhere under the same ssrc. Neither is a queue. */
TEST(receive_begins_anew_where_a_clock_does) {
    struct bwe_receive r;
    static const struct bwe_receive_config c = {800 * KBIT, 60 * KBIT, 8 * MBIT};
    for (unsigned kind = 0; kind < 3; kind++) {
        bwe_receive_init(&r, &c);
        for (unsigned i = 0; i < 2000; i++) {
            bool rtp = kind > 0, then = i >= 1000;
            us_t now = (us_t)(1 + i) * 10 * US_PER_MS + (kind == 0 && then ? 40 * US_PER_S : 0);
            uint32_t ticks = rtp ? 7000000 + i * 900 : (uint32_t)((now << 18) / US_PER_S);
            ticks -= !then ? 0 : kind == 1 ? 6000000 : kind == 2 ? 180000 : 0;
            bwe_receive_packet(&r, now,
                               &(struct bwe_received){.size = MTU,
                                                      .ticks = rtp ? ticks : ticks & 0xffffff,
                                                      .rate = rtp ? 90000 : 1 << 18,
                                                      .bits = rtp ? 32 : 24});
            EXPECT(r.queue < 50 * US_PER_MS);
        }
        EXPECT_EQ(r.lowered, 0);
        EXPECT(bwe_receive_rate(&r) >= 800 * KBIT);
    }
}

/* More streams than are looked at are counted all the same. */
TEST(receive_bears_any_number_of_streams) {
    struct bwe_receive r;
    static const struct bwe_receive_config c = {800 * KBIT, 60 * KBIT, 8 * MBIT};
    bwe_receive_init(&r, &c);
    for (unsigned i = 0; i < 2000; i++) {
        bwe_receive_packet(
            &r, (us_t)(1 + i) * US_PER_MS,
            &(struct bwe_received){
                .size = MTU, .key = 1 + i % 9, .ticks = i * 90, .rate = 90000, .bits = 32});
    }
    EXPECT(bwe_receive_rate(&r) >= 7 * MBIT);
}

/* A stream that begins anew has another ssrc; what was before makes room. */
TEST(receive_looks_at_the_streams_that_are_there) {
    struct bwe_receive r;
    static const struct bwe_receive_config c = {800 * KBIT, 60 * KBIT, 8 * MBIT};
    us_t now = US_PER_S;
    bwe_receive_init(&r, &c);
    for (uint32_t key = 1; key < 20; key++, now += 3 * US_PER_S) {
        for (unsigned i = 0; i < 100; i++, now += 10 * US_PER_MS) {
            bwe_receive_packet(
                &r, now,
                &(struct bwe_received){
                    .size = MTU, .key = key, .ticks = i * 900, .rate = 90000, .bits = 32});
        }
        bool known = false;
        for (unsigned i = 0; i < RECEIVE_WAYS; i++) {
            known = known || (r.ways[i].any && r.ways[i].key == key);
        }
        EXPECT(known);
    }
}

TEST(receive_bears_clocks_that_are_none) {
    struct bwe_receive r;
    static const struct bwe_receive_config c = {800 * KBIT, 60 * KBIT, 8 * MBIT};
    struct rng_seeded seeded;
    us_t now = 1;
    rng_seed(&seeded, 7);
    bwe_receive_init(&r, &c);
    for (unsigned i = 0; i < 100000; i++) {
        struct rng rng = rng_from_seeded(&seeded);
        uint32_t x = rng_below(&rng, UINT32_MAX);
        bwe_receive_packet(&r, now += x % 5000,
                           &(struct bwe_received){.size = x % 1500,
                                                  .key = x % 3,
                                                  .ticks = i % 2 ? x : i * 0x7fffffffu,
                                                  .rate = x % 7 ? 90000 : 1 << 18,
                                                  .bits = x % 7 ? 32 : 24});
        bwe_receive_loss(&r, now, x % 50, x % 40);
        uint64_t rate = bwe_receive_rate(&r);
        EXPECT(rate == 0 || (rate >= c.min && rate <= c.max));
    }
}
