#include "media/engine/tour.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/engine/event.h"
#include "media/engine/intake.h"
#include "media/engine/relay_out.h"

enum err tour_new(struct engine *e, uint64_t handle) {
    struct tour *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        return ERR_NOMEM;
    }
    enum err err = room_init(&t->room);
    if (err == OK) {
        err = map_put(e->tours, handle, t);
    }
    if (err != OK) {
        room_free(&t->room);
        mem_free(t);
        return err;
    }
    t->timer.timer.at = US_NEVER;
    t->timer.of_tour = true;
    t->engine = e;
    t->handle = handle;
    list_init(&t->changed);
    list_init(&t->spoken);
    list_init(&t->taking);
    list_push(&e->all_tours, &t->in_engine);
    list_init(&t->peers);
    list_init(&t->flows);
    t->home = (uint8_t)e->c.worker;
    t->beat_at = t->tap_at = t->need_at = US_NEVER;
    return OK;
}

void tour_free(struct tour *t) {
    CHECK(list_empty(&t->peers) && list_empty(&t->flows));
    list_remove(&t->in_engine);
    intake_forget(t);
    timers_clear(&t->engine->timers, &t->timer.timer);
    map_take(t->engine->tours, t->handle);
    list_remove(&t->changed);
    list_remove(&t->spoken);
    room_free(&t->room);
    mem_free(t);
}

struct tour *tour_find(const struct engine *e, uint64_t handle) {
    return map_get(e->tours, handle);
}

void tour_changed(struct tour *t) {
    if (list_empty(&t->changed)) {
        list_push(&t->engine->changed, &t->changed);
    }
}

void tour_reschedule(struct tour *t) {
    us_t at = us_min(room_deadline(&t->room), us_min(t->beat_at, us_min(t->tap_at, t->need_at)));
    if (at != t->timer.timer.at) {
        timers_set(&t->engine->timers, &t->timer.timer, at);
    }
}

void tour_voices_changed(struct tour *t) {
    event_speaker(t);
    relay_voices(t);
    tour_changed(t);
}

void tour_on_timer(struct tour *t, us_t now) {
    unsigned found = room_timeout(&t->room, now);
    if (found & ROOM_CHANGED) {
        tour_voices_changed(t);
    }
    if (found & ROOM_SETTLED) { /* who has not come is not shown any more */
        LIST_EACH(l, &t->peers) {
            event_session(LIST_ENTRY(l, struct session, in_tour));
        }
    }
    tour_reschedule(t);
}
