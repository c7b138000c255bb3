/* HTTP as the stores and the key service need it: one request, one answer, in the calling thread.
 * Behind a struct of functions, so that tests answer themselves or make any request fail. The real
 * one is libcurl (http_curl.c, its only seam): HTTP/1.1 with connections kept alive, no proxy, no
 * redirect, no cookies, TLS 1.2 or newer with the name checked. Owner of a client: one thread. */
#ifndef ORIEL_RECORDER_STORE_HTTP_H
#define ORIEL_RECORDER_STORE_HTTP_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

#include <stdbool.h>

#define HTTP_HEADERS_MAX 16384 /* [bytes] of an answer's headers together */

struct http_field {
    const char *name, *value;
};

/* Borrowed, all of it. */
struct http_request {
    const char *method; /* "GET", "HEAD", "PUT", "POST", "DELETE" */
    const char *url;    /* as it is to be sent: nothing is encoded or tidied on the way */
    const struct http_field *headers;
    size_t n_headers;
    struct bytes body; /* of PUT and POST */
    size_t limit;      /* [bytes] an answer with a longer body is refused: ERR_LONG */
};

/* Zero, or what the last answer left: the memory is used again. http_answer_free frees. */
struct http_answer {
    int status;            /* 0: none came; ERR_LONG: that of the answer that was too long */
    struct buffer headers; /* "Name: value" lines of the final answer, each ending in a newline */
    struct buffer body;
    char why[WHY_MAX]; /* when ask failed */
};

struct http {
    void *ctx;
    /* OK when an answer came, whatever its status. ERR_IO (unreachable, too slow, broken off, not
     * trusted), ERR_LONG, ERR_NOMEM; then the reason is in ret->why. */
    enum err (*ask)(void *ctx, const struct http_request *q, struct http_answer *ret);
};

/* The value of a header, without spaces around it, into out of cap bytes; names are compared
 * without case. False, and "" in out, where there is none or it does not fit. */
bool http_header(const struct http_answer *a, const char *name, char *out, size_t cap);
/* Ready for the next answer. */
void http_answer_clear(struct http_answer *a);
/* Safe on a zeroed one. */
void http_answer_free(struct http_answer *a);

/* ---- the real one ---- */

struct http_config {
    us_t connect_timeout; /* [us] for name, connection and TLS together (5 s) */
    us_t timeout;         /* [us] for a whole request (5 min) */
    us_t stall_timeout;   /* [us] so long slower than stall_rate: broken off (20 s) */
    uint32_t stall_rate;  /* [bytes/s] (1024) */
    const char *ca_file;  /* PEM; NULL or empty: the system's. Borrowed. */
    /* "::HOST:PORT": connect there, whatever the URL names. NULL: where it says. Borrowed. */
    const char *connect_to;
    bool (*stop)(
        void *ctx); /* asked about once a second; true breaks the request off. May be NULL. */
    void *stop_ctx;
};

/* Before the first http_curl_open, by a thread that is alone or the first; more often is no harm.
 * ERR_IO. */
enum err http_library_init(void);
/* The numbers of the comments above for what is 0. ERR_NOMEM. */
enum err http_curl_open(const struct http_config *c, struct http *ret);
/* Closes the connections. Safe on a zeroed struct. */
void http_curl_close(struct http *h);

#endif
