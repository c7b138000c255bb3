/* A host says what guests may send, receive and do: some by name, or all. Takes effect at once. */
#include "signaling/requests/call.h"
#include "signaling/requests/guests.h"
#include "signaling/requests/reply.h"
#include "signaling/tours/rights.h"

static enum code allow(struct call *c) {
    const struct seat *me = c->conn->seat;
    struct capabilities_part can;
    bool all = !json_member_set(c->msg, "participants");
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    if (!capabilities_read(json_member(c->msg, "can"), &can)) {
        c->field = "can";
        return CODE_BAD_FIELD;
    }
    if (all) {
        guests_name_all(c);
    } else if (!guests_name(c)) {
        c->field = "participants";
        return CODE_BAD_FIELD;
    }
    enum err e = (all ? rights_grant_all : rights_grant)(c->s, c->now, me->tour, &can);
    if (e != OK) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    return CODE_OK;
}

const struct request request_allow = {
    .type = "allow",
    .fields = {{"participants", FIELD_PARTICIPANTS, false, PARTICIPANTS_NAMED_MAX},
               {"except", FIELD_PARTICIPANTS, false, PARTICIPANTS_NAMED_MAX},
               {"can", FIELD_OBJECT, true, 0}},
    .needs_seat = true,
    .run = allow};
