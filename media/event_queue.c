#include "media/engine.h"
#include "media/peer.h"

/* Most events one timer or one command can cause: its peer's end and each of its sources'. */
#define ROOM (2 * SESSION_SOURCES_MAX + 4)

struct media_event *event_push(struct engine *e, enum media_event_type type) {
    struct event_queue *q = &e->events;
    if (q->n == ENGINE_EVENTS_MAX) {
        e->n.drop_full++;
        return &q->nowhere;
    }
    struct media_event *ev = &q->ring[(q->head + q->n++) % ENGINE_EVENTS_MAX];
    *ev = (struct media_event){.type = (uint8_t)type};
    return ev;
}

bool event_room(const struct engine *e) {
    return e->events.n + ROOM <= ENGINE_EVENTS_MAX;
}

/* Slot changes are not queued: what a slot shows is compared with what was last told, so a change
 * that is undone before anyone asks is no event, and no number of viewers overflows a queue. */
static bool slot_event(struct engine *e, struct media_event *ret) {
    while (!list_empty(&e->dirty)) {
        struct peer *p = LIST_ENTRY(e->dirty.next, struct peer, dirty);
        for (unsigned i = 0; i < p->n_slots; i++) {
            if (slot_take_change(&p->slots[i], ret)) {
                return true;
            }
        }
        list_remove(&p->dirty);
    }
    return false;
}

bool engine_event(struct engine *e, struct media_event *ret) {
    struct event_queue *q = &e->events;
    if (q->n == 0) {
        return slot_event(e, ret);
    }
    *ret = q->ring[q->head];
    q->head = (q->head + 1) % ENGINE_EVENTS_MAX;
    q->n--;
    return true;
}
