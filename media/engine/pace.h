/* How fast a viewer may be sent what can wait: its queue's pacer follows what is known of its path,
 * what is guessed, or what is to be replayed. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_PACE_H
#define ORIEL_MEDIA_ENGINE_PACE_H

#include "media/engine/session.h"

/* [us] after the first feedback: the first probes are still under way, nothing is known yet */
#define ALLOT_AWAIT (2 * US_PER_S) /* who has agreed to feedback sends it by then, or never */
#define ALLOT_SETTLE US_PER_S

/* It has agreed to say what arrives: packets for it have transport-wide numbers. */
bool pace_numbered(const struct session *s);
/* It has agreed to say what arrives, and has or may still be about to: the estimate is at least a
 * guess to begin with. */
bool pace_guesses(const struct session *s, us_t now);
/* What the path is known to carry [bit/s]; 0: nothing is known of it. */
uint64_t pace_proven(const struct session *s, us_t now);
/* Let the pacer follow. */
void pace_follow(struct session *s, us_t now);

#endif
