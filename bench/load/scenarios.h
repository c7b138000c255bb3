/* The scenarios with real sockets against a real server. Owner: the main thread. */
#ifndef ORIEL_BENCH_LOAD_SCENARIOS_H
#define ORIEL_BENCH_LOAD_SCENARIOS_H

#include "bench/load/crowd.h"
#include "bench/load/result.h"
#include "bench/options.h"

struct scenario {
    const char *name, *about;
    /* Run it; results are the caller's to free with scenario_free. */
    void (*run)(const struct scenario *s, struct load *l, const struct options *o,
                struct scenario_result *ret);
    unsigned rooms, viewers; /* in all */
    unsigned loss;           /* packets of 1000 that viewers throw away */
};

/* The scenario with this name, or NULL. */
const struct scenario *scenario_find(const char *name);
/* Scenario number i, or NULL past the last. */
const struct scenario *scenario_at(unsigned i);
void scenario_free(struct scenario_result *r);
/* A copy of r becomes part of the results, at most three. */
void scenario_keep(struct scenario_result *ret, const struct result *r);

/* One or more publishers and their viewers, in rounds: Oriel, Janus and the floor in turn. */
void forwarding_run(const struct scenario *s, struct load *l, const struct options *o,
                    struct scenario_result *ret);
/* A rush of viewers into a tour that is running; s->viewers of them. */
void join_storm_run(const struct scenario *s, struct load *l, const struct options *o,
                    struct scenario_result *ret);
/* Tours that are recorded beside tours that are not. */
void recorder_run(const struct scenario *s, struct load *l, const struct options *o,
                  struct scenario_result *ret);
/* Tours without people. */
void idle_tours_run(const struct scenario *s, struct load *l, const struct options *o,
                    struct scenario_result *ret);
/* What a viewer costs in memory, and whether it comes back when viewers leave. */
void footprint_run(const struct scenario *s, struct load *l, const struct options *o,
                   struct scenario_result *ret);
/* Tours in one of which somebody attacks. */
void hostile_run(const struct scenario *s, struct load *l, const struct options *o,
                 struct scenario_result *ret);

#endif
