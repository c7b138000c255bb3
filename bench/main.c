/* bench [NAME] [--json] [--rounds N] [--viewers N]; docs/performance.md says what comes out. */
#include "base/check.h"
#include "bench/fanout.h"
#include "bench/limits.h"
#include "bench/memory.h"
#include "bench/seal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 25
#define ROUNDS_MAX 999
#define VIEWERS_MAX 3000

struct options {
    const char *name; /* NULL = all */
    bool json;
    unsigned rounds, viewers; /* viewers: 0 = the usual ones */
    unsigned printed;         /* members of the JSON object so far */
};

/* ---- floor ---- */

static void run_floor(const struct options *o) {
    struct limits l = limits_measure(o->rounds);
    if (o->json) {
        printf("\"floor\":{\"payload\":%d,\"rounds\":%u,\"sendto_ns\":%.0f,"
               "\"sendmmsg_64_ns\":%.0f,\"evp_gcm_ns\":%.0f,\"libsrtp_gcm_ns\":%.0f}",
               VIDEO_PAYLOAD, o->rounds, l.sendto, l.sendmmsg, l.evp, l.libsrtp);
        return;
    }
    printf("floor: CPU ns per packet of %d bytes, medians of %u rounds\n", VIDEO_PAYLOAD,
           o->rounds);
    printf("  %-40s %7.0f\n", "sendto", l.sendto);
    printf("  %-40s %7.0f\n", "sendmmsg of 64 destinations", l.sendmmsg);
    printf("  %-40s %7.0f\n", "AES-128-GCM by OpenSSL EVP", l.evp);
    printf("  %-40s %7.0f\n", "AES-128-GCM by libsrtp protect", l.libsrtp);
}

/* ---- seal ---- */

static void run_seal(const struct options *o) {
    struct seal_figure f[SEAL_FIGURES_MAX];
    size_t n = seal_measure(o->rounds, f);
    if (o->json) {
        printf("\"seal\":[");
    } else {
        printf("seal: CPU ns per SRTP packet, in batches to 200 viewers, medians of %u rounds\n",
               o->rounds);
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
    printf("\"upkeep_ns\":%.1f,\"opened\":%llu,\"fed\":%llu,\"forwarded\":%llu,", r->upkeep,
           (unsigned long long)r->opened, (unsigned long long)r->fed,
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
               o->rounds);
        printf("  %-7s  %-14s %7s %7s %6s\n", "viewers", "", "oriel", "floor", "ratio");
    }
    for (unsigned i = 0; i < n; i++) {
        struct fanout_result r;
        fanout_measure(viewers[i], o->rounds, &r);
        if (o->json) {
            printf("%s", i ? "," : "");
            json_fanout(&r);
        } else {
            print_fanout(&r);
        }
    }
    printf("%s", o->json ? "]" : "");
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

/* ---- */

static const struct bench_command {
    const char *name;
    void (*run)(const struct options *o);
} commands[] = {
    {"floor", run_floor}, {"seal", run_seal}, {"fanout", run_fanout}, {"memory", run_memory}};

static int wrong_usage(const char *why) {
    fprintf(stderr,
            "bench: %s\n"
            "usage: bench [floor|seal|fanout|memory] [--json] [--rounds N] [--viewers N]\n",
            why);
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
    return false;
}

/* NULL, or what is wrong. */
static const char *parse(int argc, char **argv, struct options *o) {
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strcmp(argv[i], "--rounds") == 0) {
            i++;
            if (!number(next, ROUNDS_MAX, &o->rounds)) {
                return "--rounds takes a number from 1 to 999";
            }
        } else if (strcmp(argv[i], "--viewers") == 0) {
            i++;
            if (!number(next, VIEWERS_MAX, &o->viewers)) {
                return "--viewers takes a number from 1 to 3000";
            }
        } else if (o->name || !known(argv[i])) {
            return "one name at most, of floor, seal, fanout and memory";
        } else {
            o->name = argv[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    struct options o = {.rounds = ROUNDS};
    const char *why = parse(argc, argv, &o);
    if (why) {
        return wrong_usage(why);
    }
    printf("%s", o.json ? "{" : "");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (o.name && strcmp(o.name, commands[i].name) != 0) {
            continue;
        }
        printf("%s", o.json && o.printed++ ? "," : "");
        commands[i].run(&o);
        fflush(stdout);
    }
    printf("%s", o.json ? "}\n" : "");
    return 0;
}
