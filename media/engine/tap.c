#include "media/engine/tap.h"

#include "media/engine/engine.h"

/* Most tap messages one timer or one input can cause. */
#define ROOM (4 * SESSION_SOURCES_MAX + 4)

bool tap_room(const struct engine *e) {
    return e->taps.n + ROOM <= ENGINE_TAPS_MAX;
}

void tap_push(struct engine *e, const struct tap *t) {
    struct tap_queue *q = &e->taps;
    if (q->n == ENGINE_TAPS_MAX) {
        q->dropped++;
        e->n.drop_full++;
        return;
    }
    struct tap *place = &q->ring[(q->head + q->n++) % ENGINE_TAPS_MAX];
    *place = *t;
    place->dropped = q->dropped;
    q->dropped = 0;
    if (t->packet) {
        packet_ref(t->packet);
    }
}

bool engine_tap(struct engine *e, struct tap *ret) {
    OWNER_CHECK(&e->owner);
    struct tap_queue *q = &e->taps;
    if (q->n == 0) {
        return false;
    }
    *ret = q->ring[q->head];
    q->head = (q->head + 1) % ENGINE_TAPS_MAX;
    q->n--;
    return true;
}

void tap_drain(struct engine *e) {
    struct tap t;
    while (engine_tap(e, &t)) {
        packet_unref(t.packet);
    }
}
