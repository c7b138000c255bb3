/* A word to all, or to hosts. */
#include "signaling/ledger/ledger.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

#include <string.h>

static enum code chat(struct call *c) {
    struct speaker me = say_as(c);
    const char *to = call_string(c, "to", NULL);
    if (to && strcmp(to, "hosts") != 0) {
        c->field = "to";
        return CODE_BAD_FIELD;
    }
    return say_done(c, &me, say_chat(&me, call_string(c, "text", NULL), to));
}

const struct request request_chat = {
    .type = "chat",
    .fields = {{"text", FIELD_STRING, true, SAID_TEXT_MAX}, {"to", FIELD_STRING, false, 16}},
    .needs_seat = true,
    .run = chat};
