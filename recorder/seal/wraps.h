/* wraps.db: the wrapped root keys, in a database file of their own (secure_delete,
 * synchronous=FULL, truncated checkpoint after a shred), so that deleting a wrap shreds the
 * recording at once. It is also the list of every recording that was ever begun: a row is durable
 * before the first object of its recording is. And it remembers which store the objects are in.
 * Nothing but an order to shred deletes a row. SQLite stays inside. Owner: one thread. */
#ifndef ORIEL_RECORDER_SEAL_WRAPS_H
#define ORIEL_RECORDER_SEAL_WRAPS_H

#include "recorder/seal/keys.h"

#include <stdbool.h>

struct wraps;

/* create: make the file, or what an earlier release did not have in it, when missing. ERR_IO,
 * ERR_NOMEM, ERR_NOSPACE; ERR_FORMAT: the file is damaged, or none of SQLite's. */
enum err wraps_open(const char *path, bool create, struct wraps **ret);
/* NULL allowed; returns NULL. */
struct wraps *wraps_close(struct wraps *w);
/* Durable when OK. ERR_EXISTS, ERR_NOSPACE, ERR_IO. */
enum err wraps_put(struct wraps *w, const struct id *recording, const uint8_t wrap[WRAP_LEN]);
/* ERR_UNKNOWN (never begun, or shredded), ERR_IO. */
enum err wraps_get(struct wraps *w, const struct id *recording, uint8_t ret_wrap[WRAP_LEN]);
/* Delete a wrap so that its bytes are in no file of the database any more. ERR_UNKNOWN; ERR_BUSY
 * when a reader kept the log from being truncated: deleted, but call again to finish. */
enum err wraps_shred(struct wraps *w, const struct id *recording);
/* Call each for every recording, in the order they were begun; stops at its first error. */
enum err wraps_each(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                    void *ctx);
/* The same by their ids, in one pass over an index, which 10^5 of them need: `each` may not write
 * to this database. */
enum err wraps_each_by_id(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                          void *ctx);
/* Note that an object of this recording is in the store: from now on its absence is a loss. */
enum err wraps_begun(struct wraps *w, const struct id *recording);
/* *ret: whether wraps_begun was said of it. ERR_UNKNOWN, ERR_IO. */
enum err wraps_has_begun(struct wraps *w, const struct id *recording, bool *ret);

/* The store that holds the objects of these recordings. */
struct wraps_store {
    struct id id;
    bool placed;            /* the identity was seen in the store; false: about to be put there */
    uint8_t wrap[WRAP_LEN]; /* of a random key under the KEK, for the id: tells a wrong KEK */
};
/* ERR_UNKNOWN (none is remembered), ERR_IO. */
enum err wraps_store(struct wraps *w, struct wraps_store *ret);
/* Remember this one instead. Durable when OK. ERR_NOSPACE, ERR_IO. */
enum err wraps_set_store(struct wraps *w, const struct wraps_store *s);

#endif
