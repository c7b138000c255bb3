#include "server/order_backlog.h"

#include "base/alloc.h"

struct entry {
    struct recorder_order order;
    struct link link;
};

void order_backlog_init(struct order_backlog *b,
                        bool (*post)(void *ctx, const struct recorder_order *o), void *ctx) {
    *b = (struct order_backlog){.post = post, .ctx = ctx};
    list_init(&b->waiting);
}

static void drop(struct order_backlog *b, struct entry *x) {
    list_remove(&x->link);
    b->n--;
    mem_free(x);
}

void order_backlog_free(struct order_backlog *b) {
    LIST_EACH(l, &b->waiting) {
        drop(b, LIST_ENTRY(l, struct entry, link));
    }
}

bool order_backlog_flush(struct order_backlog *b) {
    LIST_EACH(l, &b->waiting) {
        struct entry *x = LIST_ENTRY(l, struct entry, link);
        if (!b->post(b->ctx, &x->order)) {
            return false;
        }
        drop(b, x);
    }
    return true;
}

/* The order about the same person that waits, if this one may take its place. */
static struct entry *same(const struct order_backlog *b, const struct recorder_order *o) {
    struct link *l = b->waiting.prev;
    if (o->type != ORDER_PARTICIPANT) {
        return NULL;
    }
    for (uint32_t i = 0; i < ORDER_BACKLOG_LOOK && l != &b->waiting; i++, l = l->prev) {
        struct entry *x = LIST_ENTRY(l, struct entry, link);
        if (x->order.tour != o->tour) {
            continue;
        }
        if (x->order.type == ORDER_START || x->order.type == ORDER_STOP) {
            return NULL;
        }
        if (x->order.type == ORDER_PARTICIPANT && x->order.participant == o->participant) {
            return x;
        }
    }
    return NULL;
}

enum err order_backlog_post(struct order_backlog *b, const struct recorder_order *o) {
    if (order_backlog_flush(b) && b->post(b->ctx, o)) {
        return OK;
    }
    struct entry *x = same(b, o);
    if (x) {
        x->order = *o;
        return OK;
    }
    if (b->n >= ORDER_BACKLOG_MAX && o->type != ORDER_STOP) {
        return ERR_FULL;
    }
    x = mem_alloc(sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    *x = (struct entry){.order = *o};
    list_push(&b->waiting, &x->link);
    b->n++;
    return OK;
}
