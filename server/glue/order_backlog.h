/* The backlog of orders to the recorder, which has a bound, and in which an order about a person
 * replaces the one that waits: nobody repeats an order to start or to stop. The rest is
 * backlog.h's. Owner: the control thread. */
#ifndef ORIEL_SERVER_GLUE_ORDER_BACKLOG_H
#define ORIEL_SERVER_GLUE_ORDER_BACKLOG_H

#include "recorder/capture/recorder.h"
#include "server/queue/backlog.h"

#define ORDER_BACKLOG_MAX 16384 /* [orders] then only orders to stop, of which each has a start */
#define ORDER_BACKLOG_LOOK 1024 /* [orders] the latest: one of these may be replaced */

/* An empty backlog before post(ctx, struct recorder_order). */
void order_backlog_init(struct backlog *b, bool (*post)(void *ctx, const void *order), void *ctx);
/* Post now, or keep for later behind what waits already; an order about a person replaces the one
 * that waits, unless a recording begins or ends in between. ERR_FULL (ORDER_BACKLOG_MAX),
 * ERR_NOMEM: the order was dropped, with what it owns. */
enum err order_backlog_post(struct backlog *b, const struct recorder_order *o);

#endif
