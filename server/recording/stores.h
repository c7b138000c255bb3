/* Where recordings lie, as the configuration says: nothing to open for a local folder, which the
 * archive opens itself; for S3 a bucket behind a spool folder. Opened once by each thread that
 * writes, reads or uploads, because stores belong to a thread. */
#ifndef ORIEL_SERVER_RECORDING_STORES_H
#define ORIEL_SERVER_RECORDING_STORES_H

#include "recorder/store/store.h"
#include "server/config/config.h"

enum stores_use {
    STORES_READ,  /* a library; it may also put what it writes after it has erased something */
    STORES_WRITE, /* the recorder; there is one */
    STORES_UPLOAD /* a request is broken off when `stop` says so */
};

/* Called in the thread of the stores; may be NULL. */
struct stores_hooks {
    void (*note)(void *ctx); /* something was put into the spool folder */
    bool (*stop)(void *ctx); /* asked about once a second during a request */
    void *ctx;
};

struct stores;

/* *ret is NULL for a local folder. No request is made. ERR_FORMAT, ERR_IO, ERR_NOMEM; the reason in
 * why. */
enum err stores_open(const struct config *c, enum stores_use use, const struct stores_hooks *h,
                     struct stores **ret, char why[WHY_MAX]);
/* For check-config: would the bucket's part of it open? Credential files are read; nothing is made,
 * and no request. Errors as before. */
enum err stores_check(const struct config *c, char why[WHY_MAX]);
/* For writer and library: spool folder and bucket as one. NULL when s is. */
struct store *stores_both(struct stores *s);
/* The two apart, for the uploader. */
const struct store *stores_local(const struct stores *s);
const struct store *stores_remote(const struct stores *s);
/* NULL allowed; returns NULL. */
struct stores *stores_close(struct stores *s);

#endif
