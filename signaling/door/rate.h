/* How often one person may make or restart a transport: an offer costs the negotiation, an order to
 * media, and a message to everybody in the tour. */
#ifndef ORIEL_SIGNALING_DOOR_RATE_H
#define ORIEL_SIGNALING_DOOR_RATE_H

#include "signaling/state/state.h"

/* May this person make or restart a transport now? Counts it. False: CODE_RATE_LIMITED. */
bool rate_admit(struct signaling *s, us_t now, const char *tour, const char *sub);
/* May this person, of whatever tour, begin a probe now? Counts it. False: CODE_RATE_LIMITED. */
bool rate_admit_probe(struct signaling *s, us_t now, const char *sub);

#endif
