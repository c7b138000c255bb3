/* A host removes somebody, who cannot come back with the same token as long as the tour runs. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/departures.h"

#include <string.h>

static enum code remove_participant(struct call *c) {
    const struct seat *me = c->conn->seat;
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    const char *id = call_string(c, "participant", NULL);
    struct seat *who = seat_by_number(me->tour, id);
    who = who ? who : waiting_by_number(me->tour, id);
    if (!who || strcmp(who->sub, me->sub) == 0) { /* oneself, or another device of one's own */
        c->field = "participant";
        return CODE_BAD_FIELD;
    }
    if (seat_remove(c->s, c->now, who) != OK) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    return CODE_OK;
}

const struct request request_remove = {.type = "remove",
                                       .fields = {{"participant", FIELD_STRING, true, 16}},
                                       .needs_seat = true,
                                       .run = remove_participant};
