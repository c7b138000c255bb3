/* What a viewer without wishes would see and hear of a tour, told to the recorder: the stage and
 * the loudest voice. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_PROGRAMME_H
#define ORIEL_MEDIA_ENGINE_PROGRAMME_H

#include "media/engine/tour.h"

/* Tell what has changed, when the tour is tapped. */
void programme_update(struct tour *t, us_t now);

#endif
