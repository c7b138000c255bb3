/* HTTP requests that do not wait, by libcurl, in the generator's loop. Owner: its thread. */
#ifndef ORIEL_BENCH_LOAD_HTTP_H
#define ORIEL_BENCH_LOAD_HTTP_H

#include "base/buffer.h"
#include "bench/load/loop.h"

struct http_client;

struct http_reply {
    int status; /* 0: no answer, and error says why */
    const char *error;
    const char *location; /* the header, "" = none */
    const char *body;     /* NUL-terminated */
    size_t len;
};

struct http_call {
    const char *method, *url;
    const char *content_type, *token; /* NULL = none; the token is a Bearer */
    const char *body;                 /* NULL = none; copied */
    void (*done)(void *ctx, const struct http_reply *r);
    void *ctx;
};

/* Ends the program when libcurl cannot be used. The loop is the caller's. */
struct http_client *http_client_new(struct loop *l);
/* Ends what is under way without calling done. NULL allowed; returns NULL. */
struct http_client *http_client_free(struct http_client *h);
/* Begin; done is called from http_client_tick or the loop, exactly once. */
void http_client_begin(struct http_client *h, const struct http_call *call);
/* libcurl's own deadlines; at least every 20 ms, and not from within done. */
void http_client_tick(struct http_client *h, us_t now);

#endif
