/* A host puts somebody on everybody's stage, whoever leads; null: nobody in particular. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/decisions.h"

static enum code spotlight(struct call *c) {
    const struct seat *me = c->conn->seat;
    const char *id = call_string(c, "participant", NULL);
    const struct seat *who = id ? seat_by_number(me->tour, id) : NULL;
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    if (id && (!who || who->role == ROLE_OPS)) {
        c->field = "participant";
        return CODE_BAD_FIELD;
    }
    if (decide_spotlight(c->s, c->now, me, who) != OK) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    return CODE_OK;
}

const struct request request_spotlight = {.type = "spotlight",
                                          .fields = {{"participant", FIELD_STRING, false, 16}},
                                          .needs_seat = true,
                                          .changes = true,
                                          .run = spotlight};
