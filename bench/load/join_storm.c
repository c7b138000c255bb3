/* A tour is running when hundreds of people come at once: how long do they wait, and does the
 * running tour feel it? */
#include "base/alloc.h"
#include "base/check.h"
#include "bench/load/entry.h"
#include "bench/load/scenarios.h"
#include "server/os/clock.h"

#include <stdio.h>

#define WATCHING 50 /* viewers of the running tour */
#define STORM (5 * US_PER_S)
#define STORM_QUICK US_PER_S
#define CALM (3 * US_PER_S)
#define SETTLE US_PER_S
#define WAIT_MAX (20 * US_PER_S)

struct storm {
    struct entry entry;
    struct audience late; /* what those see who come later */
    us_t length;
};

struct waiting {
    const struct entry *entry;
    unsigned first, end;
};

static bool nobody_waits(void *ctx) {
    const struct waiting *w = ctx;
    return entry_waiting(w->entry, w->first, w->end) == 0;
}

/* The running tour on its own. */
static bool calm(struct storm *s) {
    struct crowd *c = &s->entry.crowd;
    if (!entry_publish(&s->entry) || !entry_view(&s->entry, 0, WATCHING) ||
        !load_run(s->entry.target.load, clock_now() + SETTLE)) {
        return false;
    }
    c->audience.timing = true;
    bool go_on = load_run(s->entry.target.load, clock_now() + CALM);
    c->audience.timing = false;
    result_extra(&s->entry.result, "calm_delay_p50_ms", histogram_ms(&c->audience.delay, 0.5));
    result_extra(&s->entry.result, "calm_delay_p99_ms", histogram_ms(&c->audience.delay, 0.99));
    c->audience.delay = (struct histogram){0};
    return go_on;
}

static void storm(struct storm *s) {
    struct entry *e = &s->entry;
    struct load *l = e->target.load;
    unsigned end = e->crowd.n_viewers;
    struct waiting w = {e, WATCHING, end};
    uint64_t cpu = child_cpu_ns(&e->target.child), drops = crowd_drops(&e->crowd);
    us_t begun = clock_now();
    e->crowd.audience.timing = true;
    for (unsigned i = WATCHING; i < end && !load_stopped(); i++) {
        (void)load_run(l, begun + (us_t)(i - WATCHING) * s->length / (end - WATCHING));
        entry_ask(e, i);
    }
    if (!load_wait(l, clock_now() + WAIT_MAX, nobody_waits, &w)) {
        result_invalid(&e->result, "%u of %u never saw a picture", entry_waiting(e, WATCHING, end),
                       end - WATCHING);
    }
    e->crowd.audience.timing = false;
    double seconds = (double)(clock_now() - begun) / (double)US_PER_S;
    result_extra(&e->result, "storm_seconds", seconds);
    result_extra(&e->result, "storm_server_cpu",
                 (double)(child_cpu_ns(&e->target.child) - cpu) / seconds / 1e9);
    if (crowd_drops(&e->crowd) > drops) {
        result_invalid(&e->result, "the kernel dropped packets at the generator's sockets");
    }
}

static void run_one(struct storm *s, const struct target_ops *ops, struct load *l,
                    const struct target_config *config) {
    struct entry *e = &s->entry;
    unsigned viewers = e->result.viewers;
    if (!entry_open(e, ops, l, config, viewers)) {
        return;
    }
    s->late.sample = e->crowd.audience.sample;
    s->late.rng = e->crowd.audience.rng;
    for (unsigned i = WATCHING; i < viewers; i++) {
        e->crowd.viewers[i].audience = &s->late;
    }
    entry_say(e, "joins");
    if (calm(s)) {
        storm(s);
    }
    /* Only those who came in the storm count as joining. */
    for (unsigned i = 0; i < WATCHING; i++) {
        e->crowd.viewers[i].join.asked = 0;
    }
    result_finish(&e->result, &e->crowd);
}

void join_storm_run(const struct scenario *sc, struct load *l, const struct options *o,
                    struct scenario_result *ret) {
    const struct target_ops *targets[] = {&target_oriel, o->janus ? &target_janus : NULL};
    struct target_config config = {.program = o->oriel, .workers = o->workers, .rooms = 1};
    for (unsigned i = 0; i < ARRAY_LEN(targets) && targets[i] && !load_stopped(); i++) {
        struct storm *s = mem_zalloc(1, sizeof(*s));
        CHECK(s);
        s->length = o->quick ? STORM_QUICK : STORM;
        s->entry.result.scenario = sc->name;
        s->entry.result.viewers = o->quick ? WATCHING + sc->viewers / 5 : WATCHING + sc->viewers;
        run_one(s, targets[i], l, &config);
        scenario_keep(ret, &s->entry.result);
        entry_close(&s->entry);
        mem_free(s);
    }
}
