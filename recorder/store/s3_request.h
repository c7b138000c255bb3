/* One signed request to a bucket, and what a refusal means: the part that store_s3.c stands on, and
 * nobody else. Owner: the thread of the store. */
#ifndef ORIEL_RECORDER_STORE_S3_REQUEST_H
#define ORIEL_RECORDER_STORE_S3_REQUEST_H

#include "recorder/store/sigv4.h"
#include "recorder/store/store_s3.h"

#define S3_HOST_MAX 320       /* [bytes] host and port, the bucket before it */
#define S3_SECRET_MAX 4096    /* [bytes] a session token is about 1 KiB */
#define S3_XML_MAX (4u << 20) /* [bytes] a page of 1000 keys of 1 KiB, and then some */
#define S3_ERROR_MAX 65536    /* [bytes] an answer that says why */
#define S3_CALL_HEADERS 8

struct s3_secrets {
    char access_key[256], secret_key[256], session_token[S3_SECRET_MAX];
};

struct s3 {
    /* Constant after opening. */
    struct http http;
    wall_t (*wall)(void *ctx);
    void *wall_ctx;
    char scheme[8], host[S3_HOST_MAX]; /* "https", "bucket.s3.eu-central-1.amazonaws.com" */
    char root[80];                     /* the bucket's path: "" or "/bucket" */
    char bucket[64], region[64], prefix[OBJECT_NAME_MAX];
    char encryption[16], kms_key[256];
    char *access_key_file, *secret_key_file, *session_token_file;
    /* Changing. */
    struct s3_secrets secrets;
    struct http_answer answer; /* of the last request */
    enum s3_trouble trouble;
    char why[WHY_MAX];
};

struct s3_call {
    const char *method, *name; /* NULL: the bucket itself */
    const struct sigv4_field *query;
    size_t n_query;
    struct sigv4_field headers[S3_CALL_HEADERS]; /* beside those every request has */
    size_t n_headers;
    struct bytes body;
    size_t limit; /* [bytes] of the answer's body; at least S3_ERROR_MAX is allowed */
};

/* Read the credential files. ERR_IO, ERR_FORMAT; the reason in s->why. */
enum err s3_secrets_load(struct s3 *s);
/* Append the encoded path of an object, or of the bucket when name is NULL. */
void s3_path(const struct s3 *s, const char *name, struct buffer *b);
/* Sign, send, and have s->answer, whatever its status. Where the service does not know the
 * credentials they are read again, once, and if they have changed so is the request. ERR_IO,
 * ERR_NOMEM, ERR_CRYPTO; then s->why. */
enum err s3_ask(struct s3 *s, const struct s3_call *c);
/* The answer was no: what that means, into s->trouble and s->why. Never OK. ERR_UNKNOWN only where
 * the service says that there is no such object. */
enum err s3_refused(struct s3 *s, const struct s3_call *c);
/* Note what is wrong in our own words; returns e. */
enum err s3_fail(struct s3 *s, enum err e, enum s3_trouble t, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
