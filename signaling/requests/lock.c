/* A host lets nobody else in, or again. Who has a seat, and hosts, may come back. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/decisions.h"

static enum code lock(struct call *c) {
    const struct seat *me = c->conn->seat;
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    if (decide_lock(c->s, c->now, me->tour, me, call_bool(c, "on")) != OK) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    return CODE_OK;
}

const struct request request_lock = {.type = "lock",
                                     .fields = {{"on", FIELD_BOOL, true, 0}},
                                     .needs_seat = true,
                                     .changes = true,
                                     .run = lock};
