/* The link model and the world themselves. */
#include "tests/sim/scenarios/scenarios.h"

#define N 20000

/* Send N packets, one a millisecond; returns how many arrive, copies counted. */
static unsigned run_link(const struct sim_link_config *c, uint64_t seed, unsigned *ret_longest) {
    struct sim_link l;
    us_t at[2];
    unsigned arrived = 0, row = 0;
    sim_link_init(&l, c, seed);
    *ret_longest = 0;
    for (unsigned i = 0; i < N; i++) {
        unsigned n = sim_link_send(&l, (us_t)i * US_PER_MS, 1000, at);
        arrived += n;
        row = n ? 0 : row + 1;
        *ret_longest = row > *ret_longest ? row : *ret_longest;
    }
    return arrived;
}

static void losses_have_their_rate(struct world *w) {
    unsigned longest, bursty;
    unsigned all = run_link(&(struct sim_link_config){0}, w->seed, &longest);
    SIM_EXPECT(w, all == N && longest == 0);
    unsigned some = run_link(&(struct sim_link_config){.loss = 50000}, w->seed, &longest);
    SIM_EXPECT(w, some > N * 94 / 100 && some < N * 96 / 100 && longest < 8);
    /* The same mean loss of 5 % in bursts of 20. */
    struct sim_link_config bursts = {.bad_enter = 2632, .bad_leave = 50000, .bad_loss = PPM};
    some = run_link(&bursts, w->seed, &bursty);
    SIM_EXPECT(w, some > N * 90 / 100 && some < N * 98 / 100 && bursty > 20);
    struct sim_link_config dark = {.blackout = US_PER_S / 2, .blackout_every = 5 * US_PER_S};
    some = run_link(&dark, w->seed, &longest);
    SIM_EXPECT(w, some == N * 9 / 10 && longest <= 500 && longest >= 250);
    some = run_link(&(struct sim_link_config){.duplicate = 100000}, w->seed, &longest);
    SIM_EXPECT(w, some > N * 109 / 100 && some < N * 111 / 100);
}

static void rate_and_queue_hold(struct world *w) {
    struct sim_link l;
    us_t at[2], last = 0;
    unsigned delivered = 0;
    /* 1000 bytes at 1 Mbit/s take 8 ms; 20 fit in the queue. */
    sim_link_init(&l, &(struct sim_link_config){.rate = 1000000, .queue = 20000, .delay = 1000},
                  w->seed);
    for (unsigned i = 0; i < 100; i++) {
        if (sim_link_send(&l, 0, 1000, at)) {
            SIM_EXPECT(w, at[0] == last + (last ? 8000 : 9000));
            last = at[0];
            delivered++;
        }
    }
    SIM_EXPECT(w, delivered == 20 && l.lost == 80);
    SIM_EXPECT(w, sim_link_send(&l, 160000, 1000, at) == 1 && at[0] == 169000);
    l.down = true;
    SIM_EXPECT(w, sim_link_send(&l, 170000, 1000, at) == 0);
}

static void order_is_kept_unless_asked(struct world *w) {
    struct sim_link l;
    us_t at[2], last = 0;
    struct sim_link_config c = {.delay = 10000, .jitter = 5000};
    unsigned overtaken = 0;
    sim_link_init(&l, &c, w->seed);
    for (unsigned i = 0; i < 1000; i++) {
        SIM_EXPECT(w, sim_link_send(&l, (us_t)i * 1000, 100, at) == 1);
        SIM_EXPECT(w, at[0] >= last && at[0] >= (us_t)i * 1000 + 10000);
        last = at[0];
    }
    c.reorder = 100000;
    c.reorder_by = 20000;
    sim_link_init(&l, &c, w->seed);
    last = 0;
    for (unsigned i = 0; i < 1000; i++) {
        SIM_EXPECT(w, sim_link_send(&l, (us_t)i * 1000, 100, at) == 1);
        overtaken += at[0] < last;
        last = at[0];
    }
    SIM_EXPECT(w, overtaken > 50 && overtaken < 200);
}

void scenario_links_behave(struct world *w) {
    losses_have_their_rate(w);
    rate_and_queue_hold(w);
    order_is_kept_unless_asked(w);
}

static uint64_t a_short_life(uint64_t seed, us_t *ret_now) {
    struct world *w = world_new(seed);
    struct browser_options agent = with_loss(w, an_agent(w)), buyer = with_loss(w, a_buyer(w));
    world_join(w, &agent);
    world_join(w, &buyer);
    world_run_for(w, US_PER_S);
    uint64_t hash = w->hash;
    *ret_now = w->now;
    world_end(w);
    world_free(w);
    return hash;
}

/* Every byte on every link, handshakes included, is the same in a second run of a seed. */
void scenario_runs_replay(struct world *w) {
    us_t now[3];
    uint64_t first = a_short_life(w->seed, &now[0]), second = a_short_life(w->seed, &now[1]);
    SIM_EXPECT(w, first == second && now[0] == now[1]);
    SIM_EXPECT(w, first != a_short_life(w->seed + 1, &now[2]));
}
