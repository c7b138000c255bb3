/* A host answers a question, by voice or in writing, or puts it aside. */
#include "base/json_write.h"
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool was_asked(const struct ledger *l, const char *question) {
    uint32_t number;
    char name[16];
    if (sscanf(question, "q%9" SCNu32, &number) != 1 || number == 0 || number > l->questions) {
        return false;
    }
    (void)snprintf(name, sizeof(name), "q%" PRIu32, number);
    return strcmp(name, question) == 0;
}

static enum code read_answer(struct call *c, struct entry_in *in) {
    const char *state = call_string(c, "state", NULL);
    if (!was_asked(&c->conn->seat->tour->ledger, call_string(c, "question", NULL))) {
        c->field = "question";
        return CODE_BAD_FIELD;
    }
    if (strcmp(state, "answered") != 0 && strcmp(state, "dismissed") != 0) {
        c->field = "state";
        return CODE_BAD_FIELD;
    }
    return say_text(c, "text", true, &in->text);
}

static enum code answer(struct call *c) {
    struct entry_in in = {.kind = ENTRY_KIND_ANSWER};
    struct buffer fields = {0};
    enum code code = read_answer(c, &in);
    code = code == CODE_OK ? say_check(c, c->conn->seat->host) : code;
    if (code != CODE_OK) {
        return code;
    }
    json_open(&fields, NULL, '{');
    json_put_string(&fields, "question", call_string(c, "question", NULL));
    json_put_string(&fields, "state", call_string(c, "state", NULL));
    json_close(&fields, '}');
    return say_add(c, &in, &fields);
}

const struct request request_answer = {.type = "answer",
                                       .fields = {{"question", FIELD_STRING, true, 16},
                                                  {"state", FIELD_STRING, true, 16},
                                                  {"text", FIELD_STRING, false, SAID_TEXT_MAX}},
                                       .needs_seat = true,
                                       .run = answer};
