/* Where sealed objects live: the recorder's sink. An object is written whole, under a name, once;
 * it is either there completely or not at all. Implementations: a local directory (store_local.h),
 * any S3-compatible service (store_s3.h), and the two together (store_spool.h). They block. A store
 * belongs to one thread; others open one of their own over the same place. */
#ifndef ORIEL_RECORDER_STORE_STORE_H
#define ORIEL_RECORDER_STORE_STORE_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>

#define STORE_IDENTITY "identity" /* the object that tells which store it is (store_identity.h) */
#define OBJECT_NAME_MAX 128       /* [A-Za-z0-9/_.-], never "..", no leading slash */

#define STORE_SHA256_LEN 32 /* [bytes] */

/* What a store says of an object it holds. */
struct store_digest {
    uint64_t size; /* [bytes] */
    uint8_t sha256[STORE_SHA256_LEN];
};

/* A part of an object, and how large the whole is. */
struct store_part {
    uint64_t at;   /* from here on */
    uint8_t *out;  /* up to n bytes */
    size_t n;      /* > 0 */
    size_t got;    /* so many there were: less than n at the object's end */
    uint64_t size; /* of the whole object [bytes] */
};

/* The first five are always there but list. */
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
    /* As read, without knowing the size before: one request where size and read are two. NULL:
     * use store_peek. ERR_UNKNOWN, ERR_RANGE (at lies behind the end), ERR_IO. */
    enum err (*peek)(void *ctx, const char *name, struct store_part *part);
    /* Length and SHA-256 of what lies there now, by the store's own account when it keeps one, else
     * by reading it. NULL: use store_digest_of. ERR_UNKNOWN, ERR_IO. */
    enum err (*digest)(void *ctx, const char *name, struct store_digest *ret);
    /* Does an object whose name starts with prefix (a folder, ending in '/') still wait for a
     * slower store, so that it would be lost with this machine? NULL: none ever does. ERR_IO. */
    enum err (*waits)(void *ctx, const char *prefix, bool *ret);
    /* Why the last call that failed did, and what to do, in words for the operator; "" when there
     * is nothing to add. The text holds until the next call. May be NULL. */
    const char *(*why)(void *ctx);
    /* Of a store of which a part is on this machine's disk (a spool folder before a bucket): that
     * part, which has a copy of the identity, so that it is known, too. NULL: there is none. */
    const struct store *near;
};

/* s->peek, or size and read where it has none. */
enum err store_peek(const struct store *s, const char *name, struct store_part *part);
/* s->digest, or read piece by piece and computed here. Also ERR_CRYPTO, ERR_NOMEM. */
enum err store_digest_of(const struct store *s, const char *name, struct store_digest *ret);
/* s->remove; what is not there has been removed. */
enum err store_remove(const struct store *s, const char *name);
/* Remove what has a name that starts with prefix (a folder, ending in '/') and that is picked;
 * NULL: all of it. Nothing where the store cannot list. The first error ends it: ERR_IO, ERR_NOMEM.
 */
enum err store_remove_below(const struct store *s, const char *prefix,
                            bool (*picked)(const void *ctx, const char *name), const void *ctx);
/* SHA-256 of object. ERR_CRYPTO. */
enum err store_digest_bytes(struct bytes object, struct store_digest *ret);
/* Equal length and hash. */
bool store_digest_eq(const struct store_digest *a, const struct store_digest *b);
/* s->why, or "". */
const char *store_why(const struct store *s);
#define STORE_REPLACES                                                                        \
    "the service replaces objects that are there already (it ignores If-None-Match: *), and " \
    "recordings are not safe in it: choose one that supports conditional writes"
/* The identity that is there is put once more. OK: that was refused with ERR_EXISTS, as it must be;
 * ERR_UNSUPPORTED: it was done; else the error. */
enum err store_never_replaces(const struct store *s, struct bytes identity);
/* True for a name that objects may have. */
bool store_name_ok(const char *name);

#endif
