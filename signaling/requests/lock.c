/* A host lets nobody else in, or again. Who has a seat, and hosts, may come back. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/tell/tick.h"

static enum code lock(struct call *c) {
    const struct seat *me = c->conn->seat;
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    reply_ok(c);
    me->tour->locked = call_bool(c, "on");
    tell_tour_changed(c->s, c->now, me->tour);
    return CODE_OK;
}

const struct request request_lock = {
    .type = "lock", .fields = {{"on", FIELD_BOOL, true, 0}}, .needs_seat = true, .run = lock};
