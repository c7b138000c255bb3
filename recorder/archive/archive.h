/* The state directory as a whole: store, catalogue, wraps and keys, opened once by whoever writes
 * (the recorder: exclusive, by a lock on DIR/lock) or reads (any number of libraries). Owner: one
 * thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_ARCHIVE_H
#define ORIEL_RECORDER_ARCHIVE_ARCHIVE_H

#include "recorder/catalogue/catalogue.h"
#include "recorder/seal/ring.h"
#include "recorder/seal/signer.h"

struct archive_config {
    const char *dir;      /* objects/, catalogue.db, wraps.db, signing_key, kek, lock */
    const char *kek_file; /* NULL or empty: DIR/kek */
    bool create_kek;
    const struct key_config *keys; /* NULL: wrapped under kek_file. Its file.file and file.create
                                      are not used: kek_file and create_kek are */
    bool no_key;                   /* reading only: without the keys that open recordings */
    bool write;                    /* take the lock; create what is missing */
    bool take_store;           /* writing: whatever store is there is the right one from now on */
    bool take_signer;          /* writing: the same of the signing key; a missing one is made */
    const struct store *store; /* borrowed; NULL = local directory DIR/objects */
    /* NULL: the catalogue is DIR/catalogue.db. It is away at first only for who may wait: ERR_IO of
     * archive_open when reading; else what needs it fails until it is there. */
    const struct postgres_config *database;
    bool store_known; /* reading, with a store: another archive of this process, over the same
                         place, has just looked whether it is the right one */
    struct rng rng;   /* writing, shredding and wrapping again only */
};

/* Fields are for the recorder folder to read. */
struct archive {
    struct store store;
    bool own_store, write;
    struct catalogue *catalogue;
    struct wraps *wraps;
    struct vault *vault;       /* NULL: opened with no_key */
    struct signing_key signer; /* of manifests; who only reads needs its public half */
    bool has_signer;           /* always when writing; not when it is another than wraps.db knows */
    uint8_t (*trusted)[KEY_LEN]; /* only these sign (signers.h); NULL: those that did here */
    size_t n_trusted;
    struct rng rng;
    int lock;                  /* file descriptor or -1 */
    uint64_t catalogue_errors; /* times that it could not follow; for who counts */
    bool catalogue_lost; /* it was damaged: renamed to catalogue.db.damaged, a new one is empty */
};

/* ERR_WRONG_STATE (another process writes here, or the store is not that of the recordings),
 * ERR_IO, ERR_CRYPTO or ERR_FORMAT (KEK, signing key, wraps.db), ERR_NOMEM; a KEK file is made only
 * where nothing is under one yet, a signing key where none has signed; the reason, and what to do,
 * in why[WHY_MAX]. *ret untouched on failure. Does not recover: see recovery.h. */
enum err archive_open(const struct archive_config *c, struct archive **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct archive *archive_close(struct archive *a);
/* A new recording: random id and root key, its wrap durable. ERR_IO, ERR_NOSPACE, ERR_CRYPTO,
 * errors of the key provider. */
enum err archive_create(struct archive *a, struct id *ret, struct key_ring *ret_ring);
/* The keys of a recording, without its tracks: whoever reads its journal tells the ring of them.
 * ERR_UNKNOWN (never begun, or shredded), ERR_AUTH, ERR_FORMAT (damaged, or under a key that is not
 * here), errors of the key provider, which may pass; vault_why says more. Closed after an error. */
enum err archive_ring(struct archive *a, const struct id *recording, struct key_ring *ret);
/* The same, with the tracks that the catalogue knows. */
enum err archive_ring_of_rows(struct archive *a, const struct id *recording, struct key_ring *ret);
/* What a track entry says, for a ring. ERR_NOMEM. */
enum err archive_ring_track(struct key_ring *r, const struct entry_track *t);
/* Keys for the participant whose track this is, if they are new to the ring. Errors of
 * key_ring_add_subject. */
enum err archive_ring_add(struct key_ring *r, const struct entry_track *t);
/* What it takes to read, and with the archive's rng to write, the objects of the ring's recording.
 */
struct object_access archive_access(const struct archive *a, struct key_ring *r);
/* For archive_open: is a->store, called `name` for people, the store of these recordings? One that
 * is seen for the first time gets an identity. Reading changes nothing. ERR_WRONG_STATE: it is not;
 * else errors of the store and of wraps.db; the reason in why[WHY_MAX]. */
enum err archive_check_store(struct archive *a, const char *name, char why[WHY_MAX]);
/* For archive_open: by order of the operator a->store is the one from now on. Errors as before. */
enum err archive_take_store(struct archive *a, const char *name, char why[WHY_MAX]);

#endif
