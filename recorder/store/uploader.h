/* Moves what waits in the spool folder to the remote store: oldest first, one object a step. An
 * object leaves the folder only when the remote store has it whole, by length and SHA-256. What
 * fails is tried again for ever, with a growing, jittered pause; after a few failures in a row the
 * breaker opens, which is what an operator sees, and one attempt at a time finds out when the store
 * is back. An object that cannot be moved does not keep the others from it.
 *
 * A state machine without a clock: a thread at the rim sleeps until the deadline or until something
 * was put, and steps. Owner: one thread. */
#ifndef ORIEL_RECORDER_STORE_UPLOADER_H
#define ORIEL_RECORDER_STORE_UPLOADER_H

#include "base/rng.h"
#include "recorder/store/store_local.h"

#define UPLOADER_CONFLICTS 64 /* objects in trouble that are remembered, each with its pause */
#define UPLOADER_REMOVALS 64  /* and objects that are still to be removed from the remote store */

struct uploader;

struct uploader_config {
    const struct store *local;  /* of store_local.h, over the spool folder; borrowed */
    const struct store *remote; /* borrowed */
    struct rng rng;             /* for the jitter; borrowed */
    us_t retry_min, retry_max;  /* [us] pause after the first failure, and at most (0.5 s, 60 s) */
    unsigned breaker_at;        /* failures in a row (5) */
    /* Several uploaders share a folder: each takes the recordings that are its own, so that the
     * objects of one keep their order. share < shares; shares 0 is 1. */
    unsigned share, shares;
    us_t warn_age;       /* [us] of the oldest object: an alarm; 0: none */
    uint64_t warn_bytes; /* waiting: an alarm; 0: none */
};

/* 0 is the number of the comment. ERR_NOMEM. */
enum err uploader_new(const struct uploader_config *c, struct uploader **ret);
/* NULL allowed; returns NULL. */
struct uploader *uploader_free(struct uploader *u);
/* One thing that is due, if any: look at the folder, move one object (which blocks as long as the
 * stores do), or decide when to try again. */
void uploader_step(struct uploader *u, us_t now, wall_t wall);
/* When to step next. */
us_t uploader_deadline(const struct uploader *u);
/* Something was put. */
void uploader_wake(struct uploader *u, us_t now);

struct uploader_counters {
    uint64_t waiting_objects, waiting_bytes; /* as last seen, less what was moved since */
    wall_t oldest; /* when the oldest of them was written; 0: none waits */
    uint64_t uploads, uploaded_bytes;
    uint64_t retries;  /* attempts at an object that had failed before */
    uint64_t failures; /* attempts that failed, whatever the reason */
    /* Objects in the folder that the remote store has with other contents; at most
     * UPLOADER_CONFLICTS are counted. */
    uint32_t conflicts;
    /* Objects that were removed for good while they were on their way, and are still in the remote
     * store: that is tried again until they are gone or this process ends. */
    uint32_t removals;
    bool breaker_open;
    bool alarm; /* beyond warn_age or warn_bytes, a conflict, a removal, or the breaker is open */
};
/* The counters as they are now. */
struct uploader_counters uploader_counters(const struct uploader *u);
/* Why the last attempt that failed did, "" when none has since the last that succeeded. */
const char *uploader_why(const struct uploader *u);
/* The name of the i-th conflict, NULL when there are fewer. */
const char *uploader_conflict(const struct uploader *u, unsigned i);

#endif
