#include "signaling/ledger/history.h"

#include "base/alloc.h"

struct kept *kept_new(void) {
    return mem_zalloc(1, sizeof(struct kept));
}

void history_remove(struct ledger *l, struct kept *k) {
    list_remove(&k->in_history);
    l->n--;
    l->bytes -= k->text->n;
    shared_text_unref(k->text);
    mem_free(k);
}

void history_add(struct ledger *l, struct kept *k, uint32_t most, size_t most_bytes) {
    shared_text_ref(k->text);
    list_push(&l->history, &k->in_history);
    l->n++;
    l->bytes += k->text->n;
    while (l->n > most || (l->bytes > most_bytes && l->n > 0)) {
        struct kept *oldest = LIST_ENTRY(l->history.next, struct kept, in_history);
        l->gone = oldest->seq;
        history_remove(l, oldest);
    }
}

struct kept *history_find(const struct ledger *l, uint64_t seq) {
    LIST_EACH(at, &l->history) {
        struct kept *k = LIST_ENTRY(at, struct kept, in_history);
        if (k->seq == seq) {
            return k;
        }
    }
    return NULL;
}
