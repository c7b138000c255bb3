#include "recorder/capture/recording_spool.h"

#include "base/alloc.h"

void spool_init(struct spool *s) {
    *s = (struct spool){0};
    list_init(&s->waiting);
}

enum err spool_push(struct spool *s, us_t t, const struct entry_segment *e, struct buffer *media) {
    struct spooled *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->t = t;
    x->e = *e;
    x->media = *media;
    *media = (struct buffer){0};
    s->bytes += x->media.n;
    list_push(&s->waiting, &x->link);
    return OK;
}

static void drop(struct spool *s, struct spooled *x) {
    list_remove(&x->link);
    s->bytes -= x->media.n;
    buffer_free(&x->media);
    mem_free(x);
}

enum err spool_store(struct spool *s, struct ledger *l, size_t *ret_bytes) {
    if (spool_empty(s)) {
        return ERR_UNKNOWN;
    }
    struct spooled *x = LIST_ENTRY(s->waiting.next, struct spooled, link);
    enum err e = ledger_segment(l, x->t, &x->e, bytes_of(x->media.p, x->media.n));
    if (e == OK) {
        *ret_bytes = x->media.n;
        drop(s, x);
    }
    return e;
}

void spool_free(struct spool *s) {
    LIST_EACH(l, &s->waiting) {
        drop(s, LIST_ENTRY(l, struct spooled, link));
    }
}
