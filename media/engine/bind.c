#include "media/engine/bind.h"

#include "media/engine/event.h"
#include "media/engine/flow.h"
#include "media/engine/programme.h"
#include "media/engine/session.h"
#include "media/room/router.h"

void bind_slot(struct room_slot *place, us_t now) {
    struct session *s = CONTAINER_OF(place->viewer, struct session, viewer);
    struct slot *slot = &s->slots[place - s->viewer.slots];
    struct flow *x = flow_of(place->source);
    struct feed *feed = x ? &x->shown->feed : NULL;
    enum stream_verdict v = stream_show(&slot->stream, feed);
    bool replayed = v == STREAM_NEEDS_PICTURE && queue_replay(&s->queue, now, &slot->stream, feed);
    if (replayed) {
        fanout_queue(&s->engine->fanout, &s->queue);
    } else if (v != STREAM_OK) {
        feed_need_keyframe(feed);
    }
    event_session(s);
    transport_changed(&s->transport);
}

void bind_tour(struct tour *t, us_t now) {
    struct link *moved = &t->room.moved;
    list_remove(&t->changed);
    router_run(&t->room);
    while (!list_empty(moved)) {
        struct room_slot *place = LIST_ENTRY(moved->next, struct room_slot, moved);
        list_remove(&place->moved);
        bind_slot(place, now);
    }
    programme_update(t, now);
}
