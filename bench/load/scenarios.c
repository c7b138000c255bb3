#include "bench/load/scenarios.h"

#include "base/alloc.h"
#include "base/check.h"

#include <string.h>

static const struct scenario scenarios[] = {
    {"fanout-1", "1 publisher to 1 viewer", forwarding_run, 1, 1, 0},
    {"fanout-10", "1 publisher to 10 viewers", forwarding_run, 1, 10, 0},
    {"fanout-50", "1 publisher to 50 viewers", forwarding_run, 1, 50, 0},
    {"fanout-200", "1 publisher to 200 viewers", forwarding_run, 1, 200, 0},
    {"fanout-500", "1 publisher to 500 viewers", forwarding_run, 1, 500, 0},
    {"fanout-1000", "1 publisher to 1000 viewers", forwarding_run, 1, 1000, 0},
    {"rooms-20x10", "20 tours of 10 viewers", forwarding_run, 20, 200, 0},
    {"loss-1", "50 viewers that lose 1 % of what they get", forwarding_run, 1, 50, 10},
    {"join-storm", "300 viewers join a running tour within 5 s", join_storm_run, 1, 300, 0},
    {"recorder", "8 tours that are recorded, and 8 that are not", recorder_run, 8, 0, 0},
    {"idle-tours", "1100 tours whose agents have left", idle_tours_run, 1100, 0, 0},
    {"footprint", "memory of 250 viewers, who leave and join again", footprint_run, 1, 250, 0},
    {"hostile", "2 tours, and somebody in one of them who means harm", hostile_run, 2, 20, 0},
};

const struct scenario *scenario_at(unsigned i) {
    return i < ARRAY_LEN(scenarios) ? &scenarios[i] : NULL;
}

const struct scenario *scenario_find(const char *name) {
    for (unsigned i = 0; i < ARRAY_LEN(scenarios); i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}

void scenario_keep(struct scenario_result *ret, const struct result *r) {
    CHECK(ret->n < ARRAY_LEN(ret->results));
    ret->results[ret->n] = mem_alloc(sizeof(*r));
    CHECK(ret->results[ret->n]);
    *ret->results[ret->n++] = *r;
}

void scenario_free(struct scenario_result *r) {
    for (unsigned i = 0; i < r->n; i++) {
        r->results[i] = mem_free(r->results[i]);
    }
    r->n = 0;
}
