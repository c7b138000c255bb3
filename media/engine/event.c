#include "media/engine/event.h"

#include "media/engine/engine.h"
#include "media/engine/session.h"
#include "media/engine/tour.h"

/* Most events one timer or one command can cause: its session's end and each of its sources'. */
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

/* Fill ret with MEDIA_SLOT_CHANGED when what slot i shows is not what was last told. */
static bool slot_change(struct session *s, unsigned i, struct media_event *ret) {
    struct slot *slot = &s->slots[i];
    const struct room_source *source = s->viewer.slots[i].source;
    uint64_t who = source ? source->participant : 0;
    uint8_t kind = source ? source->kind : SOURCE_NONE;
    if (who == slot->told && kind == slot->told_kind) {
        return false;
    }
    slot->told = who;
    slot->told_kind = kind;
    *ret = (struct media_event){.type = MEDIA_SLOT_CHANGED,
                                .source_kind = kind,
                                .tour = s->tour->handle,
                                .peer = s->handle,
                                .participant = who};
    memcpy(ret->mid, slot->line.mid, sizeof(ret->mid));
    return true;
}

/* Slot changes are not queued: what a slot shows is compared with what was last told, so a change
 * that is undone before anyone asks is no event, and no number of viewers overflows a queue. */
static bool slot_event(struct engine *e, struct media_event *ret) {
    while (!list_empty(&e->dirty)) {
        struct session *s = LIST_ENTRY(e->dirty.next, struct session, dirty);
        for (unsigned i = 0; i < s->n_slots; i++) {
            if (slot_change(s, i, ret)) {
                return true;
            }
        }
        list_remove(&s->dirty);
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
