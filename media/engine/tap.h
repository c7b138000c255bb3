/* What the engine hands to the recorder (media/wire/tap.h), queued until engine_tap. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_TAP_H
#define ORIEL_MEDIA_ENGINE_TAP_H

#include "media/media.h"

#define ENGINE_TAPS_MAX 1024 /* tap messages that wait for engine_tap */

struct tap_queue {
    uint32_t head, n, dropped;
    struct tap ring[ENGINE_TAPS_MAX];
};

/* A full queue drops the message and tells how many with the next. The packet of a TAP_RTP gets a
 * reference of its own. */
void tap_push(struct engine *e, const struct tap *t);
/* There is room for what one timer can cause. */
bool tap_room(const struct engine *e);
/* Drop what waits. */
void tap_drain(struct engine *e);

#endif
