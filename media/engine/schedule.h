/* When a session is looked at again: its timer, and the list of those that have something to send.
 * Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_SCHEDULE_H
#define ORIEL_MEDIA_ENGINE_SCHEDULE_H

#include "media/engine/session.h"

/* It has datagrams of its own to send: engine_output asks it. */
void schedule_output(struct session *s);
/* Something may have changed: send what is due, set the timer to the earliest deadline. */
void schedule(struct session *s, us_t now);
/* It has sent all it had: only set the timer. */
void schedule_drained(struct session *s, us_t now);

#endif
