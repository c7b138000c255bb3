/* Handles of participants. Those of one token's sub in one tour are of one person, which media can
 * see of them (same_person): nobody is to hear himself from another device of his. */
#ifndef ORIEL_SIGNALING_TOURS_PERSONS_H
#define ORIEL_SIGNALING_TOURS_PERSONS_H

#include "signaling/state/state.h"

/* Has it a seat in the tour, or does it watch by WHEP? Then it is no newcomer. */
bool person_is_in(const struct tour *t, const char *sub);
/* For a new seat, or a viewer by WHEP, of this sub. */
uint64_t person_handle(struct signaling *s, const struct tour *t, const char *sub);

#endif
