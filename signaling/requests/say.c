#include "signaling/requests/say.h"

#include "signaling/requests/reply.h"

struct speaker say_as(const struct call *c) {
    struct seat *me = c->conn->seat;
    return (struct speaker){.s = c->s, .now = c->now, .t = me->tour, .seat = me};
}

enum code say_done(struct call *c, const struct speaker *sp, enum code code) {
    if (code == CODE_OK) {
        reply_ok(c);
    } else {
        c->field = sp->field ? sp->field : c->field;
    }
    return code;
}
