/* Where sealed objects live: the recorder's sink. An object is written whole, under a name, once;
 * it is either there completely or not at all. Implementations: a local directory
 * (store_local.c); S3 comes later behind the same four functions. They block. */
#ifndef ORIEL_RECORDER_STORE_STORE_H
#define ORIEL_RECORDER_STORE_STORE_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>

#define OBJECT_NAME_MAX 128 /* [A-Za-z0-9/_.-], never "..", no leading slash */

struct store {
    void *ctx;
    /* Durable when it returns OK: contents, name and directory are synced. ERR_NOSPACE, ERR_IO,
     * ERR_EXISTS. After a failure no part of the object is visible. */
    enum err (*put)(void *ctx, const char *name, struct bytes object);
    /* Size of an object. ERR_UNKNOWN when it does not exist. */
    enum err (*size)(void *ctx, const char *name, uint64_t *ret_size);
    /* Read [at, at+n) completely into out. ERR_UNKNOWN, ERR_RANGE, ERR_IO. */
    enum err (*read)(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n);
    enum err (*remove)(void *ctx, const char *name);
    /* Call each for every object whose name starts with prefix (a folder, ending in '/'), in no
     * order. May be NULL: this store cannot list. ERR_IO, ERR_NOMEM. */
    enum err (*list)(void *ctx, const char *prefix,
                     void (*each)(void *each_ctx, const char *name, uint64_t size), void *each_ctx);
};

/* Objects as files below dir (created 0700). ERR_IO. store_local_close frees. */
enum err store_local_open(const char *dir, struct store *ret);
void store_local_close(struct store *s);
/* Remove what interrupted puts left behind. Only for the one writer of the directory. */
void store_local_clean(struct store *s);
/* True for a name that objects may have. */
bool store_name_ok(const char *name);

#endif
