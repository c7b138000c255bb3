/* What the engine has to tell. Nothing is queued: an event is the difference between what is so and
 * what was last told, found when somebody asks. So no event is ever lost, what comes and goes
 * between two questions is no event, and a caller who does not ask stops nothing. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_EVENT_H
#define ORIEL_MEDIA_ENGINE_EVENT_H

#include "media/engine/session.h"
#include "media/engine/tour.h"

/* The session is connected or has ended, a source of it flows or stops, a slot shows another. */
static inline void event_session(struct session *s) {
    if (list_empty(&s->news) && !s->quiet) {
        list_push(&s->engine->news, &s->news);
    }
}
/* The picture of slot i is not sent because the path does not carry it. */
static inline bool event_is_paused(const struct session *s, unsigned i) {
    const struct slot *slot = &s->slots[i];
    return s->viewer.slots[i].source && slot->line.slot != SLOT_AUDIO && slot->layer == SLOT_PAUSED;
}
/* Pictures may have been paused, or have come back. */
static inline void event_paused(struct session *s) {
    for (unsigned i = 0; i < s->n_slots; i++) {
        if (event_is_paused(s, i) != s->slots[i].told_paused) {
            event_session(s);
        }
    }
}
/* Somebody else speaks. */
static inline void event_speaker(struct tour *t) {
    if (list_empty(&t->spoken)) {
        list_push(&t->engine->spoken, &t->spoken);
    }
}

#endif
