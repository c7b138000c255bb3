/* A set of deadlines in virtual time: a binary heap of intrusive timers. Equal deadlines fire in
 * the order in which they were set, so a run replays exactly. Owner: one thread. */
#ifndef ORIEL_BASE_TIMERS_H
#define ORIEL_BASE_TIMERS_H

#include "base/err.h"
#include "base/time.h"

#include <stddef.h>
#include <stdint.h>

struct timer {
    us_t at;     /* US_NEVER when not set */
    size_t slot; /* place in the heap + 1; 0 = not set */
};

/* What timers are compared by stands in the heap: where they are themselves, in a session each, is
 * in no cache when another one is set. */
struct timers_entry {
    us_t at;
    uint64_t order; /* tie-break */
    struct timer *timer;
};

struct timers {
    struct timers_entry *heap;
    size_t n, cap;
    uint64_t next_order;
};

/* Room for cap timers at once, allocated here. ERR_NOMEM leaves *t empty and safe to free. */
enum err timers_init(struct timers *t, size_t cap);
/* Frees the heap, not the timers. Safe on a zeroed struct. */
void timers_free(struct timers *t);
/* Set or move a timer; US_NEVER clears it. More than cap timers at once is a broken invariant. */
void timers_set(struct timers *t, struct timer *x, us_t at);
/* Take x out; nothing when it is not set. */
void timers_clear(struct timers *t, struct timer *x);
/* The earliest deadline, or US_NEVER. */
us_t timers_next(const struct timers *t);
/* Take out and return one timer due at or before now, or NULL. */
struct timer *timers_pop(struct timers *t, us_t now);

#endif
