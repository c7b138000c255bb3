/* A host has somebody else lead the tour, who becomes a host by this. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/decisions.h"
#include "signaling/seats/hosts.h"

static enum code hand_over(struct call *c) {
    const struct seat *me = c->conn->seat;
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    struct seat *who = seat_by_number(me->tour, call_string(c, "participant", NULL));
    if (!who || who->role == ROLE_OPS) {
        c->field = "participant";
        return CODE_BAD_FIELD;
    }
    if (decide_host(c->s, c->now, who, me, true) != OK) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    host_leads(c->s, c->now, who);
    return CODE_OK;
}

const struct request request_hand_over = {.type = "hand_over",
                                          .fields = {{"participant", FIELD_STRING, true, 16}},
                                          .needs_seat = true,
                                          .changes = true,
                                          .run = hand_over};
