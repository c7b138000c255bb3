/* Which layer of its source each slot of a viewer gets: what the slots could show and what it
 * takes, against what the path carries (bwe/allocation.h has the policy). Owner: the engine's
 * thread. */
#ifndef ORIEL_MEDIA_ENGINE_ALLOT_H
#define ORIEL_MEDIA_ENGINE_ALLOT_H

#include "media/engine/session.h"

#define ALLOT_ENDURES (3 * US_PER_S)   /* [us] the last picture is kept on too narrow a path */
#define ALLOT_SIZE_HOLD (3 * US_PER_S) /* from one size within a stream to a larger one */

/* Choose for all slots, and let their streams follow. */
void allot(struct session *s, us_t now);
/* What is to be weighed has changed: choose again, at once or when a moment has passed since. */
void allot_soon(struct session *s, us_t now);
/* The estimate has changed, or time has passed: choose again if that may matter. */
void allot_again(struct session *s, us_t now);
/* When allot_again is due; US_NEVER. */
us_t allot_deadline(const struct session *s);

#endif
