#include "server/os/log_repeats.h"

#define PROBES 8 /* places an event may be at */

/* The place of an event, taken by whoever names it first. */
static struct log_repeat *find(struct log_repeats *r, const char *event) {
    size_t at = (size_t)(((uintptr_t)event >> 3) * 0x9e3779b97f4a7c15ull >> 40);
    for (size_t i = 0; i < PROBES; i++) {
        struct log_repeat *x = &r->of[(at + i) % LOG_REPEATS_EVENTS];
        const char *there = atomic_load_explicit(&x->event, memory_order_relaxed);
        if (!there && atomic_compare_exchange_strong(&x->event, &there, event)) {
            return x;
        }
        if (there == event) {
            return x;
        }
    }
    return &r->of[LOG_REPEATS_EVENTS];
}

bool log_repeats_admit(struct log_repeats *r, const char *event, us_t now, uint32_t most,
                       uint64_t *ret_untold) {
    struct log_repeat *x = find(r, event);
    unsigned long long second = (unsigned long long)(now / US_PER_S) & UINT32_MAX;
    unsigned long long old = atomic_load_explicit(&x->counted, memory_order_relaxed), next = 0;
    *ret_untold = 0;
    do {
        bool same = old >> 32 == second;
        if (same && (old & UINT32_MAX) >= most) {
            atomic_fetch_add_explicit(&x->untold, 1, memory_order_relaxed);
            return false;
        }
        next = same ? old + 1 : second << 32 | 1;
    } while (!atomic_compare_exchange_weak(&x->counted, &old, next));
    *ret_untold = atomic_exchange_explicit(&x->untold, 0, memory_order_relaxed);
    return true;
}
