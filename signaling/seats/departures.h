/* How seats and tours end: by their own wish, by a host, for want of a connection or of people. */
#ifndef ORIEL_SIGNALING_SEATS_DEPARTURES_H
#define ORIEL_SIGNALING_SEATS_DEPARTURES_H

#include "base/err.h"
#include "signaling/state/tour_state.h"

/* Remove a seat, also one in the lobby: events, effects, timers. */
void seat_leave(struct signaling *s, us_t now, struct seat *seat, const char *reason);
/* Its time is over: of a lost link, or of who was let in and has not joined. */
void seat_timeout(struct signaling *s, us_t now, struct seat *seat);
/* As seat_leave, without events to others and without ending the connection. */
void seat_delete(struct signaling *s, struct seat *seat);
/* The connection is gone: the seat is kept for the grace. */
void seat_disconnect(struct signaling *s, us_t now, struct seat *seat);
/* Whoever chose to take over has got `seat`: his other pages are told, and leave. */
void seat_leave_others(struct signaling *s, us_t now, struct seat *seat);
/* All that a sub has in a tour ends: each of its seats is told why, everybody else that it is
 * removed; its viewers; and what it tries out. False: it was not in. */
bool tour_rid(struct signaling *s, us_t now, struct tour *t, const char *sub, enum code why);
/* A host removes somebody, from all his devices, and the token's sub is refused as long as the tour
 * runs. `seat` is no more then. ERR_NOMEM: nothing has changed. */
enum err seat_remove(struct signaling *s, us_t now, struct seat *seat);

/* End a run: everybody leaves. A tour that is not declared is gone afterwards. */
void tour_stop(struct signaling *s, struct tour *t);
/* End it for a reason that people are told: tell everybody, remember the name, stop. */
void tour_end(struct signaling *s, us_t now, struct tour *t, enum end_reason why);
/* Everything of a run that has ended, but who is in. */
void tour_forget_run(struct signaling *s, struct tour *t);
/* The tour has been empty for its grace. */
void tour_timeout(struct signaling *s, struct tour *t);

#endif
