#include "server/queue/backlog.h"

#include "base/alloc.h"

#include <string.h>

struct entry {
    struct link link;
    _Alignas(max_align_t) unsigned char message[];
};

void backlog_init(struct backlog *b, size_t size, bool (*post)(void *ctx, const void *message),
                  void *ctx) {
    *b = (struct backlog){.size = size, .post = post, .ctx = ctx};
    list_init(&b->waiting);
}

void *backlog_message(struct link *l) {
    return LIST_ENTRY(l, struct entry, link)->message;
}

static void remove_entry(struct backlog *b, struct entry *x) {
    list_remove(&x->link);
    b->n--;
    mem_free(x);
}

static void drop(const struct backlog *b, const void *message) {
    if (b->drop) {
        b->drop(message);
    }
}

void backlog_free(struct backlog *b) {
    LIST_EACH(l, &b->waiting) {
        struct entry *x = LIST_ENTRY(l, struct entry, link);
        drop(b, x->message);
        remove_entry(b, x);
    }
}

bool backlog_flush(struct backlog *b) {
    LIST_EACH(l, &b->waiting) {
        struct entry *x = LIST_ENTRY(l, struct entry, link);
        if (!b->post(b->ctx, x->message)) {
            return false;
        }
        remove_entry(b, x);
    }
    return true;
}

enum err backlog_post(struct backlog *b, const void *message) {
    if (backlog_flush(b) && b->post(b->ctx, message)) {
        return OK;
    }
    bool full = b->max && b->n >= b->max && !(b->must && b->must(message));
    struct entry *x = full ? NULL : mem_alloc(sizeof(*x) + b->size);
    if (!x) {
        drop(b, message);
        return full ? ERR_FULL : ERR_NOMEM;
    }
    memset(x, 0, sizeof(*x));
    memcpy(x->message, message, b->size);
    list_push(&b->waiting, &x->link);
    b->n++;
    return OK;
}
