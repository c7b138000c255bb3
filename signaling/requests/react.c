/* A reaction, of the moment. */
#include "base/check.h"
#include "base/json_write.h"
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

#include <string.h>

static const char *const reactions[] = {"thumbs_up", "heart", "clap", "laugh", "wow", "question"};

static bool is_known(const char *reaction) {
    for (size_t i = 0; i < ARRAY_LEN(reactions); i++) {
        if (strcmp(reactions[i], reaction) == 0) {
            return true;
        }
    }
    return false;
}

static enum code react(struct call *c) {
    struct entry_in in = {.kind = ENTRY_KIND_REACTION};
    const char *reaction = call_string(c, "reaction", NULL);
    struct buffer fields = {0};
    if (!is_known(reaction)) {
        c->field = "reaction";
        return CODE_BAD_FIELD;
    }
    enum code code = say_check(c, true);
    if (code != CODE_OK) {
        return code;
    }
    json_open(&fields, NULL, '{');
    json_put_string(&fields, "reaction", reaction);
    json_close(&fields, '}');
    return say_add(c, &in, &fields);
}

const struct request request_react = {.type = "react",
                                      .fields = {{"reaction", FIELD_STRING, true, 16}},
                                      .needs_seat = true,
                                      .run = react};
