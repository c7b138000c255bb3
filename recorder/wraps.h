/* wraps.db: the wrapped root keys, in a database file of their own (secure_delete,
 * synchronous=FULL, truncated checkpoint after a shred), so that deleting a wrap shreds the
 * recording at once. It is also the list of every recording that was ever begun: a row is durable
 * before the first object of its recording is. SQLite stays inside. Owner: one thread. */
#ifndef ORIEL_RECORDER_WRAPS_H
#define ORIEL_RECORDER_WRAPS_H

#include "recorder/keys.h"

struct wraps;

/* create: make the file when missing. ERR_IO, ERR_NOMEM, ERR_NOSPACE. */
enum err wraps_open(const char *path, bool create, struct wraps **ret);
/* NULL allowed; returns NULL. */
struct wraps *wraps_close(struct wraps *w);
/* Durable when OK. ERR_EXISTS, ERR_NOSPACE, ERR_IO. */
enum err wraps_put(struct wraps *w, const struct id *recording, const uint8_t wrap[WRAP_LEN]);
/* ERR_UNKNOWN (never begun, or shredded), ERR_IO. */
enum err wraps_get(struct wraps *w, const struct id *recording, uint8_t ret_wrap[WRAP_LEN]);
/* Delete a wrap so that its bytes are in no file of the database any more. ERR_UNKNOWN; ERR_AGAIN
 * when a reader kept the log from being truncated: deleted, but call again to finish. */
enum err wraps_shred(struct wraps *w, const struct id *recording);
/* Call each for every recording, in the order they were begun; stops at its first error. */
enum err wraps_each(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                    void *ctx);

#endif
