/* Orders that found the recorder's mailbox full wait here, in order, until there is room: nobody
 * repeats an order to start or to stop. Owner: the control thread. */
#ifndef ORIEL_SERVER_ORDER_BACKLOG_H
#define ORIEL_SERVER_ORDER_BACKLOG_H

#include "base/list.h"
#include "recorder/recorder.h"

#define ORDER_BACKLOG_MAX 16384 /* [orders] then only orders to stop, of which each has a start */
#define ORDER_BACKLOG_LOOK 1024 /* [orders] the latest: one of these may be replaced */

struct order_backlog {
    bool (*post)(void *ctx, const struct recorder_order *o); /* false: no room now */
    void *ctx;
    struct link waiting;
    uint32_t n;
};

/* An empty backlog before post(ctx, order). */
void order_backlog_init(struct order_backlog *b,
                        bool (*post)(void *ctx, const struct recorder_order *o), void *ctx);
/* Drops what still waits. */
void order_backlog_free(struct order_backlog *b);
/* Post now, or keep for later behind what waits already; an order about a person replaces the one
 * that waits, unless a recording begins or ends in between. ERR_FULL (ORDER_BACKLOG_MAX),
 * ERR_NOMEM: the order was dropped. */
enum err order_backlog_post(struct order_backlog *b, const struct recorder_order *o);
/* Post what waits, as far as there is room. True when nothing waits any more. */
bool order_backlog_flush(struct order_backlog *b);

#endif
