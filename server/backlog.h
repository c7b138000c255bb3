/* Orders that found a worker's mailbox full wait here, in order, until there is room: an order to
 * remove a peer must not be lost because many were given at once. Owner: the control thread. */
#ifndef ORIEL_SERVER_BACKLOG_H
#define ORIEL_SERVER_BACKLOG_H

#include "base/list.h"
#include "server/worker.h"

struct backlog {
    bool (*post)(void *ctx, const struct worker_order *o); /* false: no room now */
    void *ctx;
    struct link waiting;
};

/* An empty backlog before post(ctx, order). */
void backlog_init(struct backlog *b, bool (*post)(void *ctx, const struct worker_order *o),
                  void *ctx);
/* Drops what still waits, with its params. */
void backlog_free(struct backlog *b);
/* Post now, or keep for later behind what waits already. ERR_NOMEM: the order was dropped, its
 * params freed. */
enum err backlog_post(struct backlog *b, const struct worker_order *o);
/* Post what waits, as far as there is room. True when nothing waits any more. */
bool backlog_flush(struct backlog *b);

#endif
