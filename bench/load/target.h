/* A server that is measured: Oriel, Janus, or the floor, which does nothing but forward. Each is a
 * process of its own that the bench starts and ends. Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_TARGET_H
#define ORIEL_BENCH_LOAD_TARGET_H

#include "bench/load/child.h"
#include "bench/load/crowd.h"

#define TARGET_WHY 256

struct target_config {
    const char *program; /* Oriel's */
    unsigned workers;    /* Oriel's media.workers */
    bool recorded;       /* all rooms are */
    unsigned rooms;      /* 0 .. rooms-1 will be used */
};

struct target;

struct target_ops {
    const char *name;
    /* Start the process and wait until it serves; false with the reason in t->why. */
    bool (*start)(struct target *t, const struct target_config *c);
    /* Let a client join a room: it connects once the server has answered, or fails. */
    void (*publish)(struct target *t, struct publisher *p, unsigned room);
    void (*view)(struct target *t, struct viewer *v, unsigned room);
    /* Give back everything but the process; NULL when there is nothing else. */
    void (*close)(struct target *t);
};

struct target {
    const struct target_ops *ops;
    struct load *load;
    struct child child;
    struct http_client *http;
    char why[TARGET_WHY];
    char dir[64], log[96]; /* of its own, removed by target_stop */
    void *own;             /* the implementation's */
};

extern const struct target_ops target_oriel, target_janus, target_floor;

/* Start a server; false with the reason in t->why, and nothing is left to stop. */
bool target_start(struct target *t, const struct target_ops *ops, struct load *l,
                  const struct target_config *c);
/* End it; safe on one that has not started. Clients that still wait for its answers must not be
 * closed before. */
void target_stop(struct target *t);
/* For implementations: the reason why start fails; returns false. */
bool target_fail(struct target *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* For implementations: a file in the target's directory, in a buffer that the next call reuses. */
const char *target_file(const struct target *t, const char *name);
/* For implementations: the contents of a file of the directory, to be freed with mem_free; NULL
 * when it cannot be read. */
char *target_read(const struct target *t, const char *name);
/* [bytes] of all files below a folder of the directory. */
uint64_t target_bytes(const struct target *t, const char *folder);
/* For implementations: write a file of the directory. */
bool target_write(const struct target *t, const char *name, const char *contents);

#endif
