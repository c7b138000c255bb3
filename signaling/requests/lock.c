/* A host lets nobody else in, or again. Who has a seat, and hosts, may come back. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"

static enum code lock(struct call *c) {
    struct moderator me;
    enum code code = moderate_as(c, &me);
    code = code == CODE_OK ? moderate_lock(&me, call_bool(c, "on")) : code;
    return moderate_done(c, "on", code);
}

const struct request request_lock = {.type = "lock",
                                     .fields = {{"on", FIELD_BOOL, true, 0}},
                                     .needs_seat = true,
                                     .changes = true,
                                     .act = ACT_LOCK,
                                     .run = lock};
