/* The state directory as a whole: store, catalogue, wraps and KEK, opened once by whoever writes
 * (the recorder: exclusive, by a lock on DIR/lock) or reads (any number of libraries). Owner: one
 * thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_ARCHIVE_H
#define ORIEL_RECORDER_ARCHIVE_ARCHIVE_H

#include "recorder/catalogue/catalogue.h"
#include "recorder/seal/wraps.h"

struct archive_config {
    const char *dir;      /* objects/, catalogue.db, wraps.db, kek, lock */
    const char *kek_file; /* NULL or empty: DIR/kek */
    bool create_kek;
    bool write;                /* take the lock; create what is missing */
    bool take_store;           /* writing: whatever store is there is the right one from now on */
    const struct store *store; /* borrowed; NULL = local directory DIR/objects */
    struct rng rng;            /* writing only */
};

/* Fields are for the recorder folder to read. */
struct archive {
    struct store store;
    bool own_store, write;
    struct catalogue *catalogue;
    struct wraps *wraps;
    struct kek kek;
    struct rng rng;
    int lock;            /* file descriptor or -1 */
    bool catalogue_lost; /* it was damaged: renamed to catalogue.db.damaged, a new one is empty */
};

/* ERR_WRONG_STATE (another process writes here, or the store is not that of the recordings),
 * ERR_IO, ERR_CRYPTO or ERR_FORMAT (KEK, wraps.db), ERR_NOMEM; the reason, and what to do, in
 * why[WHY_MAX]. *ret untouched on failure. Does not recover: see recovery.h. */
enum err archive_open(const struct archive_config *c, struct archive **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct archive *archive_close(struct archive *a);
/* A new recording: random id and root key, its wrap durable. ERR_IO, ERR_NOSPACE, ERR_CRYPTO. */
enum err archive_create(struct archive *a, struct id *ret, struct recording_keys *ret_keys);
/* The keys of a recording. ERR_UNKNOWN (never begun, or shredded), ERR_AUTH (other KEK), ERR_IO. */
enum err archive_keys(struct archive *a, const struct id *recording, struct recording_keys *ret);
/* For archive_open: is a->store, called `name` for people, the store of these recordings? One that
 * is seen for the first time gets an identity. Reading changes nothing. ERR_WRONG_STATE: it is not;
 * else errors of the store and of wraps.db; the reason in why[WHY_MAX]. */
enum err archive_check_store(struct archive *a, const char *name, char why[WHY_MAX]);
/* For archive_open: by order of the operator a->store is the one from now on. Errors as before. */
enum err archive_take_store(struct archive *a, const char *name, char why[WHY_MAX]);

#endif
