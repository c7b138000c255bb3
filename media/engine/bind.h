/* Carries out what a room has decided: streams show the feeds that belong in their slots. Owner:
 * the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_BIND_H
#define ORIEL_MEDIA_ENGINE_BIND_H

#include "media/engine/tour.h"

/* Rank, and let every stream and the programme follow. */
void bind_tour(struct tour *t, us_t now);
/* Let the stream of one slot follow. */
void bind_slot(struct room_slot *place, us_t now);

#endif
