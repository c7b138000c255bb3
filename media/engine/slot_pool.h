/* Which of the slots in the rim's memory (engine_config.slots) are nobody's. The memory is the
 * rim's, and may be there in part only: it grows as sessions come. What was given back last is
 * given first, so that as little memory is touched as there are sessions at a time.
 * Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_SLOT_POOL_H
#define ORIEL_MEDIA_ENGINE_SLOT_POOL_H

#include "base/err.h"
#include "media/engine/snapshot.h"

struct slot_pool {
    struct session_slot *slots; /* borrowed; NULL = there are none, and never will be */
    uint32_t *idle;             /* numbers of n_idle slots that are nobody's */
    uint32_t n_idle, n, max;    /* n of max are there */
};

/* Of max slots, none of which is there yet. ERR_NOMEM: it is empty, and may be freed. */
enum err slot_pool_init(struct slot_pool *p, struct session_slot *slots, uint32_t max);
void slot_pool_free(struct slot_pool *p);
/* The first n are there, all zero where they were not before; fewer than before changes nothing. */
void slot_pool_grow(struct slot_pool *p, uint32_t n);
/* NULL: none is idle. */
struct session_slot *slot_pool_take(struct slot_pool *p);
/* An empty one comes back; one that is not of the pool is left alone. */
void slot_pool_give(struct slot_pool *p, const struct session_slot *slot);

#endif
