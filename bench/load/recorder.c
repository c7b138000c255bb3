/* What recording costs: two servers with the same publishers and no viewers, one of which records
 * them all; in each round each is played to in turn. */
#include "base/alloc.h"
#include "base/check.h"
#include "bench/load/entry.h"
#include "bench/load/oriel.h"
#include "bench/load/scenarios.h"
#include "server/os/clock.h"

#include <stdio.h>

#define WARM US_PER_S
#define ROUNDS 5
#define SECONDS 4

struct studio {
    struct entry plain, recorded;
};

static bool open_one(struct entry *e, const struct scenario *sc, struct load *l,
                     const struct target_config *config) {
    e->result.scenario = sc->name;
    if (!entry_open(e, &target_oriel, l, config, 0)) {
        return false;
    }
    entry_say(e, config->recorded ? "joins, recorded" : "joins");
    bool ok = entry_publish(e) && load_run(l, clock_now() + WARM);
    crowd_play(&e->crowd, false);
    return ok;
}

/* Shares of a processor of the two, in one round; false when the user has asked to end. */
static bool one_round(struct studio *s, us_t length, struct series *ret_plain,
                      struct series *ret_recorded) {
    struct measured m;
    if (!measure_window(&s->plain.target, &s->plain.crowd, WARM, length, &m)) {
        return false;
    }
    series_add(ret_plain, (double)m.cpu_ns / m.seconds / 1e9);
    if (!measure_window(&s->recorded.target, &s->recorded.crowd, WARM, length, &m)) {
        return false;
    }
    series_add(ret_recorded, (double)m.cpu_ns / m.seconds / 1e9);
    s->recorded.result.rounds++;
    return true;
}

static void tell(struct studio *s, const struct series *plain, const struct series *recorded) {
    struct result *r = &s->recorded.result;
    struct series each = {0};
    for (unsigned i = 0; i < recorded->n; i++) {
        series_add(&each, (recorded->at[i] - plain->at[i]) * 100 / r->publishers);
    }
    result_extra(r, "percent_of_processor_per_recorded_tour", series_median(&each));
    result_extra(r, "percent_of_processor_unrecorded_tour",
                 series_median(plain) * 100 / r->publishers);
    uint64_t bytes = target_bytes(&s->recorded.target, "recordings");
    result_extra(r, "recorded_kib", (double)bytes / 1024);
    result_extra(r, "taps_dropped",
                 oriel_metric(&s->recorded.target, "oriel_recorder_tap_dropped_total"));
    if (bytes == 0) {
        result_invalid(r, "nothing was recorded");
    }
}

void recorder_run(const struct scenario *sc, struct load *l, const struct options *o,
                  struct scenario_result *ret) {
    struct studio *s = mem_zalloc(1, sizeof(*s));
    struct target_config config = {
        .program = o->oriel, .workers = o->workers, .rooms = o->quick ? 2 : sc->rooms};
    struct series plain = {0}, recorded = {0};
    unsigned rounds = o->rounds ? o->rounds : ROUNDS;
    us_t length = (o->seconds ? o->seconds : SECONDS) * US_PER_S;
    CHECK(s);
    bool ok = open_one(&s->plain, sc, l, &config);
    config.recorded = true;
    ok = open_one(&s->recorded, sc, l, &config) && ok;
    for (unsigned i = 0; ok && i < rounds; i++) {
        fprintf(stderr, "bench: %s: round %u of %u\n", sc->name, i + 1, rounds);
        ok = one_round(s, length, &plain, &recorded);
    }
    if (!s->recorded.result.absent[0]) {
        tell(s, &plain, &recorded);
        result_finish(&s->recorded.result, &s->recorded.crowd);
    }
    scenario_keep(ret, &s->recorded.result);
    entry_close(&s->recorded);
    entry_close(&s->plain);
    mem_free(s);
}
