/* A question, which has a number of its own: it is to be answered. */
#include "base/json_write.h"
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

#include <inttypes.h>
#include <stdio.h>

static enum code ask(struct call *c) {
    struct entry_in in = {.kind = ENTRY_KIND_QUESTION};
    struct ledger *l = &c->conn->seat->tour->ledger;
    struct buffer fields = {0};
    char name[16];
    enum code code = say_text(c, "text", true, &in.text);
    code = code == CODE_OK ? say_check(c, may(c->conn->seat, RIGHT_CHAT)) : code;
    if (code != CODE_OK) {
        return code;
    }
    (void)snprintf(name, sizeof(name), "q%" PRIu32, l->questions + 1);
    json_open(&fields, NULL, '{');
    json_put_string(&fields, "question", name);
    json_close(&fields, '}');
    code = say_add(c, &in, &fields);
    l->questions += code == CODE_OK;
    return code;
}

const struct request request_ask = {.type = "ask",
                                    .fields = {{"text", FIELD_STRING, true, SAID_TEXT_MAX}},
                                    .needs_seat = true,
                                    .run = ask};
