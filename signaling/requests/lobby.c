/* Later guests need to be admitted, or need not. */
#include "signaling/seats/lobby.h"
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/admission.h"

static enum code lobby(struct call *c) {
    const struct seat *me = c->conn->seat;
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    bool on = call_bool(c, "on");
    if (!on && lobby_count(me->tour) > 0 && admission_over(me->tour, me->tour->n_lobby)) {
        return CODE_TOUR_FULL; /* as for `admit` */
    }
    if (lobby_set(c->s, c->now, me->tour, on) != OK) {
        return CODE_INTERNAL;
    }
    reply_ok(c);
    return CODE_OK;
}

const struct request request_lobby = {.type = "lobby",
                                      .fields = {{"on", FIELD_BOOL, true, 0}},
                                      .needs_seat = true,
                                      .changes = true,
                                      .run = lobby};
