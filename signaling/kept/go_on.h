/* After a kill: what was read (read.h) is true of people and of nobody else. Engines, the recording
 * and the rim begin with it as with what is new, and all connections are lost. */
#ifndef ORIEL_SIGNALING_KEPT_GO_ON_H
#define ORIEL_SIGNALING_KEPT_GO_ON_H

#include "signaling/state/state.h"

/* They are told of it; seats wait for their people. ERR_NOMEM: nobody was told of anything. */
enum err kept_go_on(struct signaling *s, us_t now);

#endif
