/* A source that another worker receives, for our viewers of its tour (relay.h). Owner: the engine's
 * thread. */
#ifndef ORIEL_MEDIA_ENGINE_REPLICA_H
#define ORIEL_MEDIA_ENGINE_REPLICA_H

#include "media/engine/flow.h"

struct replica {
    struct session_line line; /* kind and codec; all that a feed asks of it */
    struct clock_offset offset;
    struct flow flow;
    uint8_t unheard; /* beats of ours since its origin has told its state */
};

/* The replica of this flow, which must not be local. */
static inline struct replica *replica_of(struct flow *f) {
    return CONTAINER_OF(f, struct replica, flow);
}

/* Off, shown by nobody, and gone. */
void replica_free(struct replica *r, us_t now);
/* Others have this tour too (bit per worker, without this one), and home is at this worker. */
void replica_span(struct tour *t, unsigned home, uint64_t others);
/* The mix has it too, or no more. */
void replica_mix(struct tour *t, us_t now, bool on);
/* When a tour that others have too is due, some of its flows are: what others should know of ours
 * is told again, what we need of replicas is asked for again, and those unheard of are freed. */
void replica_beat(struct tour *t, us_t now);

#endif
