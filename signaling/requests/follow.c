/* What a host sees in a plan or a model, for all to see the same: pages agree on what is in it. */
#include "signaling/ledger/pointing.h"
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"

static enum code request(struct call *c) {
    const struct pointing me = {c->s, c->now, c->conn->seat->tour, c->conn->seat};
    struct buffer view = {0};
    if (!me.seat->host) {
        return CODE_FORBIDDEN;
    }
    if (call_has(c, "view")) {
        json_put_compact(&view, json_member(c->msg, "view"));
    }
    enum code code = follow(&me, &view);
    if (code == CODE_OK) {
        reply_ok(c);
    } else {
        c->field = "view";
    }
    return code;
}

const struct request request_follow = {.type = "follow",
                                       .fields = {{"view", FIELD_OBJECT, false, 0}},
                                       .needs_seat = true,
                                       .run = request};
