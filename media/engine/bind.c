#include "media/engine/bind.h"

#include "media/engine/allot.h"
#include "media/engine/event.h"
#include "media/engine/flow.h"
#include "media/engine/programme.h"
#include "media/engine/session.h"
#include "media/room/router.h"

void bind_slot(struct room_slot *place, us_t now) {
    struct session *s = CONTAINER_OF(place->viewer, struct session, viewer);
    allot(s, now);
    event_session(s); /* also when another person is shown by the same nothing */
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
