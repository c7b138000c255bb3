/* A hand goes up or down; a host may lower that of another. */
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

static enum code hand(struct call *c) {
    struct speaker me = say_as(c);
    const char *participant = call_string(c, "participant", NULL);
    struct seat *whose = participant ? seat_by_number(me.t, participant) : me.seat;
    if (!whose) {
        c->field = "participant";
        return CODE_BAD_FIELD;
    }
    c->act = whose == me.seat ? ACT_NONE : ACT_LOWER_HAND;
    return say_done(c, &me, say_hand(&me, whose, call_bool(c, "up")));
}

const struct request request_hand = {
    .type = "hand",
    .fields = {{"up", FIELD_BOOL, true, 0}, {"participant", FIELD_STRING, false, 16}},
    .needs_seat = true,
    .run = hand};
