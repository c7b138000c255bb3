/* What changes often is told once per tick of its tour, as a net change. */
#ifndef ORIEL_SIGNALING_TELL_TICK_H
#define ORIEL_SIGNALING_TELL_TICK_H

#include "signaling/state/state.h"

/* The slot params.lines[line] may have changed: its client is told, at most once per tick. */
void tell_slot(struct signaling *s, us_t now, struct session *session, int line);
/* The tour object may be another: everybody in it is told at the end of the tick, if it is. */
void tell_tour_changed(struct signaling *s, us_t now, struct tour *t);
/* Something else is to be told at the end of the tick. */
void tell_at_tick(struct signaling *s, us_t now, struct tour *t);
/* Somebody was shown it as it is now. */
void tour_shown(const struct signaling *s, us_t now, struct tour *t);
/* Somebody was shown all slots of a session (may be NULL) as they are now. */
void slots_shown(struct session *session);
/* The end of a tick. What is too much for one call waits for the next, which signaling_deadline
 * asks for at once. */
void tour_tick(struct signaling *s, us_t now, struct tour *t);

#endif
