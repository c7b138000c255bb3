/* A source that another worker receives, for our viewers of its tour (relay.h). Owner: the engine's
 * thread. */
#ifndef ORIEL_MEDIA_ENGINE_REPLICA_H
#define ORIEL_MEDIA_ENGINE_REPLICA_H

#include "media/engine/flow.h"

struct replica {
    struct link in_tour;      /* tour.replicas */
    struct session_line line; /* kind and codec; all that a feed asks of it */
    struct clock_offset offset;
    struct flow flow;
};

/* Off, shown by nobody, and gone. */
void replica_free(struct replica *r, us_t now);

#endif
