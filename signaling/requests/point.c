/* Somebody points to a place in a picture, or does not any more. */
#include "signaling/ledger/pointing.h"
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"

static enum code read_pointer(struct call *c, struct pointer *p) {
    bool x = call_has(c, "x"), y = call_has(c, "y");
    if (x != y) {
        c->field = x ? "y" : "x";
        return CODE_BAD_FIELD;
    }
    if (!pointer_set(p, call_number(c, "x"), call_number(c, "y"), call_string(c, "source", NULL))) {
        c->field = "source";
        return CODE_BAD_FIELD;
    }
    p->on = x;
    return CODE_OK;
}

static enum code request(struct call *c) {
    const struct pointing me = {c->s, c->now, c->conn->seat->tour, c->conn->seat};
    struct pointer p;
    if (!may(me.seat, RIGHT_POINT)) {
        return CODE_FORBIDDEN;
    }
    enum code code = read_pointer(c, &p);
    if (code == CODE_OK) {
        point(&me, &p);
        reply_ok(c);
    }
    return code;
}

const struct request request_point = {
    .type = "point",
    .fields = {{"x", FIELD_FRACTION, false, 0},
               {"y", FIELD_FRACTION, false, 0},
               {"source", FIELD_STRING, false, POINTER_SOURCE_MAX}},
    .needs_seat = true,
    .run = request};
