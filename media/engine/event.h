/* What the engine has to tell. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_EVENT_H
#define ORIEL_MEDIA_ENGINE_EVENT_H

#include "media/media.h"

#define ENGINE_EVENTS_MAX 1024 /* events that wait for engine_event; slot changes wait in slots */

struct event_queue {
    uint32_t head, n;
    struct media_event nowhere; /* for one that does not fit: written, never read */
    struct media_event ring[ENGINE_EVENTS_MAX];
};

/* A new event, to be filled in. One that does not fit is lost: engine_timeout leaves room, so that
 * this takes a caller who does not drain. */
struct media_event *event_push(struct engine *e, enum media_event_type type);
/* There is room for what one timer can cause. */
bool event_room(const struct engine *e);

#endif
