#include "server/backlog.h"

#include "base/alloc.h"

struct backlog_entry {
    struct worker_order order;
    struct link link;
};

void backlog_init(struct backlog *b, bool (*post)(void *ctx, const struct worker_order *o),
                  void *ctx) {
    *b = (struct backlog){.post = post, .ctx = ctx};
    list_init(&b->waiting);
}

static void drop(struct backlog_entry *x) {
    list_remove(&x->link);
    mem_free(x);
}

void backlog_free(struct backlog *b) {
    LIST_EACH(l, &b->waiting) {
        struct backlog_entry *x = LIST_ENTRY(l, struct backlog_entry, link);
        mem_free(x->order.params);
        drop(x);
    }
}

bool backlog_flush(struct backlog *b) {
    LIST_EACH(l, &b->waiting) {
        struct backlog_entry *x = LIST_ENTRY(l, struct backlog_entry, link);
        if (!b->post(b->ctx, &x->order)) {
            return false;
        }
        drop(x);
    }
    return true;
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
    list_push(&b->waiting, &x->link);
    return OK;
}
