/* A host says what guests may send, receive and do: some by name, or all. Takes effect at once. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"
#include "signaling/seats/guests.h"

static enum code allow(struct call *c) {
    struct moderator me;
    struct capabilities_part can;
    const struct json *list = json_member_set(c->msg, "participants");
    const struct json *except = json_member_set(c->msg, "except");
    bool there = true;
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK) {
        return code;
    }
    if (!capabilities_read(json_member(c->msg, "can"), &can)) {
        c->field = "can";
        return CODE_BAD_FIELD;
    }
    if (list) {
        there = guests_name(me.t, list, except);
    } else {
        guests_name_all(me.t, except);
    }
    code = there ? moderate_allow(&me, &can, !list) : CODE_BAD_FIELD;
    return moderate_done(c, "participants", code);
}

const struct request request_allow = {
    .type = "allow",
    .fields = {{"participants", FIELD_PARTICIPANTS, false, PARTICIPANTS_NAMED_MAX},
               {"except", FIELD_PARTICIPANTS, false, PARTICIPANTS_NAMED_MAX},
               {"can", FIELD_OBJECT, true, 0}},
    .needs_seat = true,
    .act = ACT_ALLOW,
    .run = allow};
