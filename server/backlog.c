#include "server/backlog.h"

#include "base/alloc.h"

struct backlog_entry {
    struct worker_order order;
    struct backlog_entry *next;
};

void backlog_init(struct backlog *b, bool (*post)(void *ctx, const struct worker_order *o),
                  void *ctx) {
    *b = (struct backlog){.post = post, .ctx = ctx, .last = &b->first};
}

static void drop_first(struct backlog *b) {
    struct backlog_entry *x = b->first;
    b->first = x->next;
    if (!b->first) {
        b->last = &b->first;
    }
    mem_free(x);
}

void backlog_free(struct backlog *b) {
    while (b->first) {
        mem_free(b->first->order.params);
        drop_first(b);
    }
}

bool backlog_flush(struct backlog *b) {
    while (b->first && b->post(b->ctx, &b->first->order)) {
        drop_first(b);
    }
    return !b->first;
}

enum err backlog_post(struct backlog *b, const struct worker_order *o) {
    if (backlog_flush(b) && b->post(b->ctx, o)) {
        return OK;
    }
    struct backlog_entry *x = mem_alloc(sizeof(*x));
    if (!x) {
        mem_free(o->params);
        return ERR_NOMEM;
    }
    *x = (struct backlog_entry){.order = *o};
    *b->last = x;
    b->last = &x->next;
    return OK;
}
