/* AWS Signature Version 4 (docs.aws.amazon.com, "Create a signed AWS API request"): how
 * S3-compatible object stores and AWS's key service know who asks. Pure: no clock, no network.
 * libcurl's own signer is not used, because it sorts whole header lines instead of names, which is
 * wrong as soon as one name begins with another (the headers of SSE-KMS), and signs no payload
 * hash. Any service and region; nothing in here knows S3. Thread: any. */
#ifndef ORIEL_RECORDER_STORE_SIGV4_H
#define ORIEL_RECORDER_STORE_SIGV4_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD" /* S3 only: the body is not covered */
#define SIGV4_DATE_MAX 17                 /* [bytes] "20130524T000000Z" and a NUL */
#define SIGV4_HASH_MAX 65                 /* [bytes] SHA-256 in hex and a NUL */
#define SIGV4_FIELDS_MAX 32               /* headers, or fields of a query */
#define SIGV4_SECONDS_MAX 604800          /* [s] the longest life of a pre-signed link: a week */

/* Who asks. Borrowed strings; session_token NULL or empty: the keys are not temporary ones. Secret:
 * neither log nor show. */
struct sigv4_keys {
    const char *access_key, *secret_key, *session_token;
};

/* A header (name in any case, value as it is sent) or a field of a query (neither is encoded). */
struct sigv4_field {
    const char *name, *value;
};

/* What is asked. Borrowed. */
struct sigv4_request {
    const char *method; /* "GET" */
    /* The path as it is signed. S3 signs the path of the request line, encoded once; every other
     * service one that was encoded once more. "/" is the same for all. */
    const char *path;
    const struct sigv4_field *query;
    size_t n_query;
    /* All headers that are signed: Host; X-Amz-Date unless it is a link; each X-Amz-* that is sent.
     */
    const struct sigv4_field *headers;
    size_t n_headers;
    const char *payload; /* SHA-256 of the body in hex, or SIGV4_UNSIGNED */
};

/* Of whom, and when. Borrowed. */
struct sigv4_scope {
    const char *region, *service; /* "eu-central-1", "s3" */
    wall_t now;
};

/* now as X-Amz-Date shows it; below a second is left out. Years 1970 to 9999; returns out. */
const char *sigv4_date(wall_t now, char out[SIGV4_DATE_MAX]);
/* SHA-256 of the body in lower-case hex; returns out. */
const char *sigv4_hash(struct bytes body, char out[SIGV4_HASH_MAX]);
/* Append s percent-encoded (RFC 3986 section 2.3: all but unreserved characters, in upper-case
 * hex); with keep_slash a '/' stays, as in the path of an object. */
void sigv4_encode(struct buffer *b, const char *s, bool keep_slash);
/* Append the query as it is signed and sent: encoded, sorted by name and value. ERR_LONG for more
 * than SIGV4_FIELDS_MAX fields, ERR_NOMEM (b is bad). */
enum err sigv4_query(struct buffer *b, const struct sigv4_field *query, size_t n);

/* Append the value of the Authorization header. A session token is the caller's to send, as the
 * header X-Amz-Security-Token, and to have among q->headers if the service wants it signed (S3 and
 * KMS do). ERR_LONG (more than SIGV4_FIELDS_MAX headers or fields), ERR_NOMEM, ERR_CRYPTO. */
enum err sigv4_authorization(struct buffer *b, const struct sigv4_keys *k,
                             const struct sigv4_scope *s, const struct sigv4_request *q);
/* Append the query of a pre-signed link, which whoever has it may use for so many seconds
 * (1..SIGV4_SECONDS_MAX, else ERR_RANGE). The session token is put in. q->headers must be sent as
 * they are; q->query is included, q->payload is not read: the body is not covered. Errors as
 * before. */
enum err sigv4_presign(struct buffer *b, const struct sigv4_keys *k, const struct sigv4_scope *s,
                       const struct sigv4_request *q, unsigned seconds);

#endif
