/* Every TCP connection from accept to close: whom it is charged to, and by when it must have got
 * on. libwebsockets' own timeouts are renewed by each byte that arrives; these are not. Owner: the
 * control thread. */
#ifndef ORIEL_SERVER_HTTP_TCP_H
#define ORIEL_SERVER_HTTP_TCP_H

#include "server/http/loop.h"

#define KEEPALIVE_S \
    10 /* [s] between two requests: pages come with several connections, which idle */

enum tcp_phase {
    TCP_HEADERS,   /* from accept (TLS included) to complete headers: timeouts.headers_s */
    TCP_BODY,      /* from there to the complete body: timeouts.body_s */
    TCP_ANSWER,    /* to the next piece of the answer: timeouts.http_s */
    TCP_KEEPALIVE, /* between two requests */
    TCP_LINGER,    /* answered; what the client still sends is thrown away */
    TCP_WEBSOCKET  /* ws.c sees to it */
};

struct tcp;

/* May this socket, just accepted, become a connection? Charges its address. */
bool tcp_admit(struct loop *l, int fd);
/* The connection of the socket admitted last. False when there is none: close it. */
bool tcp_opened(struct loop *l, struct lws *wsi);
/* libwebsockets lets go of it. Nothing for those that were never opened (the listener). */
void tcp_closed(struct loop *l, struct lws *wsi);
/* Give back what was admitted and never opened, if anything was. */
void tcp_forget_arriving(struct loop *l);
/* The client: the peer, or whom a trusted proxy named last for this connection. NULL when a proxy
 * named nobody. */
const struct addr *tcp_client(struct lws *wsi);
/* Its address for the log, shortened as configured. out holds 64 bytes; returns out. */
const char *tcp_client_text(struct lws *wsi, char *out);

/* A request has come: charge it, and behind a proxy the connection too, to its client. False when
 * that client has its share. */
bool tcp_begin(struct lws *wsi);
/* It is done with, or there was none. */
void tcp_end(struct lws *wsi);
/* The connection becomes a WebSocket: charged to its client until it closes. False as above, or
 * when it opens too many in a minute: *ret_wait is the time until it may [us]. */
bool tcp_upgrade(struct lws *wsi, us_t *ret_wait);

/* n more bytes of a message or body are kept until it is complete. False: its client keeps us
 * holding too much already; nothing was charged. */
bool tcp_hold(struct lws *wsi, size_t n);
/* What was held for this connection is done with. tcp_end does the same. */
void tcp_release(struct lws *wsi);

/* Enter a phase, or start its time anew. */
void tcp_phase(struct lws *wsi, enum tcp_phase phase);
/* The phase that runs. */
enum tcp_phase tcp_phase_of(struct lws *wsi);
/* A last answer has gone out: wait until the client closes, as long as it sends no more than a
 * bound and for no longer than a moment, so that it reads the answer before a reset. */
void tcp_linger(struct lws *wsi);
/* n bytes arrived that nobody reads. False: enough, close. */
bool tcp_discard(struct lws *wsi, size_t n);
/* End it without a word, from anywhere but its own callback, where -1 does the same. */
void tcp_kill(struct lws *wsi);

#endif
