/* What a received datagram is, and whose (engine_input). Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_INPUT_H
#define ORIEL_MEDIA_ENGINE_INPUT_H

#include "media/engine/engine.h"

/* A few of the handshakes that have been waiting go on. */
void input_handshakes(struct engine *e, us_t now);

#endif
