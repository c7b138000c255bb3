/* sim list | sim NAME|all [--seed N] [--seeds K] [-v] [--plot FILE.svg]
 * Runs scenarios with seeds N..N+K-1 (default: N = 1; K = 1 when N is given, else 20). A failing
 * line names scenario, seed and commit, so that `sim NAME --seed N` at that commit replays it. Of
 * all, the heavy ones take a part of the seeds only, which their line says. --plot draws the first
 * seed of a scenario with a viewer to look at; -v prints what scenarios measured. */
#include "tests/sim/scenarios/scenarios.h"
#include "tests/sim/sim_identities.h"
#include "tests/sim/sim_plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *name;
    uint64_t seed, seeds;
    bool verbose;
    const char *plot; /* file, or NULL */
};

static bool run_one(const struct scenario *s, uint64_t seed, const struct options *o) {
    struct world *w = world_new(seed);
    bool drawn = o->plot && seed == o->seed;
    w->verbose = o->verbose;
    w->plot = drawn ? plot_new() : NULL;
    s->run(w);
    world_end(w);
    bool ok = !w->failed;
    if (drawn && !plot_write(w->plot, o->plot, s->name)) {
        fprintf(stderr, "%s is not written: %s\n", o->plot, strerror(errno));
    }
    w->plot = plot_free(w->plot);
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
    bool all = strcmp(o->name, "all") == 0;
    uint64_t seeds = all ? (o->seeds + s->one_in - 1) / s->one_in : o->seeds;
    for (uint64_t i = 0; i < seeds && bad < 5; i++) {
        bad += !run_one(s, o->seed + i, o);
    }
    if (bad == 0) {
        printf("ok %s seeds=%llu%s\n", s->name, (unsigned long long)seeds,
               seeds < o->seeds ? " (a heavy one: fewer)" : "");
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
        } else if (strcmp(argv[i], "--plot") == 0 && i + 1 < argc) {
            o->plot = argv[++i];
        } else if (argv[i][0] != '-' && !o->name) {
            o->name = argv[i];
        } else {
            return false;
        }
    }
    if (!have_seeds) {
        o->seeds = have_seed ? 1 : 20;
    }
    return o->name && o->seeds > 0 && !(o->plot && strcmp(o->name, "all") == 0);
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
        fprintf(stderr,
                "usage: sim list | sim NAME|all [--seed N] [--seeds K] [-v] [--plot FILE]\n");
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
    worlds_free();
    sim_identities_free();
    return status;
}
