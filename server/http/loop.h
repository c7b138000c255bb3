/* The loop of the control thread: libwebsockets with its connections, of HTTP and WebSocket.
 * Everything in this header belongs to that thread. Other threads reach it in one way: they push
 * into a mailbox and call loop_wake. What is said on the connections is others' (struct
 * http_service in request.h, struct ws_service in ws.h). */
#ifndef ORIEL_SERVER_HTTP_LOOP_H
#define ORIEL_SERVER_HTTP_LOOP_H

#include "base/list.h"
#include "base/map.h"
#include "server/config/config.h"
#include "server/http/refusals.h"
#include "server/os/socket_store.h"

#define LOOP_LABEL 24     /* [bytes] "c17": a connection's name in the log */
#define HTTP_STATUS_MAX 6 /* classes 1xx..5xx */

/* Why somebody is refused who is within all that is counted in struct loop_counters below. */
#define LOOP_REFUSAL_REASONS(X)                                                                  \
    X(REFUSED_CONNECTION_RATE, "connection_rate") /* limits.connections_per_minute */            \
    X(REFUSED_HANDSHAKE_RATE, "handshake_rate")   /* limits.handshakes_per_minute */             \
    X(REFUSED_OFFER_RATE, "offer_rate")           /* limits.offers_per_minute */                 \
    X(REFUSED_FAILED_TOKENS, "failed_tokens")     /* limits.failed_tokens_per_minute */          \
    X(REFUSED_HEAD, "head")                       /* head_status: it can be read in two ways, */ \
    X(REFUSED_HOST, "host")                       /* or is for another server */
#define X(sym, name) sym,
enum loop_refusal { LOOP_REFUSAL_REASONS(X) LOOP_REFUSALS };
#undef X

struct loop_counters {
    uint64_t http_requests[HTTP_STATUS_MAX]; /* by first digit of the status */
    /* limits.connections, limits.connections_per_address, limits.requests_per_address */
    uint64_t refused_connections, refused_address, refused_requests;
    struct refusals problems;        /* answers with a problem, by its code */
    uint64_t refused_input;          /* limits.input_mib_per_address */
    uint64_t refused[LOOP_REFUSALS]; /* by reason */
    /* Connections ended by a deadline. */
    uint64_t timeouts_headers, timeouts_body, timeouts_answer, timeouts_message;
    uint64_t ws_opened, ws_in, ws_out, ws_slow, ws_too_large, ws_origin_refused;
    uint64_t ws_pong_missing; /* clients that did not answer a ping */
    uint64_t ws_killed;       /* clients that did not take our close */
};

struct http_service;
struct ws_service;
struct addresses;
struct address_rates;
struct deadlines;
struct listener;
struct lws;
struct lws_context;
struct lws_vhost;
struct policy;
struct ssl_ctx_st;
struct tcp;

struct loop {
    /* Set by who opens it, and borrowed. */
    const struct config *config;
    bool tls;
    const struct http_service *http;
    const struct ws_service *ws;
    void (*woken)(void *ctx); /* after loop_wake, and when loop_alarm is due */
    void *ctx;

    /* Of the loop: zeros before loop_open. */
    char origin[256]; /* of public_url, as browsers send it; empty when unknown */
    bool https;       /* people reach us by https, be it by our own TLS or by that of a proxy */
    char url[256];    /* public_url without a trailing slash, or made of listen.* */
    struct lws_context *lws;
    struct lws_vhost *vhost;   /* NULL: nobody listens */
    struct listener *listener; /* NULL: nothing is bound */
    struct policy *policy;     /* on every answer of it */
    struct ssl_ctx_st *ssl;    /* OpenSSL's SSL_CTX of it; NULL: no TLS */
    struct loop_alarm *alarm;  /* runs at loop_alarm */
    uint16_t port;             /* TCP port listened on */

    struct deadlines *deadlines; /* of connections */
    struct addresses *addresses;
    struct address_rates *rates;
    struct tcp *arriving; /* admitted, not yet opened; or NULL */
    uint64_t next_id;     /* of connections and requests; never reused */
    struct map *conns;    /* id -> struct ws_conn */
    struct link all_ws;   /* the same, to visit them */
    struct map *requests; /* id -> struct request */
    uint32_t open;        /* TCP connections */
    bool stopping;        /* nobody is told about what closes any more */
    struct loop_counters counters;
    uint8_t *scratch; /* LWS_PRE + RESPOND_PIECE_MAX bytes: what is being written */
};

/* Bind the address, or take the socket that is kept there: a second server must stop before it
 * touches the first one's state. ERR_IO, ERR_NOMEM with the reason in why. */
enum err loop_bind(struct loop *l, const struct socket_place *place, char why[WHY_MAX]);
/* The libwebsockets context, which loop_wake needs, without a listening socket. ERR_NOMEM. */
enum err loop_open(struct loop *l, char why[WHY_MAX]);
/* Start to listen, where loop_bind has bound or as that does; sets port, url and origin. ERR_IO,
 * ERR_NOMEM with the reason in why. */
enum err loop_listen(struct loop *l, char why[WHY_MAX]);
/* One turn of the loop: waits for events and serves them. False when the loop is broken. */
bool loop_turn(struct loop *l);
/* Have `woken` called at this time, or in a millisecond when it has passed: one alarm, which the
 * next call moves. US_NEVER: none. */
void loop_alarm(struct loop *l, us_t at);
/* Close every WebSocket with 1001 and wait at most a second for the news to go out. */
void loop_drain(struct loop *l);
/* Close every connection and the context. The services are told of the end of requests only. */
void loop_close(struct loop *l);
/* Any thread, and signal handlers. ctx is the loop. */
void loop_wake(void *ctx);

#endif
