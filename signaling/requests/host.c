/* A host makes somebody a co-host, or no more. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/decisions.h"
#include "signaling/seats/hosts.h"
#include "signaling/seats/lobby.h"

static enum code host(struct call *c) {
    const struct seat *me = c->conn->seat;
    bool on = call_bool(c, "host");
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    struct seat *who = seat_by_number(me->tour, call_string(c, "participant", NULL));
    if (!who || who->role == ROLE_OPS || (!on && who == me && !host_is_other(me))) {
        c->field = "participant";
        return CODE_BAD_FIELD;
    }
    /* He is in, and shall not have to wait when he comes again as a guest. */
    if (!on && me->tour->lobby_on && lobby_remember(c->s, who) != OK) {
        return CODE_INTERNAL;
    }
    if (decide_host(c->s, c->now, who, me, on) != OK) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    return CODE_OK;
}

const struct request request_host = {
    .type = "host",
    .fields = {{"participant", FIELD_STRING, true, 16}, {"host", FIELD_BOOL, true, 0}},
    .needs_seat = true,
    .changes = true,
    .run = host};
