/* A hand goes up or down; a host may lower that of another. */
#include "signaling/ledger/pointing.h"
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/requests/say.h"

static enum code hand(struct call *c) {
    struct seat *me = c->conn->seat, *whose = me;
    const char *participant = call_string(c, "participant", NULL);
    bool up = call_bool(c, "up");
    if (participant) {
        whose = seat_by_number(me->tour, participant);
    }
    if (!whose) {
        c->field = "participant";
        return CODE_BAD_FIELD;
    }
    enum code code = say_check(c, whose == me || (me->host && !up));
    if (code == CODE_OK && hand_set(c->s, c->now, whose, me, up) != OK) {
        code = CODE_INTERNAL;
    }
    if (code == CODE_OK) {
        reply_ok(c);
    }
    return code;
}

const struct request request_hand = {
    .type = "hand",
    .fields = {{"up", FIELD_BOOL, true, 0}, {"participant", FIELD_STRING, false, 16}},
    .needs_seat = true,
    .run = hand};
