/* sim list | sim NAME|all [--seed N] [--seeds K] [-v]
 * Runs scenarios with seeds N..N+K-1 (default: N = 1; K = 1 when N is given, else 20). A failing
 * line names scenario, seed and commit, so that `sim NAME --seed N` at that commit replays it. */
#include "tests/sim/scenarios/scenarios.h"
#include "tests/sim/sim_identities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *name;
    uint64_t seed, seeds;
    bool verbose;
};

static bool run_one(const struct scenario *s, uint64_t seed, const struct options *o) {
    struct world *w = world_new(seed);
    s->run(w);
    world_end(w);
    bool ok = !w->failed;
    if (!ok) {
        const char *commit = getenv("ORIEL_COMMIT");
        printf("not ok %s seed=%llu: invariant: %s (commit %s)\n", s->name,
               (unsigned long long)seed, w->why, commit ? commit : "unknown");
    } else if (o->verbose) {
        printf("# %s seed=%llu events=%llu until=%lldus hash=%016llx\n", s->name,
               (unsigned long long)seed, (unsigned long long)w->n_events, (long long)w->now,
               (unsigned long long)w->hash);
    }
    world_free(w);
    return ok;
}

static bool run_scenario(const struct scenario *s, const struct options *o) {
    unsigned bad = 0;
    for (uint64_t i = 0; i < o->seeds && bad < 5; i++) {
        bad += !run_one(s, o->seed + i, o);
    }
    if (bad == 0) {
        printf("ok %s seeds=%llu\n", s->name, (unsigned long long)o->seeds);
    }
    return bad == 0;
}

static bool parse(int argc, char **argv, struct options *o) {
    bool have_seeds = false, have_seed = false;
    *o = (struct options){.seed = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            o->verbose = true;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            o->seed = strtoull(argv[++i], NULL, 10);
            have_seed = true;
        } else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            o->seeds = strtoull(argv[++i], NULL, 10);
            have_seeds = true;
        } else if (argv[i][0] != '-' && !o->name) {
            o->name = argv[i];
        } else {
            return false;
        }
    }
    if (!have_seeds) {
        o->seeds = have_seed ? 1 : 20;
    }
    return o->name && o->seeds > 0;
}

static int run_all(const struct options *o) {
    unsigned passed = 0, failed = 0;
    for (unsigned i = 0; i < n_scenarios; i++) {
        if (strcmp(o->name, "all") == 0 || strcmp(o->name, scenarios[i].name) == 0) {
            run_scenario(&scenarios[i], o) ? passed++ : failed++;
        }
    }
    if (passed + failed == 0) {
        fprintf(stderr, "no scenario %s; see: sim list\n", o->name);
        return 2;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

int main(int argc, char **argv) {
    struct options o;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!parse(argc, argv, &o)) {
        fprintf(stderr, "usage: sim list | sim NAME|all [--seed N] [--seeds K] [-v]\n");
        return 2;
    }
    if (strcmp(o.name, "list") == 0) {
        for (unsigned i = 0; i < n_scenarios; i++) {
            printf("%s\n", scenarios[i].name);
        }
        return 0;
    }
    if (!sim_identities_init()) {
        fprintf(stderr, "OpenSSL cannot make certificates\n");
        return 1;
    }
    int status = run_all(&o);
    sim_identities_free();
    return status;
}
