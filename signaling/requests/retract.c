/* What somebody has written is taken back, by herself or by a host. */
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

static enum code retract(struct call *c) {
    struct speaker me = say_as(c);
    return say_done(c, &me, say_retract(&me, call_integer(c, "seq")));
}

const struct request request_retract = {.type = "retract",
                                        .fields = {{"seq", FIELD_INTEGER, true, 0}},
                                        .needs_seat = true,
                                        .run = retract};
