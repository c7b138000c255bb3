/* What a host sees in a plan or a model, for all to see the same: pages agree on what is in it. */
#include "signaling/ledger/ledger.h"
#include "signaling/ledger/pointing.h"
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"

static enum code request(struct call *c) {
    const struct seat *me = c->conn->seat;
    struct buffer view = {0};
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    if (call_has(c, "view")) {
        call_object(c, "view", &view);
    }
    enum code code = view.bad ? CODE_INTERNAL : view.n > VIEW_MAX ? CODE_BAD_FIELD : CODE_OK;
    if (code == CODE_OK) {
        follow(c->s, c->now, me, view.n ? buffer_take(&view) : NULL);
        reply_ok(c);
    } else {
        c->field = "view";
    }
    buffer_free(&view);
    return code;
}

const struct request request_follow = {.type = "follow",
                                       .fields = {{"view", FIELD_OBJECT, false, 0}},
                                       .needs_seat = true,
                                       .run = request};
