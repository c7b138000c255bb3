/* Later guests need to be admitted, or need not. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"

static enum code lobby(struct call *c) {
    struct moderator me;
    enum code code = moderate_as(c, &me);
    code = code == CODE_OK ? moderate_lobby(&me, call_bool(c, "on")) : code;
    return moderate_done(c, "on", code);
}

const struct request request_lobby = {.type = "lobby",
                                      .fields = {{"on", FIELD_BOOL, true, 0}},
                                      .needs_seat = true,
                                      .changes = true,
                                      .act = ACT_LOBBY,
                                      .run = lobby};
