/* Whether somebody with a good token is let in at this moment. */
#ifndef ORIEL_SIGNALING_SEATS_ADMISSION_H
#define ORIEL_SIGNALING_SEATS_ADMISSION_H

#include "signaling/state/state.h"

/* Of a tour that tour_for has found (NULL: a host is about to make it). CODE_OK: he has a seat, or
 * may have one. CODE_NOT_ADMITTED: a host must let him in, so he waits in the lobby, if he can.
 * CODE_TOUR_LOCKED, CODE_TOUR_EARLY, CODE_TOUR_FULL (of its own capacity). */
enum code admission_check(const struct signaling *s, us_t now, const struct tour *t,
                          const struct claims *c);
/* Are so many more than its own capacity lets in? All who are in count, viewers by WHEP too, but
 * observers; agents are not asked. */
bool admission_over(const struct tour *t, uint32_t more);

#endif
