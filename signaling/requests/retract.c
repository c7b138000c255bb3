/* What somebody has written is taken back, by herself or by a host. */
#include "signaling/ledger/ledger.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

static enum code retract(struct call *c) {
    const struct seat *seat = c->conn->seat;
    struct speaker me = say_as(c);
    uint64_t by;
    bool others = entry_author(seat->tour, seat, call_integer(c, "seq"), &by) && by != seat->id;
    c->act = others ? ACT_RETRACT : ACT_NONE;
    return say_done(c, &me, say_retract(&me, call_integer(c, "seq")));
}

const struct request request_retract = {.type = "retract",
                                        .fields = {{"seq", FIELD_INTEGER, true, 0}},
                                        .needs_seat = true,
                                        .run = retract};
