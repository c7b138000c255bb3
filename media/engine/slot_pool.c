#include "media/engine/slot_pool.h"

#include "base/alloc.h"
#include "base/check.h"

enum err slot_pool_init(struct slot_pool *p, struct session_slot *slots, uint32_t max) {
    *p = (struct slot_pool){0};
    if (!slots) {
        return OK;
    }
    p->idle = mem_zalloc(max, sizeof(p->idle[0]));
    if (!p->idle) {
        return ERR_NOMEM;
    }
    p->slots = slots;
    p->max = max;
    return OK;
}

void slot_pool_free(struct slot_pool *p) {
    mem_free(p->idle);
    *p = (struct slot_pool){0};
}

void slot_pool_grow(struct slot_pool *p, uint32_t n) {
    uint32_t to = n < p->max ? n : p->max;
    for (uint32_t i = to; i > p->n; i--) {
        p->idle[p->n_idle++] = i - 1; /* the lowest is given first */
    }
    p->n = to > p->n ? to : p->n;
}

struct session_slot *slot_pool_take(struct slot_pool *p) {
    return p->n_idle > 0 ? &p->slots[p->idle[--p->n_idle]] : NULL;
}

void slot_pool_give(struct slot_pool *p, const struct session_slot *slot) {
    uintptr_t from = (uintptr_t)p->slots, at = (uintptr_t)slot;
    if (p->slots && at >= from && at < from + p->n * sizeof(*slot)) {
        CHECK(p->n_idle < p->n);
        p->idle[p->n_idle++] = (uint32_t)((at - from) / sizeof(*slot));
    }
}
