/* What the storage tests stand on: a scratch folder, a store in memory, and a store that fails on
 * purpose. */
#ifndef ORIEL_TESTS_BENCH_STORE_H
#define ORIEL_TESTS_BENCH_STORE_H

#include "recorder/archive/archive.h"

#include <limits.h>

/* Where archives of bench_archive have their catalogue. NULL: in a file. */
extern const struct postgres_config *bench_archive_database;

/* A folder of its own for one test; removed with everything in it by scratch_end. */
struct scratch {
    char dir[PATH_MAX - 64];
};
void scratch_begin(struct scratch *s);
/* A file in it that others may not read, with this text; its path is written to ret_path. */
void scratch_put(const struct scratch *s, const char *name, const char *text,
                 char ret_path[PATH_MAX]);
void scratch_end(struct scratch *s);

/* Objects in memory. Tests reach in to change them. The store's identity is kept apart, so that
 * what they count and spoil is of recordings. */
struct memory_object {
    char name[OBJECT_NAME_MAX];
    uint8_t *p;
    size_t n;
};
struct memory_store {
    struct store store;
    struct memory_object objects[512];
    size_t n;
    struct memory_object identity; /* p NULL: none */
};
void memory_store_begin(struct memory_store *m);
void memory_store_end(struct memory_store *m);
/* The object of this name, or NULL. */
struct memory_object *memory_store_find(struct memory_store *m, const char *name);

/* Passes calls on, but fails as told. */
struct fault_store {
    struct store store, inner;
    unsigned puts; /* seen */
    unsigned asks; /* sizes and reads seen: requests, of a store that is far away */
    unsigned at;   /* the put that fails, from 0 */
    enum err error;
    enum {
        FAULT_NONE,
        FAULT_ONCE, /* put number `at` fails and does nothing */
        FAULT_LATE, /* it happens, but says that it failed */
        FAULT_DEAD  /* it and every later call of any kind fails: power is lost */
    } mode;
    bool dead;
};
void fault_store_begin(struct fault_store *f, const struct store *inner);

/* An archive below the scratch folder with this store; seed: of its random source. */
enum err bench_archive(const struct scratch *s, const struct store *store, struct rng_seeded *state,
                       struct archive **ret);

/* One machine: a folder for the databases, a disk for the objects that outlives processes, and
 * faults of the running process. */
struct machine {
    struct scratch scratch;
    struct memory_store disk;
    struct fault_store fault;
    struct rng_seeded state;
    struct archive *archive;
};
void machine_begin(struct machine *m, uint64_t seed); /* powered on */
void machine_end(struct machine *m);
void power_on(struct machine *m); /* no faults; the archive opens, or the test ends */
void power_off(struct machine *m);
/* Remove a database with its log. */
void machine_lose(struct machine *m, const char *name);

/* Noted findings of a verification. */
struct findings {
    unsigned n;
    char first[256]; /* "object: what" */
};
void findings_say(void *ctx, const char *object, const char *what);

#endif
