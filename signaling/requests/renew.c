/* A fresh token of the same person: the seat lasts as long as if it had been taken now, without
 * being taken again. Nothing of media changes. */
#include "base/json_write.h"
#include "signaling/door/secrets.h"
#include "signaling/requests/call.h"
#include "signaling/requests/ice_servers.h"
#include "signaling/requests/reply.h"
#include "signaling/tours/rights.h"

#include <string.h>

/* Whether the token is one with which this seat could have been taken. */
static enum code check(const struct seat *seat, const struct claims *k) {
    if (*k->tour && strcmp(k->tour, seat->tour->name) != 0) {
        return CODE_TOKEN_TOUR;
    }
    return strcmp(k->sub, seat->sub) == 0 && k->role == seat->role ? CODE_OK : CODE_FORBIDDEN;
}

static enum code renew(struct call *c) {
    struct seat *seat = c->conn->seat;
    struct claims k;
    struct buffer o = {0};
    enum code code = call_token(c, &k);
    code = code == CODE_OK ? check(seat, &k) : code;
    if (code != CODE_OK) {
        c->field = "token";
        return code;
    }
    rights_enter(seat, &k); /* what this token withholds counts from now on */
    rights_changed(c->s, c->now, seat);
    seat->resume_by = c->now + c->s->config.seat_limit;
    secret_rotate(c->s, seat,
                  seat->resume); /* the reply may be lost: the old one works till then */
    reply_open(c, &o, "renewed");
    reply_secret(c, &o, seat);
    reply_ice_servers(c, &o, seat->sub, WALL_SEAT);
    reply_send(c, &o);
    return CODE_OK;
}

const struct request request_renew = {.type = "renew",
                                      .fields = {{"token", FIELD_STRING, true, 8192}},
                                      .needs_seat = true,
                                      .from_lobby = true,
                                      .run = renew};
