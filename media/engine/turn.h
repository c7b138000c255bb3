/* One turn of the engine: what every public call that changes state begins and ends with. Owner:
 * the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_TURN_H
#define ORIEL_MEDIA_ENGINE_TURN_H

#include "media/engine/engine.h"

/* Time runs forward, and the last input's fan-out has been drained (the law of media.h). */
void turn_begin(struct engine *e, us_t now);
/* The same for one of a batch of inputs, which are drained together. */
void turn_input(struct engine *e, us_t now);
/* Work off what the turn has left: rank where something has changed, ask for the key frames that
 * are wanted. */
void turn_end(struct engine *e);

#endif
