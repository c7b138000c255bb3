/* Copies of the pictures of sources that are received here, for workers that have just got the tour
 * (copy.h). Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_COPY_OUT_H
#define ORIEL_MEDIA_ENGINE_COPY_OUT_H

#include "media/engine/flow.h"

/* The worker is told of the source: a bit per layer of which it gets a copy. begins: now; else when
 * it has said that it has got the tour. */
uint8_t copy_offer(struct flow *f, unsigned worker, us_t now, bool begins);
/* The next message (RELAY_KEPT). False: nothing for now. */
bool copy_next(struct engine *e, struct relay *ret);
/* A turn begins: there may be a next one. */
void copy_turn(struct engine *e);

#endif
