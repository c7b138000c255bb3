/* Objects as files below a folder. Owner: one thread; any number of them, and of processes, may
 * have one of their own over the same folder, of which one writes a name. */
#ifndef ORIEL_RECORDER_STORE_STORE_LOCAL_H
#define ORIEL_RECORDER_STORE_STORE_LOCAL_H

#include "base/time.h"
#include "recorder/store/files.h"
#include "recorder/store/store.h"

/* Objects as files below dir (created 0700, durably). ERR_IO, ERR_NOMEM. store_local_close frees.
 */
enum err store_local_open(const char *dir, struct store *ret);
/* The same through other operations than the system's; ops is borrowed. */
enum err store_local_open_with(const char *dir, const struct file_ops *ops, struct store *ret);
/* Safe on a zeroed store. */
void store_local_close(struct store *s);
/* Remove what interrupted puts left behind. Only for the one writer of the directory. */
void store_local_clean(const struct store *s);

struct store_file {
    const char *name; /* of the object; holds until each returns */
    uint64_t size;    /* [bytes] */
    wall_t written;   /* when, by the disk's clock */
};
/* As list with every object of the store, but what interrupted puts left in tmp/. ERR_IO,
 * ERR_NOMEM. */
enum err store_local_walk(const struct store *s,
                          void (*each)(void *ctx, const struct store_file *f), void *ctx);
/* Remove the folders of name, from the innermost, as far as they are empty. A put that meets it
 * makes them anew. */
void store_local_prune(const struct store *s, const char *name);
/* The disk the objects are on. ERR_IO. */
enum err store_local_space(const struct store *s, struct file_space *ret);

#endif
