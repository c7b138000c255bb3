/* What networks and clocks do to packets, and what is heard of it. */
#include "media/mix/jitter.h"
#include "tests/unit/mix/world.h"

#include <math.h>

#define AMPLITUDE 0.2

static void hears(const struct world *w, const struct ear *e, double frequency, us_t span) {
    double a = world_tone(w, e, frequency, span);
    if (a < 0.85 * AMPLITUDE || a > 1.15 * AMPLITUDE) {
        test_fail(__FILE__, __LINE__, "%.0f Hz: %.3f", frequency, a);
    }
}

static struct ear *set_up(struct world *w, struct speaker **s) {
    world_init(w, NULL);
    struct ear *e = world_listens(w, 10, 0, 0);
    *s = world_speaks(w, 1, 440);
    return e;
}

TEST(mix_jitter_below_the_delay_loses_nothing) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    s->jitter = 34 * MS;
    world_run(&w, 6 * US_PER_S);
    EXPECT_EQ(mixes_counters(w.x).late, 0);
    EXPECT_EQ(mixes_counters(w.x).refused, 0);
    hears(&w, e, 440, 1 * US_PER_S);
    world_free(&w);
}

/* Packets that are later move the voice behind, once; when they come in time again it moves back.
 */
TEST(mix_jitter_beyond_the_delay_is_adapted_to) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    world_run(&w, 1 * US_PER_S);
    s->jitter = 100 * MS;
    world_run(&w, 4 * US_PER_S);
    uint64_t late = mixes_counters(w.x).late, packets = mixes_counters(w.x).packets;
    world_run(&w, 6 * US_PER_S);
    EXPECT(mixes_counters(w.x).packets > packets + 290);
    EXPECT(mixes_counters(w.x).late <= late + 3);
    s->jitter = 0;
    world_run(&w, 16 * US_PER_S);
    late = mixes_counters(w.x).late;
    e->l.from = w.now / MIXER_FRAME * MIXER_FRAME;
    e->l.len = 0;
    world_run(&w, 2 * US_PER_S);
    EXPECT_EQ(mixes_counters(w.x).late, late);
    hears(&w, e, 440, 1 * US_PER_S);
    world_free(&w);
}

TEST(mix_losses_are_made_up) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    s->loss = 5;
    world_run(&w, 6 * US_PER_S);
    hears(&w, e, 440, 4 * US_PER_S);
    EXPECT(e->l.jumps <= 1); /* time goes on, but for the silence before all */
    EXPECT_EQ(mixes_counters(w.x).refused, 0);
    EXPECT(step_of(&e->l, START, w.now) < 2 * step_of_tone(440, AMPLITUDE));
    world_free(&w);
}

/* Who is overtaken waits for its place, and nothing is missing. */
TEST(mix_order_of_arrival_does_not_matter) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    s->swap = 20;
    world_run(&w, 4 * US_PER_S);
    EXPECT_EQ(mixes_counters(w.x).late, 0);
    EXPECT_EQ(mixes_counters(w.x).refused, 0);
    hears(&w, e, 440, 2 * US_PER_S);
    double rest =
        rest_of(&e->l, (double[]){440}, 1, (us_t[]){w.now - 2 * US_PER_S, w.now - DELAY - 60 * MS});
    EXPECT(rest < AMPLITUDE / 20);
    world_free(&w);
}

/* What may not be kept does not wait: who is overtaken is missing, and made up. */
TEST(mix_what_may_not_be_kept_does_not_wait) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    s->swap = 10;
    world_run(&w, 2 * US_PER_S);
    s->low = true;
    size_t idle = packet_pool_idle(w.voices);
    world_run(&w, 2 * US_PER_S);
    EXPECT(mixes_counters(w.x).late > 3);
    EXPECT_EQ(mixes_counters(w.x).refused, 0);
    s->swap = 0;
    world_run(&w, 1 * US_PER_S);
    EXPECT(packet_pool_idle(w.voices) >= idle);
    hears(&w, e, 440, 500 * MS);
    world_free(&w);
}

static void drift(double ppm) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    s->ppm = ppm;
    s->jitter = 10 * MS;
    world_run(&w, 60 * US_PER_S);
    e->l.from = w.now / MIXER_FRAME * MIXER_FRAME;
    e->l.len = 0;
    world_run(&w, 10 * US_PER_S);
    struct mix_counters n = mixes_counters(w.x);
    EXPECT(n.late + n.refused <= 2);
    /* As fast as his clock is the tone higher; over 2 s that is less than half a period. */
    double f = 440 * (1 + ppm / 1e6);
    double a = tone_of(&e->l, f, w.now - 1 * US_PER_S, w.now - 500 * MS).amplitude;
    if (a < 0.8 * AMPLITUDE) {
        test_fail(__FILE__, __LINE__, "%.0f ppm: %.3f", ppm, a);
    }
    EXPECT(e->slowest < DELAY + 33 * MS);
    world_free(&w);
}

/* 60 s of a clock that is 400 ppm off are 24 ms. */
TEST(mix_clocks_that_drift_are_followed) {
    drift(400);
    drift(-400);
}

/* Timestamps that begin anew, without another ssrc: some packets are doubted, then it is so. */
TEST(mix_a_media_clock_that_jumps_is_followed) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    world_run(&w, 1 * US_PER_S);
    for (int i = 0; i < 2; i++) {
        s->ts += i ? 0x80000000u - 5000000 : 480000;
        uint64_t refused = mixes_counters(w.x).refused;
        world_run(&w, 1 * US_PER_S);
        EXPECT_EQ(mixes_counters(w.x).refused - refused, JITTER_RUN - 1);
        hears(&w, e, 440, 500 * MS);
    }
    world_free(&w);
}

/* A network holds back everything for a while and then gives it at once. */
TEST(mix_a_burst_is_survived) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    world_run(&w, 1 * US_PER_S);
    us_t held = 0;
    for (int i = 0; i < 3; i++) {
        held += 200 * MS;
        s->on = false;
        world_run(&w, held);
        s->on = true; /* and what was not sent is, with the timestamps it had */
        world_run(&w, 1500 * MS);
        hears(&w, e, 440, 500 * MS);
    }
    world_free(&w);
}

/* The thread sleeps: a little is made up for, much is left out. */
TEST(mix_a_stall_is_left_behind) {
    struct world w;
    struct speaker *s;
    struct ear *e = set_up(&w, &s);
    world_run(&w, 1 * US_PER_S);
    unsigned before = e->packets, jumps = e->l.jumps;
    world_sleep(&w, 300 * MS);
    EXPECT(e->packets - before >= 14);
    EXPECT_EQ(e->l.jumps, jumps);
    world_run(&w, 1 * US_PER_S);
    hears(&w, e, 440, 300 * MS);
    before = e->packets;
    for (unsigned i = 0; i < 3; i++) {
        s->next = w.now + 90 * US_PER_S;
        world_sleep(&w, 90 * US_PER_S);
        EXPECT(e->packets - before < 12);
        EXPECT(mixes_counters(w.x).skipped > 80u * US_PER_S);
        world_tell(&w, s, true);
        e->l.from = w.now / MIXER_FRAME * MIXER_FRAME;
        e->l.len = 0;
        s->ts += 48 * 90 * 1000;
        world_run(&w, 2 * US_PER_S);
        hears(&w, e, 440, 500 * MS);
        before = e->packets;
    }
    world_free(&w);
}
