/* A host answers a question, by voice or in writing, or puts it aside. */
#include "signaling/ledger/ledger.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

static enum code answer(struct call *c) {
    struct speaker me = say_as(c);
    const struct say_answer a = {.question = call_string(c, "question", NULL),
                                 .state = call_string(c, "state", NULL),
                                 .text = call_string(c, "text", NULL)};
    return say_done(c, &me, say_answer(&me, &a));
}

const struct request request_answer = {.type = "answer",
                                       .fields = {{"question", FIELD_STRING, true, 16},
                                                  {"state", FIELD_STRING, true, 16},
                                                  {"text", FIELD_STRING, false, SAID_TEXT_MAX}},
                                       .needs_seat = true,
                                       .run = answer};
