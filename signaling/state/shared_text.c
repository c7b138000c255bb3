#include "signaling/state/shared_text.h"

#include "base/alloc.h"

struct shared_text *shared_text_of(struct buffer *b) {
    struct shared_text *t = b->bad ? NULL : mem_alloc(sizeof(*t));
    if (!t) {
        buffer_free(b);
        return NULL;
    }
    *t = (struct shared_text){.refs = 1, .n = b->n, .p = buffer_take(b)};
    return t->p ? t : mem_free(t);
}

struct shared_text *shared_text_ref(struct shared_text *t) {
    t->refs++;
    return t;
}

struct shared_text *shared_text_unref(struct shared_text *t) {
    if (t && --t->refs == 0) {
        mem_free(t->p);
        mem_free(t);
    }
    return NULL;
}
