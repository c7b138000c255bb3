#include "signaling/requests/say.h"

#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"

enum code say_check(struct call *c, bool allowed) {
    return !allowed                                  ? CODE_FORBIDDEN
           : !say_admit(c->s, c->now, c->conn->seat) ? CODE_RATE_LIMITED
                                                     : CODE_OK;
}

enum code say_text(struct call *c, const char *name, bool lines, const char **ret) {
    size_t n;
    *ret = call_string(c, name, &n);
    if (*ret && !say_fits(*ret, n, lines)) {
        c->field = name;
        return CODE_BAD_FIELD;
    }
    return CODE_OK;
}

enum code say_add(struct call *c, struct entry_in *in, struct buffer *fields) {
    struct seat *seat = c->conn->seat;
    in->from = seat;
    in->fields = fields ? fields->p : NULL;
    bool ok = !(fields && fields->bad) && entry_add(c->s, c->now, seat->tour, in) == OK;
    if (fields) {
        buffer_free(fields);
    }
    if (!ok) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    return CODE_OK;
}
