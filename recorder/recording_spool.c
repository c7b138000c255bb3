#include "recorder/recording_spool.h"

#include "base/alloc.h"

enum err spool_push(struct spool *s, us_t t, const struct entry_segment *e, struct text *media) {
    struct spooled *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->t = t;
    x->e = *e;
    x->media = *media;
    *media = (struct text){0};
    s->bytes += x->media.n;
    if (s->tail) {
        s->tail->next = x;
    } else {
        s->head = x;
    }
    s->tail = x;
    return OK;
}

static void drop_head(struct spool *s) {
    struct spooled *x = s->head;
    s->head = x->next;
    s->tail = s->head ? s->tail : NULL;
    s->bytes -= x->media.n;
    text_free(&x->media);
    mem_free(x);
}

enum err spool_store(struct spool *s, struct ledger *l, size_t *ret_bytes) {
    struct spooled *x = s->head;
    if (!x) {
        return ERR_UNKNOWN;
    }
    enum err e = ledger_segment(l, x->t, &x->e, bytes_of(x->media.p, x->media.n));
    if (e == OK) {
        *ret_bytes = x->media.n;
        drop_head(s);
    }
    return e;
}

void spool_free(struct spool *s) {
    while (s->head) {
        drop_head(s);
    }
}
