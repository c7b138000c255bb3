/* A question, which has a number of its own: it is to be answered. */
#include "signaling/ledger/ledger.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

static enum code ask(struct call *c) {
    struct speaker me = say_as(c);
    return say_done(c, &me, say_ask(&me, call_string(c, "text", NULL)));
}

const struct request request_ask = {.type = "ask",
                                    .fields = {{"text", FIELD_STRING, true, SAID_TEXT_MAX}},
                                    .needs_seat = true,
                                    .run = ask};
