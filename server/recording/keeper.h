/* What is done for recordings from time to time, and what is watched: shredding what is too old,
 * how much there is against the quota, whether the key providers answer. It blocks on disks, stores
 * and key providers, so that it lives on a thread of its own (keeper_thread.h), and it reads no
 * clock: tests run it in virtual time. Owner: the thread of its library. */
#ifndef ORIEL_SERVER_RECORDING_KEEPER_H
#define ORIEL_SERVER_RECORDING_KEEPER_H

#include "base/time.h"
#include "recorder/library/library_state.h"

#define KEEPER_CLOCK_EVERY (3600 * US_PER_S) /* [us] the time is believed, or not */
#define KEEPER_TOTALS_QUOTA (5 * US_PER_S)   /* [us] what there is, with a quota */
#define KEEPER_TOTALS_SHARE 100 /* so many times the time it takes passes at least between two */
#define KEEPER_TOTALS (60 * US_PER_S)  /* [us] and without one */
#define KEEPER_EXPIRE (600 * US_PER_S) /* [us] between sweeps for the quota */
#define KEEPER_LINES                                                             \
    100 /* of a sweep in the log, about what stays as it is; all of what is done \
         */
#define KEEPER_REASON_MAX 16 /* [bytes] with the NUL */

/* How a sweep ended. X(symbol, the label of a metric) */
#define KEEPER_RESULT_LIST(X)                                                       \
    X(KEEPER_OK, "ok")         /* everything is done */                             \
    X(KEEPER_FAILED, "failed") /* something could not be done; it is tried again */ \
    X(KEEPER_CLOCK, "clock")   /* the clock is wrong: nothing was done */           \
    X(KEEPER_BUSY, "busy")     /* somebody else sweeps */
enum keeper_result {
#define X(sym, name) sym,
    KEEPER_RESULT_LIST(X)
#undef X
        KEEPER_RESULT_COUNT
};
const char *keeper_result_name(enum keeper_result r);

struct keeper_config {
    us_t sweep_after; /* [us] the first sweep, after the start: clocks are set by then */
    us_t sweep_every; /* [us] the others; 0: none */
    us_t retention;   /* [us] what ended longer ago is shredded; 0: nothing is for its age */
    us_t keys_every;  /* [us] key providers are asked; 0: never */
    uint64_t quota_bytes, quota_recordings; /* 0: no limit */
    uint64_t quota_free;                    /* [bytes] of the disk that recordings leave; 0: none */
    bool quota_expired; /* what is too old is shredded at once when it is reached */
};

/* A copy is published for other threads: no pointers. */
struct keeper_provider {
    char name[KEEPER_REASON_MAX];
    char reason[KEEPER_REASON_MAX]; /* first word of what it says: "denied", "gone"...; "": it works
                                     */
    us_t since;                     /* monotonic, of the first failure [us] */
    uint64_t failures;              /* checks that failed */
};
struct keeper_state {
    /* Of sweeps of everything: those that only make room for the quota are in no place but what
     * they did. */
    uint64_t runs[KEEPER_RESULT_COUNT]; /* that ended, not those that were broken off */
    bool swept;                         /* once at least */
    enum keeper_result last;            /* of the last one */
    wall_t last_run, last_ok;           /* when; 0: never */
    bool clock_wrong;                   /* nothing is shredded for its age until it is right */
    uint64_t shredded;                  /* for their age, in all */
    uint64_t finished;                  /* shreds of which something was left, in all */
    uint64_t held, orphans, failed;     /* of the last sweep that looked at everything */
    uint64_t keyless;                   /* the same: too old, and the key is lost */
    uint64_t undated;                   /* the same: damaged, or of unknown age */
    bool counted; /* totals are known, and so is whether the quota is reached */
    struct library_totals totals;
    bool quota_reached;
    uint64_t free; /* [bytes] of the disk; UINT64_MAX: unknown */
    uint32_t n_providers;
    struct keeper_provider providers[LIBRARY_PROVIDERS_MAX];
};

struct keeper;

/* Where time comes from, and what is called. Called in the keeper's thread. */
struct keeper_hooks {
    us_t (*now)(void *ctx); /* monotonic */
    wall_t (*wall)(void *ctx);
    /* Asked between two steps of a sweep: false ends it. */
    bool (*go_on)(void *ctx);
    /* [bytes] that are free where recordings lie; UINT64_MAX: it cannot be said. */
    uint64_t (*space)(void *ctx);
    /* The state has changed. */
    void (*publish)(void *ctx, const struct keeper_state *s);
    /* A sweep has shredded something. NULL: nobody asks. */
    void (*shredded)(void *ctx);
    void *ctx;
    /* Something was done about this recording, whatever the log says of it; NULL: nobody asks. */
    void (*did)(void *ctx, const char *of, const char *what);
    /* This recording is about to be shredded for its age. False: it is left for now; NULL: it is
     * not asked. It may block for as long as a disk does. */
    bool (*may)(void *ctx, const char *of);
};

/* library is borrowed. NULL without memory. */
struct keeper *keeper_new(const struct keeper_config *c, struct library *library,
                          const struct keeper_hooks *hooks);
/* NULL allowed; returns NULL. */
struct keeper *keeper_free(struct keeper *k);
/* Do what is due. */
void keeper_step(struct keeper *k);
/* When to call keeper_step again (monotonic). */
us_t keeper_deadline(const struct keeper *k);

#endif
