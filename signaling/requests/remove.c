/* A host removes somebody, who cannot come back with the same token as long as the tour runs. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"

static enum code remove_participant(struct call *c) {
    struct moderator me;
    const char *id = call_string(c, "participant", NULL);
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK) {
        return code;
    }
    struct seat *who = seat_by_number(me.t, id);
    who = who ? who : waiting_by_number(me.t, id);
    return moderate_done(c, "participant", who ? moderate_remove(&me, who) : CODE_BAD_FIELD);
}

const struct request request_remove = {.type = "remove",
                                       .fields = {{"participant", FIELD_STRING, true, 16}},
                                       .needs_seat = true,
                                       .act = ACT_REMOVE,
                                       .run = remove_participant};
