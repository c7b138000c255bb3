/* What a tour without people costs: how much more memory of its own the server has with many
 * tours whose agents have come by WHIP and left again than with some. */
#include "base/alloc.h"
#include "base/check.h"
#include "bench/load/entry.h"
#include "bench/load/oriel.h"
#include "bench/load/scenarios.h"
#include "server/os/clock.h"

#define FIRST 100 /* tours that come before measuring: pools and caches fill */
#define FIRST_QUICK 10
#define WAIT_MAX (10 * US_PER_S)

static bool has_resource(void *ctx) {
    const struct client *c = ctx;
    return c->resource[0] || c->state == CLIENT_FAILED;
}

/* Agents first .. end-1 make their tours, one after the other. */
static bool make_tours(struct entry *e, unsigned first, unsigned end) {
    for (unsigned i = first; i < end; i++) {
        struct publisher *p = &e->crowd.publishers[i];
        e->target.ops->publish(&e->target, p, i);
        if (!load_wait(e->target.load, clock_now() + WAIT_MAX, has_resource, &p->client) ||
            !oriel_leave(&e->target, &p->client, i)) {
            result_invalid(&e->result, "tour %u was not made: %.80s", i, p->client.why);
            return false;
        }
    }
    return true;
}

static void measure(struct entry *e, unsigned first) {
    unsigned n = e->crowd.n_publishers;
    uint64_t before, after;
    if (!make_tours(e, 0, first) || !entry_memory(e, &before) || !make_tours(e, first, n) ||
        !entry_memory(e, &after)) {
        return;
    }
    double tours = oriel_metric(&e->target, "oriel_signaling_tours");
    double sessions = oriel_metric(&e->target, "oriel_signaling_sessions");
    result_extra(&e->result, "tours", tours);
    result_extra(&e->result, "idle_tour_kib",
                 (double)(int64_t)(after - before) / (n - first) / 1024);
    result_extra(&e->result, "server_mib", (double)after / 1024 / 1024);
    if (tours != n || sessions != 0) {
        result_invalid(&e->result, "there are %.0f tours and %.0f sessions", tours, sessions);
    }
}

void idle_tours_run(const struct scenario *sc, struct load *l, const struct options *o,
                    struct scenario_result *ret) {
    struct entry *e = mem_zalloc(1, sizeof(*e));
    unsigned first = o->quick ? FIRST_QUICK : FIRST;
    struct target_config config = {
        .program = o->oriel, .workers = o->workers, .rooms = o->quick ? 3 * first : sc->rooms};
    CHECK(e);
    e->result.scenario = sc->name;
    if (entry_open(e, &target_oriel, l, &config, 0)) {
        entry_say(e, "makes tours");
        measure(e, first);
    }
    scenario_keep(ret, &e->result);
    entry_close(e);
    mem_free(e);
}
