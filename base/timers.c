#include "base/timers.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdbool.h>

enum err timers_init(struct timers *t, size_t cap) {
    *t = (struct timers){0};
    t->heap = mem_zalloc(cap, sizeof(*t->heap));
    if (!t->heap) {
        return ERR_NOMEM;
    }
    t->cap = cap;
    return OK;
}

void timers_free(struct timers *t) {
    mem_free(t->heap);
    *t = (struct timers){0};
}

static bool before(const struct timers_entry *a, const struct timers_entry *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void place(struct timers *t, const struct timers_entry *x, size_t i) {
    t->heap[i] = *x;
    x->timer->slot = i + 1;
}

static void sift_up(struct timers *t, const struct timers_entry *x, size_t i) {
    while (i > 0 && before(x, &t->heap[(i - 1) / 2])) {
        place(t, &t->heap[(i - 1) / 2], i);
        i = (i - 1) / 2;
    }
    place(t, x, i);
}

static void sift_down(struct timers *t, const struct timers_entry *x, size_t i) {
    for (size_t child; (child = 2 * i + 1) < t->n; i = child) {
        if (child + 1 < t->n && before(&t->heap[child + 1], &t->heap[child])) {
            child++;
        }
        if (!before(&t->heap[child], x)) {
            break;
        }
        place(t, &t->heap[child], i);
    }
    place(t, x, i);
}

/* Put x, which belongs to place i or above or below it, where it belongs. */
static void settle(struct timers *t, const struct timers_entry *x, size_t i) {
    if (i > 0 && before(x, &t->heap[(i - 1) / 2])) {
        sift_up(t, x, i);
    } else {
        sift_down(t, x, i);
    }
}

void timers_set(struct timers *t, struct timer *x, us_t at) {
    if (at == US_NEVER) {
        timers_clear(t, x);
        return;
    }
    struct timers_entry e = {at, t->next_order++, x};
    x->at = at;
    if (x->slot == 0) {
        CHECK(t->n < t->cap);
        sift_up(t, &e, t->n++);
    } else {
        CHECK(x->slot <= t->n && t->heap[x->slot - 1].timer == x);
        settle(t, &e, x->slot - 1);
    }
}

void timers_clear(struct timers *t, struct timer *x) {
    x->at = US_NEVER;
    if (x->slot == 0) {
        return;
    }
    size_t i = x->slot - 1;
    CHECK(i < t->n && t->heap[i].timer == x);
    x->slot = 0;
    struct timers_entry moved = t->heap[--t->n];
    if (moved.timer != x) {
        settle(t, &moved, i);
    }
}

us_t timers_next(const struct timers *t) {
    return t->n ? t->heap[0].at : US_NEVER;
}

struct timer *timers_pop(struct timers *t, us_t now) {
    if (t->n == 0 || t->heap[0].at > now) {
        return NULL;
    }
    struct timer *due = t->heap[0].timer;
    timers_clear(t, due);
    return due;
}
