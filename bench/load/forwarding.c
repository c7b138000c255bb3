/* Forwarding in steady state: who uses how much CPU for a packet. All servers and the floor are up
 * at once with all their clients; in each round each is played to in turn, the others being quiet.
 * So what the machine does otherwise hits all alike, and ratios of one round are fair. */
#include "base/alloc.h"
#include "base/check.h"
#include "bench/load/entry.h"
#include "bench/load/floor.h"
#include "bench/load/oriel.h"
#include "bench/load/scenarios.h"
#include "server/os/clock.h"

#include <stdio.h>
#include <string.h>

#define WARM (US_PER_S / 2)
#define WARM_QUICK (US_PER_S / 5)
#define FLOOR_MIN US_PER_S /* a floor is measured for a third of a server's time, but at least */
#define FLOOR_MIN_QUICK (US_PER_S / 4)
#define SETTLE US_PER_S
#define ROUNDS 5
#define SECONDS 3
#define MEMORY_VIEWERS 10 /* fewer say nothing about one */

enum { ORIEL, JANUS, N_ENTRIES };

struct contest {
    const struct scenario *scenario;
    struct load *load;
    const struct options *options;
    struct entry entries[N_ENTRIES], floor;
    bool up[N_ENTRIES];
    struct scenario_result *result;
};

/* Everybody joins; the tour is then quiet. */
static bool fill_rooms(struct entry *e) {
    entry_say(e, "joins");
    if (!entry_publish(e) || !load_run(e->target.load, clock_now() + SETTLE)) {
        return false;
    }
    uint64_t before = child_memory(&e->target.child);
    bool ok =
        entry_view(e, 0, e->crowd.n_viewers) && load_run(e->target.load, clock_now() + SETTLE);
    if (ok && e->crowd.n_viewers >= MEMORY_VIEWERS) {
        uint64_t after = child_memory(&e->target.child);
        e->result.viewer_bytes = ((double)after - (double)before) / e->crowd.n_viewers;
    }
    crowd_play(&e->crowd, false);
    return ok;
}

static void open_entry(struct contest *c, unsigned i, const struct target_ops *ops) {
    struct entry *e = &c->entries[i];
    struct target_config config = {
        .program = c->options->oriel, .workers = c->options->workers, .rooms = c->scenario->rooms};
    e->result.scenario = c->scenario->name;
    if (!entry_open(e, ops, c->load, &config, c->scenario->viewers)) {
        return;
    }
    c->up[i] = fill_rooms(e);
    e->crowd.audience.loss = c->scenario->loss;
    e->result.seen.loss = c->scenario->loss;
    if (!c->up[i]) {
        result_finish(&e->result, &e->crowd);
        entry_close(e); /* so that it takes nothing from the others */
    }
}

static void open_floor(struct contest *c) {
    struct entry *e = &c->floor;
    struct target_config config = {.rooms = c->scenario->rooms};
    e->result.scenario = c->scenario->name;
    CHECK(entry_open(e, &target_floor, c->load, &config, c->scenario->viewers));
    for (unsigned i = 0; i < e->crowd.n_publishers; i++) {
        target_floor.publish(&e->target, &e->crowd.publishers[i], i);
    }
    for (unsigned i = 0; i < e->crowd.n_viewers; i++) {
        entry_ask(e, i);
    }
    CHECK(floor_begin(&e->target));
    const char *used = c->up[ORIEL] ? oriel_aead(&c->entries[ORIEL].target) : "openssl";
    for (unsigned i = 0; i < FLOOR_ENGINES; i++) {
        if (floor_has(i)) {
            const char *name = floor_engine_name(i);
            c->result->floors[c->result->n_floors++] =
                (struct floor_result){.library = name, .used = strcmp(name, used) == 0};
        }
    }
}

static us_t length_of(const struct contest *c) {
    return (c->options->seconds ? c->options->seconds : SECONDS) * US_PER_S;
}

static us_t warm_of(const struct contest *c) {
    return c->options->quick ? WARM_QUICK : WARM;
}

/* [ns] of a floor with trains of 1, 2, 4 and 8; false when the user has asked to end. */
static bool floor_round(struct contest *c, unsigned floor, double ns[RESULT_TRAINS]) {
    us_t least = c->options->quick ? FLOOR_MIN_QUICK : FLOOR_MIN;
    us_t length = us_max(length_of(c) / 3, least);
    for (unsigned i = 0; i < RESULT_TRAINS; i++) {
        struct measured m;
        /* Floors are in the result in the order of their engines, and OpenSSL is always there. */
        floor_choose(&c->floor.target, floor, 1U << i);
        if (!measure_window(&c->floor.target, &c->floor.crowd, warm_of(c), length, &m)) {
            return false;
        }
        ns[i] = m.packets ? (double)m.cpu_ns / (double)m.packets : 0;
        series_add(&c->result->floors[floor].ns[i], ns[i]);
    }
    return true;
}

/* One server's turn; its [ns], 0 when it has none. */
static double entry_round(struct contest *c, unsigned i) {
    struct entry *e = &c->entries[i];
    struct measured m;
    if (!c->up[i] || !measure_window(&e->target, &e->crowd, warm_of(c), length_of(c), &m)) {
        return 0;
    }
    if (child_ended(&e->target.child)) {
        result_invalid(&e->result, "the server has ended");
        return 0;
    }
    result_add(&e->result, &m);
    return m.packets ? (double)m.cpu_ns / (double)m.packets : 0;
}

static void compare(struct contest *c, const double ns[N_ENTRIES],
                    const double floor[RESULT_TRAINS]) {
    for (unsigned i = 0; i < N_ENTRIES; i++) {
        struct result *r = &c->entries[i].result;
        if (ns[i] > 0 && floor[0] > 0 && floor[RESULT_TRAINS - 1] > 0) {
            series_add(&r->vs_floor, ns[i] / floor[0]);
            series_add(&r->vs_frames, ns[i] / floor[RESULT_TRAINS - 1]);
        }
    }
    if (ns[ORIEL] > 0 && ns[JANUS] > 0) {
        series_add(&c->entries[ORIEL].result.vs_janus, ns[ORIEL] / ns[JANUS]);
    }
}

static void one_round(struct contest *c) {
    double ns[N_ENTRIES], floor[RESULT_TRAINS] = {0};
    for (unsigned i = 0; i < N_ENTRIES; i++) {
        ns[i] = entry_round(c, i);
    }
    for (unsigned i = 0; i < c->result->n_floors; i++) {
        double one[RESULT_TRAINS];
        if (!floor_round(c, i, one)) {
            return;
        }
        if (c->result->floors[i].used) {
            memcpy(floor, one, sizeof(floor));
        }
    }
    compare(c, ns, floor);
}

static void finish(struct contest *c, struct scenario_result *ret) {
    for (unsigned i = 0; i < N_ENTRIES; i++) {
        struct entry *e = &c->entries[i];
        if (c->up[i]) {
            result_finish(&e->result, &e->crowd);
        }
        if (e->result.target) {
            scenario_keep(ret, &e->result);
        }
    }
}

void forwarding_run(const struct scenario *s, struct load *l, const struct options *o,
                    struct scenario_result *ret) {
    struct contest *c = mem_zalloc(1, sizeof(*c));
    unsigned rounds = o->rounds ? o->rounds : ROUNDS;
    CHECK(c);
    c->scenario = s;
    c->load = l;
    c->options = o;
    c->result = ret;
    open_entry(c, ORIEL, &target_oriel);
    if (o->janus) {
        open_entry(c, JANUS, &target_janus);
    }
    open_floor(c);
    for (unsigned i = 0; i < rounds && !load_stopped(); i++) {
        fprintf(stderr, "bench: %s: round %u of %u\n", s->name, i + 1, rounds);
        one_round(c);
    }
    finish(c, ret);
    entry_close(&c->floor);
    entry_close(&c->entries[JANUS]);
    entry_close(&c->entries[ORIEL]);
    mem_free(c);
}
