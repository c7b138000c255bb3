/* Who is in a tour, told to all who are. What happens alone is told at once, and each change of a
 * participant at the end of a tick; but a tour has only so many such messages in a second, and what
 * happens beyond waits and comes together, as a net change. So a crowd that comes costs each of
 * those who are in a few messages a second, and not one for each. */
#ifndef ORIEL_SIGNALING_TELL_ROSTER_H
#define ORIEL_SIGNALING_TELL_ROSTER_H

#include "signaling/state/state.h"

#define ROSTER_BURST 8 /* messages at once; then as signaling_config.roster_per_second says */

/* Tell everybody else that somebody is there, whose seat is new. */
void tell_entered(struct signaling *s, us_t now, struct seat *seat);
/* Something about a participant may have changed: everybody is told the net change. Said where it
 * changes, and before anybody is shown a roster: else he may have seen what does not last until the
 * end of the tick, and is not told what is true then. */
void tell_changed(struct signaling *s, us_t now, struct seat *seat);
/* Its seat is gone, and can still be read. */
void tell_gone(struct signaling *s, us_t now, const struct seat *seat, const char *reason);
/* Something that names this participant (0: nobody) is about to be told: who does not know of it is
 * told before. */
void roster_settle(struct signaling *s, us_t now, uint64_t participant);
/* Somebody was shown the whole roster as it is now. */
void roster_shown(const struct signaling *s, struct tour *t);
/* The end of a tick: what waits is told, or the tour's tick is set to when it may be. */
void roster_tick(struct signaling *s, us_t now, struct tour *t);
/* Nobody is in it any more. */
void roster_forget(struct tour *t);

#endif
