/* What is said of one server in one scenario, and how it is printed. Owner: the main thread. */
#ifndef ORIEL_BENCH_LOAD_RESULT_H
#define ORIEL_BENCH_LOAD_RESULT_H

#include "base/buffer.h"
#include "bench/load/measure.h"

#define RESULT_ROUNDS_MAX 99
#define RESULT_TRAINS 4 /* floors with trains of 1, 2, 4 and 8 packets */
#define RESULT_EXTRAS_MAX 80

/* A figure that only one scenario has. */
struct extra {
    const char *name; /* with its unit at the end; a key of the JSON */
    double value;
};

struct series {
    unsigned n;
    double at[RESULT_ROUNDS_MAX];
};

struct result {
    const char *scenario, *target;
    char absent[TARGET_WHY]; /* why it was not measured; "" = it was */
    char invalid[160];       /* why the figures mean nothing; "" = they are valid */
    bool saturated;          /* the server used more than 95 % of its processor */
    unsigned publishers, viewers, rounds;
    struct series ns;        /* CPU time per forwarded packet */
    struct series vs_floor;  /* the same over the floor's of the same round, trains of 1 */
    struct series vs_frames; /* likewise, trains of 8, which hold most frames whole */
    struct series vs_janus;  /* the same over Janus's of the same round */
    struct series pps;       /* packets that the viewers received in a second */
    struct series server_cpu, generator_cpu; /* share of a processor, 1 = all of one */
    struct series others; /* share of the servers' processor that other processes took */
    uint64_t packets, missing, missing_video, drops; /* over all rounds */
    uint64_t server_drops;        /* of the kernel at the server's sockets, from its start on */
    struct child_threads threads; /* likewise */
    struct audience seen;
    uint64_t auth_failed, malformed; /* at all clients: packets that did not open; that are none */
    struct histogram join_media, join_picture;
    double viewer_bytes; /* resident memory per viewer, 0 = not measured */
    unsigned n_extras;
    struct extra extras[RESULT_EXTRAS_MAX];
};

/* The floor with one AEAD library. */
struct floor_result {
    const char *library;
    bool used; /* by Oriel: ratios are to this one */
    struct series ns[RESULT_TRAINS];
};

struct scenario_result {
    const char *scenario;
    unsigned n_floors;
    struct floor_result floors[2];
    unsigned n;
    struct result *results[3];
};

/* The median, 0 of none; NULL allowed. */
double series_median(const struct series *s);
/* Add a value; the ones beyond RESULT_ROUNDS_MAX are left out. */
void series_add(struct series *s, double value);
/* Add a window to a result. */
void result_add(struct result *r, const struct measured *m);
/* Take over what the viewers of a crowd have seen, and judge whether the figures are valid. */
void result_finish(struct result *r, const struct crowd *c);
/* A figure of its own. */
void result_extra(struct result *r, const char *name, double value);
/* The figures are not valid, for this reason; the first one stays. */
void result_invalid(struct result *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The table for people, on standard output. */
void result_print(const struct scenario_result *s);
/* One object. */
void result_json(struct buffer *out, const struct scenario_result *s);

#endif
