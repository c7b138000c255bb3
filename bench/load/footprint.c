/* What a viewer costs in memory: how much more the server has of its own with many viewers of a
 * tour than with some, so that what is there once does not count. Then all leave and others join in
 * their place, many times: what they held must serve those who come after them. */
#include "base/alloc.h"
#include "base/check.h"
#include "bench/load/entry.h"
#include "bench/load/oriel.h"
#include "bench/load/scenarios.h"
#include "server/os/clock.h"

#define FEW 5   /* one of so many is there before measuring */
#define QUICK 5 /* so many times fewer viewers and joins */
/* Pages of a mailbox come with their first use, so all must have gone round before memory can stay
 * as it is: a join is two orders to the recorder, whose mailbox holds 4096. */
#define JOINS_BEFORE 3000
#define JOINS_LATER 2000
#define PACKETS 400 /* that each viewer gets before memory is looked at: two seconds */
#define WAIT_MAX (30 * US_PER_S)

struct watched {
    const struct crowd *crowd;
    unsigned end;
};

static bool all_watched(void *ctx) {
    const struct watched *w = ctx;
    for (unsigned i = 0; i < w->end; i++) {
        if (w->crowd->viewers[i].client.received < PACKETS) {
            return false;
        }
    }
    return true;
}

/* Viewers first .. end-1 join. When all have watched for a while: [bytes] of the server. */
static bool fill(struct entry *e, unsigned first, unsigned end, uint64_t *ret) {
    struct watched w = {&e->crowd, end};
    if (!entry_view(e, first, end)) {
        return false;
    }
    if (!load_wait(e->target.load, clock_now() + WAIT_MAX, all_watched, &w)) {
        result_invalid(&e->result, "viewers do not get their packets");
        return false;
    }
    return entry_memory(e, ret);
}

/* All viewers leave, and their places are ready for others. */
static bool empty(struct entry *e) {
    for (unsigned i = 0; i < e->crowd.n_viewers; i++) {
        struct viewer *v = &e->crowd.viewers[i];
        if (load_stopped() || !oriel_leave(&e->target, &v->client, 0)) {
            result_invalid(&e->result, "viewer %u could not leave", i);
            return false;
        }
        viewer_close(v);
        viewer_open(v, &e->target.load->world, &e->crowd.audience);
    }
    double sessions = oriel_metric(&e->target, "oriel_signaling_sessions");
    if (sessions != e->crowd.n_publishers) {
        result_invalid(&e->result, "%.0f sessions are left", sessions);
        return false;
    }
    return true;
}

/* All viewers are replaced until so many have joined, and all watch: [bytes] then. */
static bool replace(struct entry *e, unsigned joins, uint64_t *ret) {
    unsigned all = e->crowd.n_viewers;
    for (unsigned n = all; n < joins; n += all) {
        if (!empty(e) || !entry_view(e, 0, all)) {
            return false;
        }
    }
    return empty(e) && fill(e, 0, all, ret);
}

static double kib(uint64_t before, uint64_t after, unsigned n) {
    return (double)(int64_t)(after - before) / n / 1024;
}

static void measure(struct entry *e, unsigned fewer) {
    unsigned n = e->crowd.n_viewers, few = n / FEW;
    unsigned joins = JOINS_LATER / fewer;
    uint64_t before, full, replaced, again;
    if (!entry_publish(e) || !fill(e, 0, few, &before) || !fill(e, few, n, &full) ||
        !replace(e, JOINS_BEFORE / fewer, &replaced) || !replace(e, joins, &again)) {
        return;
    }
    result_extra(&e->result, "viewer_kib", kib(before, full, n - few));
    result_extra(&e->result, "mailboxes_and_slack_mib",
                 (double)(int64_t)(replaced - full) / 1024 / 1024);
    result_extra(&e->result, "later_join_kib", kib(replaced, again, joins));
    result_extra(&e->result, "server_mib", (double)again / 1024 / 1024);
}

void footprint_run(const struct scenario *sc, struct load *l, const struct options *o,
                   struct scenario_result *ret) {
    struct entry *e = mem_zalloc(1, sizeof(*e));
    struct target_config config = {.program = o->oriel, .workers = o->workers, .rooms = sc->rooms};
    unsigned fewer = o->quick ? QUICK : 1;
    CHECK(e);
    e->result.scenario = sc->name;
    if (entry_open(e, &target_oriel, l, &config, sc->viewers / fewer)) {
        entry_say(e, "is watched");
        measure(e, fewer);
        result_finish(&e->result, &e->crowd);
    }
    scenario_keep(ret, &e->result);
    entry_close(e);
    mem_free(e);
}
