/* What a viewer without wishes would see and hear of a tour, told to the recorder: the stage and
 * the loudest voice. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_PROGRAMME_H
#define ORIEL_MEDIA_ENGINE_PROGRAMME_H

#include "media/engine/tour.h"

/* Tell what has changed, when the tour is tapped. */
void programme_update(struct tour *t, us_t now);

/* The tour is tapped from now on, or no more: tell of every source, as many as there is room for;
 * the rest by the tour's timer. */
void programme_tap(struct tour *t, us_t now);
/* Tell of the rest when it is due. */
void programme_on_timer(struct tour *t, us_t now);

#endif
