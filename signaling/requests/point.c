/* Somebody points to a place in a picture, or does not any more. */
#include "base/utf8.h"
#include "signaling/ledger/pointing.h"
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"

#include <string.h>

static enum code read_pointer(struct call *c, struct pointer *p) {
    bool x = call_has(c, "x"), y = call_has(c, "y");
    size_t n;
    const char *source = call_string(c, "source", &n);
    if (x != y) {
        c->field = x ? "y" : "x";
        return CODE_BAD_FIELD;
    }
    if (source && !utf8_printable(source)) {
        c->field = "source";
        return CODE_BAD_FIELD;
    }
    if (x) {
        p->by = c->conn->seat->id;
        p->x = call_fraction(c, "x", POINTER_PARTS);
        p->y = call_fraction(c, "y", POINTER_PARTS);
        memcpy(p->source, source ? source : "", source ? n : 0);
    }
    return CODE_OK;
}

static enum code request(struct call *c) {
    const struct seat *me = c->conn->seat;
    struct pointer p = {0};
    if (!may(me, RIGHT_POINT)) {
        return CODE_FORBIDDEN;
    }
    enum code code = read_pointer(c, &p);
    if (code == CODE_OK) {
        point(c->s, c->now, me, &p);
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
