#include "signaling/requests/moderate.h"

#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"

enum code moderate_as(const struct call *c, struct moderator *ret) {
    const struct seat *me = c->conn->seat;
    *ret = (struct moderator){.s = c->s, .now = c->now, .t = me->tour, .by = me};
    return me->host ? CODE_OK : CODE_FORBIDDEN;
}

struct seat *moderate_whom(const struct call *c) {
    const char *id = call_string(c, "participant", NULL);
    return id ? seat_by_number(c->conn->seat->tour, id) : NULL;
}

enum code moderate_done(struct call *c, const char *field, enum code code) {
    if (code == CODE_OK) {
        reply_ok(c);
    } else if (code == CODE_BAD_FIELD) {
        c->field = field;
    }
    return code;
}
