/* sim list | sim NAME|all [--seed N] [--seeds K] [--quick] [--jobs J] [-v] [--plot FILE.svg]
 * Runs scenarios with seeds N..N+K-1 (default: N = 1; K = 1 when N is given, else 20). A failing
 * line names scenario, seed and commit, so that `sim NAME --seed N` at that commit replays it. With
 * --quick, and where no number of seeds is given, the heavy ones of all take a part of the seeds
 * only, which their line says. Seeds are divided over J processes (default: as many as there are
 * processors; 1 with -v and --plot): lines come in the same order, and a process that dies is a
 * failure that names its seeds. --plot draws the first seed of a scenario with a viewer to look at;
 * -v prints what scenarios measured. */
#include "base/alloc.h"
#include "tests/sim/scenarios/scenarios.h"
#include "tests/sim/sim_identities.h"
#include "tests/sim/sim_jobs.h"
#include "tests/sim/sim_plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECES_MAX 10000000
#define FAILURES_MAX 5 /* of a scenario: then its other seeds are left alone */

struct options {
    const char *name;
    uint64_t seed, seeds;
    unsigned jobs; /* processes; 0: as many as there are processors */
    bool quick;
    bool verbose;
    const char *plot; /* file, or NULL */
};

static const char *commit(void) {
    const char *name = getenv("ORIEL_COMMIT");
    return name ? name : "unknown";
}

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
        printf("not ok %s seed=%llu: invariant: %s (commit %s)\n", s->name,
               (unsigned long long)seed, w->why, commit());
    } else if (o->verbose) {
        printf("# %s seed=%llu events=%llu until=%lldus hash=%016llx\n", s->name,
               (unsigned long long)seed, (unsigned long long)w->n_events, (long long)w->now,
               (unsigned long long)w->hash);
    }
    world_free(w);
    return ok;
}

/* Some seeds of a scenario: what one process does. */
struct piece {
    const struct scenario *s;
    uint64_t seed, seeds;
    uint64_t of; /* seeds of the scenario in this run */
    bool last;   /* piece of its scenario */
};

struct run {
    const struct options *o;
    struct piece *pieces;
    unsigned n;
    unsigned bad;            /* of the scenario that is being reported */
    unsigned passed, failed; /* scenarios */
};

static unsigned run_piece(void *ctx, unsigned i) {
    const struct run *r = ctx;
    const struct piece *p = &r->pieces[i];
    unsigned bad = 0;
    for (uint64_t k = 0; k < p->seeds && bad < FAILURES_MAX; k++) {
        bad += !run_one(p->s, p->seed + k, r->o);
    }
    worlds_free();
    return bad;
}

static unsigned end_scenario(struct run *r, unsigned i) {
    const struct piece *p = &r->pieces[i];
    if (r->bad == 0) {
        printf("ok %s seeds=%llu%s\n", p->s->name, (unsigned long long)p->of,
               p->of < r->o->seeds ? " (a heavy one: fewer)" : "");
    }
    r->bad > 0 ? r->failed++ : r->passed++;
    r->bad = 0;
    while (!r->pieces[i].last) {
        i++;
    }
    return i + 1;
}

static unsigned piece_done(void *ctx, unsigned i, unsigned failed, const char *how) {
    struct run *r = ctx;
    const struct piece *p = &r->pieces[i];
    if (how) {
        printf("not ok %s seeds=%llu..%llu: the process ended with %s (commit %s)\n", p->s->name,
               (unsigned long long)p->seed, (unsigned long long)(p->seed + p->seeds - 1), how,
               commit());
    }
    r->bad += failed;
    return p->last || r->bad >= FAILURES_MAX ? end_scenario(r, i) : i + 1;
}

/* [count] So few that the last process is not waited for long, so many that to make one is cheap.
 */
static uint64_t piece_len(const struct scenario *s) {
    return s->one_in > 4 ? 1 : s->one_in > 1 ? 5 : 10;
}

static uint64_t seeds_of(const struct scenario *s, const struct options *o) {
    return o->quick ? (o->seeds + s->one_in - 1) / s->one_in : o->seeds;
}

static bool is_meant(const struct scenario *s, const struct options *o) {
    return strcmp(o->name, "all") == 0 || strcmp(o->name, s->name) == 0;
}

static void cut(struct run *r, const struct scenario *s) {
    uint64_t of = seeds_of(s, r->o), len = piece_len(s);
    for (uint64_t at = 0; at < of; at += len) {
        bool last = at + len >= of;
        r->pieces[r->n++] = (struct piece){
            .s = s, .seed = r->o->seed + at, .seeds = last ? of - at : len, .of = of, .last = last};
    }
}

static bool cut_all(struct run *r) {
    uint64_t n = 0;
    for (unsigned i = 0; i < n_scenarios; i++) {
        n += is_meant(&scenarios[i], r->o) ? seeds_of(&scenarios[i], r->o) : 0;
    }
    r->pieces = n > 0 && n <= PIECES_MAX ? mem_zalloc(n, sizeof(*r->pieces)) : NULL;
    for (unsigned i = 0; r->pieces && i < n_scenarios; i++) {
        if (is_meant(&scenarios[i], r->o)) {
            cut(r, &scenarios[i]);
        }
    }
    return r->pieces != NULL;
}

static bool parse(int argc, char **argv, struct options *o) {
    bool have_seeds = false, have_seed = false;
    *o = (struct options){.seed = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            o->verbose = true;
        } else if (strcmp(argv[i], "--quick") == 0) {
            o->quick = true;
        } else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc) {
            o->jobs = (unsigned)strtoul(argv[++i], NULL, 10);
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
        o->quick = !have_seed;
    }
    o->quick = o->quick && o->name && strcmp(o->name, "all") == 0;
    return o->name && o->seeds > 0 && !(o->plot && strcmp(o->name, "all") == 0);
}

static unsigned processors(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

static int run_all(const struct options *o) {
    struct run r = {.o = o};
    if (!cut_all(&r)) {
        fprintf(stderr, "no scenario %s, or too many seeds; see: sim list\n", o->name);
        return 2;
    }
    bool alone = o->verbose || o->plot;
    struct jobs j = {.n = r.n,
                     .most = alone     ? 1
                             : o->jobs ? o->jobs
                                       : processors(),
                     .run = run_piece,
                     .done = piece_done,
                     .ctx = &r};
    bool ok = jobs_run(&j);
    mem_free(r.pieces);
    if (!ok) {
        fprintf(stderr, "no more processes can be made\n");
        return 1;
    }
    printf("%u passed, %u failed\n", r.passed, r.failed);
    return r.failed != 0;
}

int main(int argc, char **argv) {
    struct options o;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!parse(argc, argv, &o)) {
        fprintf(stderr,
                "usage: sim list | sim NAME|all [--seed N] [--seeds K] [--quick] [--jobs J] [-v] "
                "[--plot FILE]\n");
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
