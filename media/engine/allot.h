/* Which layer of its source each slot of a viewer gets: what the slots could show and what it
 * takes, against what the path carries (bwe/allocation.h has the policy). Owner: the engine's
 * thread. */
#ifndef ORIEL_MEDIA_ENGINE_ALLOT_H
#define ORIEL_MEDIA_ENGINE_ALLOT_H

#include "media/engine/session.h"

/* [us] after the first feedback: the first probes are still under way, nothing is known yet */
#define ALLOT_AWAIT (2 * US_PER_S) /* who has agreed to feedback sends it by then, or never */
#define ALLOT_SETTLE US_PER_S
#define ALLOT_SIZE_HOLD (3 * US_PER_S) /* from one size within a stream to a larger one */

/* Choose for all slots, and let their streams follow. */
void allot(struct session *s, us_t now);
/* It has agreed to say what arrives: packets for it have transport-wide numbers. */
bool allot_numbered(const struct session *s);
/* It has agreed to say what arrives, and has or may still be about to: the estimate is at least a
 * guess to begin with. */
bool allot_guesses(const struct session *s, us_t now);
/* What is to be weighed has changed: choose again, at once or when a moment has passed since. */
void allot_soon(struct session *s, us_t now);
/* The estimate has changed, or time has passed: choose again if that may matter. */
void allot_again(struct session *s, us_t now);
/* When allot_again is due; US_NEVER. */
us_t allot_deadline(const struct session *s);

#endif
