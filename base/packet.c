#include "base/packet.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdbool.h>

struct packet_pool {
    struct packet *idle; /* owner's list */
    size_t n_idle;       /* in that list */
    size_t n;
    _Atomic(const void *) owner; /* identity of the owning thread, NULL before the first take */
    char apart[64];              /* keeps foreign pushes off the owner's cache line */
    _Atomic(struct packet *) returned;
    struct packet packets[];
};

/* Its address names the running thread. */
static _Thread_local char here;

struct packet_pool *packet_pool_new(size_t n) {
    if (n > (SIZE_MAX - sizeof(struct packet_pool)) / sizeof(struct packet)) {
        return NULL;
    }
    struct packet_pool *p = mem_zalloc(1, sizeof(*p) + n * sizeof(struct packet));
    if (!p) {
        return NULL;
    }
    p->n = p->n_idle = n;
    for (size_t i = n; i > 0; i--) {
        struct packet *k = &p->packets[i - 1];
        k->pool = p;
        k->next = p->idle;
        p->idle = k;
    }
    return p;
}

/* Take over what other threads have pushed. */
static void collect(struct packet_pool *p) {
    struct packet *k = atomic_exchange_explicit(&p->returned, NULL, memory_order_acquire);
    while (k) {
        struct packet *next = k->next;
        k->next = p->idle;
        p->idle = k;
        p->n_idle++;
        k = next;
    }
}

struct packet_pool *packet_pool_free(struct packet_pool *p) {
    if (p) {
        collect(p);
        CHECK(p->n_idle == p->n);
        mem_free(p);
    }
    return NULL;
}

static bool is_owner(struct packet_pool *p) {
    return atomic_load_explicit(&p->owner, memory_order_relaxed) == &here;
}

struct packet *packet_take(struct packet_pool *p) {
    if (!is_owner(p)) {
        CHECK(atomic_load_explicit(&p->owner, memory_order_relaxed) == NULL);
        atomic_store_explicit(&p->owner, &here, memory_order_relaxed);
    }
    if (!p->idle) {
        collect(p);
    }
    struct packet *k = p->idle;
    if (!k) {
        return NULL;
    }
    p->idle = k->next;
    p->n_idle--;
    k->next = NULL;
    k->len = 0;
    atomic_store_explicit(&k->refs, 1, memory_order_relaxed);
    return k;
}

size_t packet_pool_idle(struct packet_pool *p) {
    collect(p);
    return p->n_idle;
}

bool packet_pool_below(struct packet_pool *p, size_t n) {
    return p->n_idle < n && packet_pool_idle(p) < n;
}

struct packet *packet_ref(struct packet *k) {
    unsigned before = atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
    CHECK(before > 0);
    return k;
}

static void push_returned(struct packet_pool *p, struct packet *k) {
    k->next = atomic_load_explicit(&p->returned, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&p->returned, &k->next, k, memory_order_release,
                                                  memory_order_relaxed)) {
    }
}

struct packet *packet_unref(struct packet *k) {
    if (!k) {
        return NULL;
    }
    unsigned before = atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel);
    CHECK(before > 0);
    if (before > 1) {
        return NULL;
    }
    struct packet_pool *p = k->pool;
    if (is_owner(p)) {
        k->next = p->idle;
        p->idle = k;
        p->n_idle++;
    } else {
        push_returned(p, k);
    }
    return NULL;
}
