/* Objects in a bucket of any S3-compatible service. Each call is one request or a few, none is
 * tried again here: whoever calls knows when that makes sense. Owner: one thread.
 *
 * An object is put with If-None-Match: *, so that nothing is ever replaced; with its SHA-256, which
 * the service checks; and, where the bucket encrypts with a key service, with the headers that ask
 * for it. That it did is read from the answer: services are known that ignore what they do not
 * support and store in clear (objects are sealed all the same). */
#ifndef ORIEL_RECORDER_STORE_STORE_S3_H
#define ORIEL_RECORDER_STORE_STORE_S3_H

#include "base/buffer.h"
#include "base/time.h"
#include "recorder/store/http.h"
#include "recorder/store/store.h"

/* What the service is asked to encrypt with. X(symbol, its word for it) */
#define S3_ENCRYPTIONS(X)             \
    X(S3_ENCRYPTION_NONE, "none")     \
    X(S3_ENCRYPTION_AES256, "AES256") \
    X(S3_ENCRYPTION_KMS, "aws:kms")
#define X(sym, name) sym,
enum s3_encryption { S3_ENCRYPTIONS(X) };
#undef X

/* Strings are copied; http is borrowed. "" is the same as NULL. */
struct s3_config {
    const char *endpoint; /* "https://s3.eu-central-1.amazonaws.com", "http://127.0.0.1:7480" */
    const char *region;   /* "eu-central-1" */
    const char *bucket;   /* 3..63 characters of [a-z0-9.-] */
    const char *prefix;   /* of every key, as an object's name, ending in '/'; NULL: none */
    bool virtual_host;    /* https://BUCKET.host/KEY instead of https://host/BUCKET/KEY */
    /* Files with one line each. They are read again when the service refuses what they held. */
    const char *access_key_file, *secret_key_file;
    const char *session_token_file; /* NULL: no temporary credentials */
    enum s3_encryption encryption;
    const char *kms_key; /* key id, alias or ARN; NULL: the bucket's own */
    const struct http *http;
    wall_t (*wall)(void *ctx); /* requests carry the time */
    void *wall_ctx;
};

/* What may be wrong. X(symbol, name): name is what a metric shows. */
#define S3_TROUBLES(X)                   \
    X(S3_FINE, "none")                   \
    X(S3_UNREACHABLE, "unreachable")     \
    X(S3_DENIED, "denied")               \
    X(S3_NO_BUCKET, "no_bucket")         \
    X(S3_CLOCK, "clock_skew")            \
    X(S3_REGION, "wrong_region")         \
    X(S3_KEY_SERVICE, "key_service")     \
    X(S3_NOT_ENCRYPTED, "not_encrypted") \
    X(S3_FULL, "quota")                  \
    X(S3_BUSY, "busy")                   \
    X(S3_BAD_ANSWER, "bad_answer")       \
    X(S3_CREDENTIALS, "credentials_file")

enum s3_trouble {
#define X(sym, name) sym,
    S3_TROUBLES(X)
#undef X
};

/* No request is made. ERR_FORMAT (the configuration), ERR_IO (a credential file), ERR_NOMEM; the
 * reason in why. Errors of the calls: as store.h says; whatever the service or the way to it
 * refuses is ERR_IO (ERR_NOSPACE: a quota), never ERR_UNKNOWN, from which a caller would conclude
 * that an object is gone, nor ERR_AUTH; store_s3_trouble tells them apart. */
enum err store_s3_open(const struct s3_config *c, struct store *ret, char why[WHY_MAX]);
/* Safe on a zeroed store. */
void store_s3_close(struct store *s);
/* What was wrong with the last call that failed. */
enum s3_trouble store_s3_trouble(const struct store *s);
/* Its name, never NULL. */
const char *s3_trouble_name(enum s3_trouble t);
/* Append a link with which whoever has it may read the (sealed) object for so many seconds, at most
 * a week. ERR_FORMAT (the name), ERR_RANGE (seconds), ERR_NOMEM, ERR_CRYPTO. */
enum err store_s3_link(struct store *s, const char *name, unsigned seconds, struct buffer *ret);

#endif
