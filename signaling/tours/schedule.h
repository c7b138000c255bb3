/* The end of a run by its plan: at a time, or after a time. People are told shortly before. */
#ifndef ORIEL_SIGNALING_TOURS_SCHEDULE_H
#define ORIEL_SIGNALING_TOURS_SCHEDULE_H

#include "signaling/state/tour_state.h"

#define ENDING_NOTICE (300 * US_PER_S) /* before the end, or as soon as less is left */

/* Set the timer by the plan, after that, the run or the wall clock has changed. */
void schedule_arm(struct signaling *s, us_t now, struct tour *t);
/* The timer has fired. True: the run ends now, and why. Else people have been told when it will. */
bool schedule_due(struct signaling *s, us_t now, struct tour *t, enum end_reason *why);

#endif
