/* Messages that found a mailbox full wait here, in order, until there is room: an order to remove a
 * peer must not be lost because many were given at once. Owner: the control thread. */
#ifndef ORIEL_SERVER_QUEUE_BACKLOG_H
#define ORIEL_SERVER_QUEUE_BACKLOG_H

#include "base/err.h"
#include "base/list.h"

#include <stddef.h>
#include <stdint.h>

struct backlog {
    size_t size;                                  /* [bytes] of a message */
    bool (*post)(void *ctx, const void *message); /* false: no room now */
    void (*drop)(
        const void *message); /* frees what a message holds that will never be posted; NULL */
    void *ctx;
    struct link waiting;
    uint32_t n;   /* of them */
    uint32_t max; /* that may wait, 0 = any number: beyond it only what is `must` */
    bool (*must)(const void *message); /* bounded by something else; NULL: nothing is */
};

/* An empty backlog of messages of this size before post(ctx, message). */
void backlog_init(struct backlog *b, size_t size, bool (*post)(void *ctx, const void *message),
                  void *ctx);
/* Drops what still waits. */
void backlog_free(struct backlog *b);
/* Post now, or keep a copy for later behind what waits already. ERR_FULL (max), ERR_NOMEM: it was
 * dropped. */
enum err backlog_post(struct backlog *b, const void *message);
/* Post what waits, as far as there is room. True when nothing waits any more. */
bool backlog_flush(struct backlog *b);
/* The message of a link in b->waiting. */
void *backlog_message(struct link *l);

#endif
