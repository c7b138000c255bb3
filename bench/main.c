/* bench [NAME...] [OPTION...]; docs/performance.md says what comes out. */
#include "base/check.h"
#include "bench/engine/fanout.h"
#include "bench/engine/limits.h"
#include "bench/engine/memory.h"
#include "bench/engine/seal.h"
#include "bench/load/child.h"
#include "bench/load/scenarios.h"
#include "bench/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ROUNDS 25 /* of what runs inside this process */
#define ROUNDS_MAX 99
#define VIEWERS_MAX 3000
#define SECONDS_MAX 600
#define WORKERS_MAX 64
#define NAMES_MAX 32

struct command_line {
    struct options options;
    unsigned n_names; /* 0 = all */
    const char *names[NAMES_MAX];
};

static unsigned rounds_of(const struct options *o) {
    return o->rounds ? o->rounds : ROUNDS;
}

/* ---- floor ---- */

static void json_floor(const struct limits *l, unsigned rounds) {
    printf("\"floor\":{\"payload\":%d,\"rounds\":%u,\"sendto_ns\":%.0f,\"sendmmsg_64_ns\":%.0f,",
           VIDEO_PAYLOAD, rounds, l->sendto, l->sendmmsg);
    for (unsigned k = 0; k < LIMITS_TRAINS; k++) {
        printf("\"segment_%u_ns\":%.0f,", limits_train(k), l->segment[k]);
    }
    printf("\"recvmmsg_64_ns\":%.0f,\"evp_gcm_ns\":%.0f,\"libsrtp_gcm_ns\":%.0f}", l->recvmmsg,
           l->evp, l->libsrtp);
}

static void run_floor(const struct options *o) {
    struct limits l = limits_measure(rounds_of(o));
    if (o->json) {
        json_floor(&l, rounds_of(o));
        return;
    }
    printf("floor: CPU ns per packet of %d bytes, medians of %u rounds\n", VIDEO_PAYLOAD,
           rounds_of(o));
    printf("  %-40s %7.0f\n", "sendto", l.sendto);
    printf("  %-40s %7.0f\n", "sendmmsg of 64 destinations", l.sendmmsg);
    for (unsigned k = 0; k < LIMITS_TRAINS; k++) {
        printf("  sendmmsg with UDP_SEGMENT trains of %-6u %6.0f\n", limits_train(k), l.segment[k]);
    }
    printf("  %-40s %7.0f\n", "recvmmsg of 64", l.recvmmsg);
    printf("  %-40s %7.0f\n", "AES-128-GCM by OpenSSL EVP", l.evp);
    printf("  %-40s %7.0f\n", "AES-128-GCM by libsrtp protect", l.libsrtp);
}

/* ---- seal ---- */

static void run_seal(const struct options *o) {
    struct seal_figure f[SEAL_FIGURES_MAX];
    size_t n = seal_measure(rounds_of(o), f);
    if (o->json) {
        printf("\"seal\":[");
    } else {
        printf("seal: CPU ns per SRTP packet, in batches to 200 viewers, medians of %u rounds\n",
               rounds_of(o));
        printf("  %-18s %-9s %8s %9s %9s\n", "", "", "payload", "one piece", "three");
    }
    for (size_t i = 0; i < n; i++) {
        printf(o->json ? "%s{\"profile\":\"%s\",\"library\":\"%s\",\"payload\":%u,"
                         "\"whole_ns\":%.1f,\"pieces_ns\":%.1f}"
                       : "%s  %-18s %-9s %8u %9.0f %9.0f\n",
               o->json && i > 0 ? "," : "", f[i].profile, f[i].library, f[i].payload, f[i].whole,
               f[i].pieces);
    }
    printf("%s", o->json ? "]" : "");
}

/* ---- fanout ---- */

static void print_fanout(const struct fanout_result *r) {
    printf("  %-7u  %-14s %7.0f %7.0f %6.2f\n", r->viewers, "engine alone", r->engine.ns,
           r->engine.floor, r->engine.ratio);
    printf("  %-7s  %-14s %7.0f %7.0f %6.2f\n", "", "with sendmmsg", r->relay.ns, r->relay.floor,
           r->relay.ratio);
    printf("  %-7s  %-14s %7.0f\n", "", "timers, RTCP", r->upkeep);
    printf("  %-7s  %-14s %7.0f\n", "", "feedback", r->feedback);
    printf("  %-7s  %llu packets fed, %llu forwarded; sink got %llu of %llu\n", "",
           (unsigned long long)r->fed, (unsigned long long)r->forwarded,
           (unsigned long long)r->received, (unsigned long long)r->sent);
}

static void json_figure(const char *name, const struct figure *f) {
    printf("\"%s\":{\"ns\":%.1f,\"floor_ns\":%.1f,\"ratio\":%.4f},", name, f->ns, f->floor,
           f->ratio);
}

static void json_fanout(const struct fanout_result *r) {
    printf("{\"viewers\":%u,\"rounds\":%u,", r->viewers, r->rounds);
    json_figure("engine", &r->engine);
    json_figure("send", &r->relay);
    printf(
        "\"upkeep_ns\":%.1f,\"feedback_ns\":%.1f,\"opened\":%llu,\"fed\":%llu,\"forwarded\":%llu,",
        r->upkeep, r->feedback, (unsigned long long)r->opened, (unsigned long long)r->fed,
        (unsigned long long)r->forwarded);
    printf("\"sent\":%llu,\"received\":%llu}", (unsigned long long)r->sent,
           (unsigned long long)r->received);
}

static void run_fanout(const struct options *o) {
    unsigned usual[] = {50, 200}, *viewers = usual, n = ARRAY_LEN(usual), own = o->viewers;
    if (own) {
        viewers = &own;
        n = 1;
    }
    if (o->json) {
        printf("\"fanout\":[");
    } else {
        printf("fanout: 1 publisher, 1.2 Mbit/s VP8 at 30 frames/s and Opus, AEAD_AES_128_GCM;\n"
               "CPU ns per forwarded packet, medians of %u rounds\n",
               rounds_of(o));
        printf("  %-7s  %-14s %7s %7s %6s\n", "viewers", "", "oriel", "floor", "ratio");
    }
    for (unsigned i = 0; i < n; i++) {
        struct fanout_result r;
        fanout_measure(viewers[i], rounds_of(o), &r);
        if (o->json) {
            printf("%s", i ? "," : "");
            json_fanout(&r);
        } else {
            print_fanout(&r);
        }
    }
    printf("%s", o->json ? "]" : "");
}

/* ---- kept ---- */

static void run_kept(const struct options *o) {
    struct kept_result r;
    fanout_kept(o->viewers ? o->viewers : 200, rounds_of(o), &r);
    if (o->json) {
        printf("\"kept\":{\"viewers\":%u,\"rounds\":%u,\"without_ns\":%.1f,\"kept_ns\":%.1f,"
               "\"ratio\":%.4f}",
               r.viewers, r.rounds, r.without, r.kept, r.ratio);
        return;
    }
    printf("kept: sessions in memory that outlives the process, %u viewers; CPU ns per forwarded\n"
           "packet with timers, RTCP and feedback, medians of %u rounds\n",
           r.viewers, r.rounds);
    printf("  %-22s %7.0f\n  %-22s %7.0f\n  %-22s %7.4f\n", "not kept", r.without, "kept", r.kept,
           "ratio", r.ratio);
}

/* ---- memory ---- */

static void run_memory(const struct options *o) {
    struct memory_result r;
    memory_measure(o->viewers ? o->viewers : 200, &r);
    if (o->json && r.known) {
        printf("\"memory\":{\"viewers\":%u,\"tours\":%u,\"viewer_bytes\":%.0f,\"tour_bytes\":%.0f}",
               r.viewers, r.tours, r.viewer, r.tour);
    } else if (o->json) {
        printf("\"memory\":null");
    } else if (r.known) {
        printf("memory: heap of the engine, with %u viewers and %u tours\n", r.viewers, r.tours);
        printf("  %-40s %7.1f KiB\n", "per viewer", r.viewer / 1024);
        printf("  %-40s %7.1f KiB\n", "per idle tour", r.tour / 1024);
    } else {
        printf("memory: this build replaces the heap that is to be measured\n");
    }
}

/* ---- real servers ---- */

static void run_scenario(const struct scenario *s, struct load *l, const struct command_line *c) {
    struct scenario_result r = {.scenario = s->name};
    s->run(s, l, &c->options, &r);
    if (c->options.json) {
        struct buffer out = {0};
        result_json(&out, &r);
        CHECK(!out.bad);
        printf("%s", out.p);
        buffer_free(&out);
    } else {
        result_print(&r);
    }
    scenario_free(&r);
}

static bool wanted(const struct command_line *c, const char *name) {
    for (unsigned i = 0; i < c->n_names; i++) {
        if (strcmp(c->names[i], name) == 0) {
            return true;
        }
    }
    return c->n_names == 0;
}

static unsigned wanted_scenarios(const struct command_line *c) {
    unsigned n = 0;
    for (unsigned i = 0; scenario_at(i); i++) {
        n += wanted(c, scenario_at(i)->name);
    }
    return n;
}

static void describe_machine(const struct options *o, int generator, int server) {
    struct utsname u;
    CHECK(uname(&u) == 0);
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (o->json) {
        printf("\"machine\":{\"processors\":%ld,\"kernel\":\"%s\",\"generator_on\":%d,"
               "\"server_on\":%d,\"gro\":%s}",
               cpus, u.release, generator, server, o->gro ? "true" : "false");
    } else {
        printf("%ld processors, Linux %s; generator on processor %d, servers on %d\n", cpus,
               u.release, generator, server);
    }
    if (generator < 0) {
        fprintf(stderr, "bench: only one processor: the generator takes time from the server, and "
                        "delays mean nothing\n");
    }
}

static void run_scenarios(const struct command_line *c) {
    struct load l;
    int generator, server;
    unsigned printed = 0;
    bool json = c->options.json;
    child_limits();
    (void)child_pin(&generator, &server);
    describe_machine(&c->options, generator, server);
    printf("%s", json ? ",\"scenarios\":[" : "");
    load_open(&l);
    l.world.gro = c->options.gro;
    for (unsigned i = 0; scenario_at(i) && !load_stopped(); i++) {
        if (wanted(c, scenario_at(i)->name)) {
            printf("%s", json && printed++ ? "," : "");
            run_scenario(scenario_at(i), &l, c);
            fflush(stdout);
        }
    }
    load_close(&l);
    printf("%s", json ? "]" : "");
}

/* ---- */

static const struct bench_command {
    const char *name, *about;
    void (*run)(const struct options *o);
} commands[] = {{"floor", "what the libraries and the kernel cost", run_floor},
                {"seal", "what an SRTP packet costs, by library", run_seal},
                {"fanout", "the engine alone, inside this process", run_fanout},
                {"kept", "sessions that outlive the process beside others", run_kept},
                {"memory", "heap of the engine", run_memory}};

static int usage(const char *why) {
    fprintf(stderr,
            "bench: %s\n"
            "usage: bench [NAME...] [--json] [--quick] [--rounds N] [--seconds N] [--viewers N]\n"
            "             [--workers N] [--no-janus] [--gro] [--oriel PROGRAM]\n"
            "names (none = all):\n",
            why);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        fprintf(stderr, "  %-12s %s\n", commands[i].name, commands[i].about);
    }
    for (unsigned i = 0; scenario_at(i); i++) {
        fprintf(stderr, "  %-12s %s\n", scenario_at(i)->name, scenario_at(i)->about);
    }
    return 2;
}

static bool number(const char *s, unsigned max, unsigned *ret) {
    char *end = NULL;
    unsigned long v = s ? strtoul(s, &end, 10) : 0;
    if (!s || *end || v == 0 || v > max) {
        return false;
    }
    *ret = (unsigned)v;
    return true;
}

static bool known(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return true;
        }
    }
    return scenario_find(name) != NULL;
}

/* An option without a value; false when it is none. */
static bool take_flag(struct options *o, const char *arg) {
    if (strcmp(arg, "--json") == 0) {
        o->json = true;
    } else if (strcmp(arg, "--quick") == 0) {
        o->quick = true;
        o->rounds = o->seconds = 1;
    } else if (strcmp(arg, "--gro") == 0) {
        o->gro = true;
    } else if (strcmp(arg, "--no-janus") == 0) {
        o->janus = false;
    } else {
        return false;
    }
    return true;
}

/* An option with a value; NULL, or what is wrong. */
static const char *take_option(struct options *o, const char *arg, const char *value) {
    if (strcmp(arg, "--rounds") == 0) {
        return number(value, ROUNDS_MAX, &o->rounds) ? NULL : "--rounds takes 1 to 99";
    }
    if (strcmp(arg, "--seconds") == 0) {
        return number(value, SECONDS_MAX, &o->seconds) ? NULL : "--seconds takes 1 to 600";
    }
    if (strcmp(arg, "--viewers") == 0) {
        return number(value, VIEWERS_MAX, &o->viewers) ? NULL : "--viewers takes 1 to 3000";
    }
    if (strcmp(arg, "--workers") == 0) {
        return number(value, WORKERS_MAX, &o->workers) ? NULL : "--workers takes 1 to 64";
    }
    if (strcmp(arg, "--oriel") == 0 && value) {
        o->oriel = value;
        return NULL;
    }
    return "an unknown option, or one without its value";
}

/* NULL, or what is wrong. */
static const char *parse(int argc, char **argv, struct command_line *c) {
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            if (!known(argv[i]) || c->n_names == NAMES_MAX) {
                return "there is no benchmark of this name";
            }
            c->names[c->n_names++] = argv[i];
        } else if (!take_flag(&c->options, argv[i])) {
            const char *why = take_option(&c->options, argv[i], argv[i + 1]);
            if (why) {
                return why;
            }
            i++;
        }
    }
    return NULL;
}

/* The oriel that was built with this program: it lies one folder above. */
static const char *own_oriel(char *path, size_t cap) {
    ssize_t n = readlink("/proc/self/exe", path, cap - 16);
    char *slash = NULL;
    for (int up = 0; n > 0 && up < 2; up++) {
        path[n] = '\0';
        slash = strrchr(path, '/');
        n = slash ? slash - path : 0;
    }
    if (!slash) {
        return "oriel";
    }
    snprintf(slash, 8, "/oriel");
    return path;
}

int main(int argc, char **argv) {
    char oriel[512];
    struct command_line c = {
        .options = {.janus = true, .workers = 1, .oriel = own_oriel(oriel, sizeof(oriel))}};
    const char *why = parse(argc, argv, &c);
    if (why) {
        return usage(why);
    }
    unsigned printed = 0;
    bool json = c.options.json;
    printf("%s", json ? "{" : "");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (wanted(&c, commands[i].name)) {
            printf("%s", json && printed++ ? "," : "");
            commands[i].run(&c.options);
            fflush(stdout);
        }
    }
    if (wanted_scenarios(&c) > 0) {
        printf("%s", json && printed++ ? "," : "");
        run_scenarios(&c);
    }
    printf("%s", json ? "}\n" : "");
    return load_stopped() ? 130 : 0;
}
