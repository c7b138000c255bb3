/* A word to all, or to hosts. */
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

#include <string.h>

static enum code chat(struct call *c) {
    struct entry_in in = {.kind = ENTRY_KIND_CHAT};
    const char *to = call_string(c, "to", NULL);
    if (to && strcmp(to, "hosts") != 0) {
        c->field = "to";
        return CODE_BAD_FIELD;
    }
    enum code code = say_text(c, "text", true, &in.text);
    code = code == CODE_OK ? say_check(c, may(c->conn->seat, RIGHT_CHAT)) : code;
    in.hosts_only = to;
    return code == CODE_OK ? say_add(c, &in, NULL) : code;
}

const struct request request_chat = {
    .type = "chat",
    .fields = {{"text", FIELD_STRING, true, SAID_TEXT_MAX}, {"to", FIELD_STRING, false, 16}},
    .needs_seat = true,
    .run = chat};
