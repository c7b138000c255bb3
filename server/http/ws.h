/* /v1/signal: WebSocket connections (RFC 6455), subprotocol oriel.v1. Bytes only; what they mean
 * the service knows. Owner: the control thread. */
#ifndef ORIEL_SERVER_HTTP_WS_H
#define ORIEL_SERVER_HTTP_WS_H

#include "server/http/loop.h"

#define WS_PROTOCOL "oriel.v1"
#define WS_PATH "/v1/signal"
#define WS_CLOSE_NORMAL 1000
#define WS_CLOSE_AWAY 1001
#define WS_CLOSE_POLICY 1008
#define WS_CLOSE_TOO_BIG 1009
#define WS_CLOSE_AGAIN 1013 /* try again later (IANA registry of RFC 6455 section 11.7) */

/* Who talks on them; called in the control thread. Connections have ids. */
struct ws_service {
    bool (*opened)(void *ctx, uint64_t id); /* false: not now; it is closed with 1013 */
    /* At most one byte longer than limits.message_kib: then it was cut off. */
    void (*message)(void *ctx, uint64_t id, const char *text, size_t n);
    void (*closed)(void *ctx, uint64_t id); /* or about to be; also from within ws_send, ws_close */
    /* What those three brought about may be sent: after each of them, but not within ws_send and
     * ws_close. */
    void (*settle)(void *ctx);
    void *ctx;
};

struct ws_conn;

/* The HTTP status that refuses this upgrade, 0 = it may go on. */
int ws_upgrade_status(struct loop *l, struct lws *wsi);
/* The client of a connection, for what is limited per address; NULL: unknown, or a proxy that names
 * nobody. Borrowed until it ends. */
const struct addr *ws_client(const struct loop *l, uint64_t id);
/* Queue a message. A client that leaves more than limits.send_queue_kib unread behind the first
 * message, while its socket takes no more, is closed with 1013. Unknown ids are ignored. */
void ws_send(struct loop *l, uint64_t id, const char *text, size_t n);
/* Close with this status after what is queued, without a word when that takes longer than
 * timeouts.close_s. The service learns at once that the connection is gone. */
void ws_close(struct loop *l, uint64_t id, uint16_t status);
/* Close all of them. */
void ws_close_all(struct loop *l, uint16_t status);

#endif
