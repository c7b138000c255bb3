#include "server/glue/order_backlog.h"

#include "base/alloc.h"

#include <string.h>

static void drop(const void *order) {
    const struct recorder_order *o = order;
    mem_free(o->said);
}

void order_backlog_init(struct backlog *b, bool (*post)(void *ctx, const void *order), void *ctx) {
    backlog_init(b, sizeof(struct recorder_order), post, ctx);
    b->drop = drop;
}

/* What is true of a person, or of a source of hers: the last that was said counts. */
static bool about_same(const struct recorder_order *a, const struct recorder_order *b) {
    return a->type == b->type && a->participant == b->participant &&
           (a->type != ORDER_MUTE || strcmp(a->name, b->name) == 0);
}

/* The order about the same that waits, if this one may take its place. */
static struct recorder_order *same(const struct backlog *b, const struct recorder_order *o) {
    struct link *l = b->waiting.prev;
    if (o->type != ORDER_PARTICIPANT && o->type != ORDER_MUTE) {
        return NULL; /* of the others each counts */
    }
    for (uint32_t i = 0; i < ORDER_BACKLOG_LOOK && l != &b->waiting; i++, l = l->prev) {
        struct recorder_order *x = backlog_message(l);
        if (x->tour != o->tour) {
            continue;
        }
        if (x->type == ORDER_START || x->type == ORDER_STOP) {
            return NULL;
        }
        if (about_same(x, o)) {
            return x;
        }
    }
    return NULL;
}

enum err order_backlog_post(struct backlog *b, const struct recorder_order *o) {
    struct recorder_order *x = backlog_flush(b) ? NULL : same(b, o);
    if (x) {
        *x = *o;
        return OK;
    }
    if (b->n >= ORDER_BACKLOG_MAX && o->type != ORDER_STOP) {
        drop(o);
        return ERR_FULL;
    }
    return backlog_post(b, o);
}
