/* Whom this viewer wants on the stage. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/tell/effects.h"

static enum code pin(struct call *c) {
    struct seat *seat = c->conn->seat;
    const char *id = call_string(c, "participant", NULL);
    const struct seat *who = id && *id ? seat_by_number(seat->tour, id) : NULL;
    if (id && !who) {
        c->field = "participant";
        return CODE_BAD_FIELD;
    }
    reply_ok(c);
    seat->pinned = who ? who->id : 0;
    if (seat->session) {
        command_peer(c->s, seat->session,
                     (struct command){.type = COMMAND_PIN, .participant = seat->pinned});
    }
    return CODE_OK;
}

const struct request request_pin = {.type = "pin",
                                    .fields = {{"participant", FIELD_STRING, false, 16}},
                                    .needs_seat = true,
                                    .run = pin};
