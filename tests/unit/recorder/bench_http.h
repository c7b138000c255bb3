/* HTTP for tests: a server that answers what it is told over real sockets, and a layer that makes
 * any single request of any client fail. */
#ifndef ORIEL_TESTS_BENCH_HTTP_H
#define ORIEL_TESTS_BENCH_HTTP_H

#include "recorder/store/http.h"

#include <pthread.h>

/* What happens after the bytes of a reply have been sent. */
enum reply_end {
    REPLY_KEEP,  /* the connection stays */
    REPLY_CLOSE, /* it is closed */
    REPLY_STALL  /* nothing more comes until the client goes away */
};
struct reply {
    const char *text; /* the whole answer, or the beginning of one */
    enum reply_end end;
};

/* A server on 127.0.0.1 that gives the n-th request the n-th reply; behind the last one it closes.
 * Requests and connections are for reading after http_server_end. */
struct http_server {
    const struct reply *replies;
    size_t n, next;
    int listener, wake[2];
    uint16_t port;
    char url[64]; /* "http://127.0.0.1:PORT" */
    pthread_t thread;
    struct buffer requests; /* as they came, one after the other */
    unsigned connections;
};
void http_server_begin(struct http_server *s, const struct reply *replies, size_t n);
/* Ends the thread; frees nothing that is for reading. */
void http_server_end(struct http_server *s);

/* Passes requests on, but fails as told: number `at`, from 0. */
struct fault_http {
    struct http http, inner;
    unsigned asked, at;
    enum {
        HTTP_FAULT_NONE,
        HTTP_FAULT_BEFORE, /* it does not get there */
        HTTP_FAULT_AFTER,  /* it is done, and the answer is lost */
        HTTP_FAULT_SHORT,  /* the body breaks off in the middle, unnoticed */
        HTTP_FAULT_TORN,   /* and noticed */
        HTTP_FAULT_STATUS, /* the service answers `status` with `body` and does nothing */
        HTTP_FAULT_STALL,  /* it is done as it should be, after `stall` */
        HTTP_FAULT_DEAD    /* it and all that follow do not get there */
    } mode;
    int status;
    const char *body, *headers; /* of that answer; NULL: none */
    void (*stall)(void *ctx);   /* called while request `at` is under way; may be NULL */
    void *stall_ctx;
};
void fault_http_begin(struct fault_http *f, const struct http *inner);

#endif
