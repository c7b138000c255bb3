/* Who holds everybody's stage, as an intent: somebody by a host's word (tour->spotlight), else who
 * leads the tour (tour->lead). What is shown then, media decides. */
#ifndef ORIEL_SIGNALING_TOURS_STAGE_H
#define ORIEL_SIGNALING_TOURS_STAGE_H

#include "signaling/state/state.h"

/* Tell every worker of the tour: after a change, and when one more has the tour. */
void tour_tell_stage(struct signaling *s, const struct tour *t);
/* And how much they may take in of it. */
void tour_tell_intake(struct signaling *s, const struct tour *t);

#endif
