/* Who does what no well-behaved client does: counted per session and second, and told once a second
 * while it lasts, so that an operator sees a name and not only a counter. Owner: the engine's
 * thread. */
#ifndef ORIEL_MEDIA_ENGINE_OFFENCE_H
#define ORIEL_MEDIA_ENGINE_OFFENCE_H

#include "media/engine/session.h"

#define OFFENCE_WINDOW (1 * US_PER_S)
#define OFFENCE_MIN                                                              \
    200 /* times in one window; below it is loss, haste or a bug, not an offence \
         */

/* It has happened n times more. */
void offence_note(struct session *s, us_t now, enum media_offence kind, unsigned n);
/* OFFENCE_RATE once more, by this source (enum source_kind). One that is muted is as good as
 * stopped: it does not hide another. */
void offence_rate(struct session *s, us_t now, uint8_t source, bool muted);
/* Which of its sources is most over the limit, for the event; SOURCE_NONE: what is muted. */
uint8_t offence_source(const struct session *s);

#endif
