/* A host lets in who waits: all, or those that are named. All of them or, when one is not there or
 * there is no room, nobody. */
#include "signaling/requests/moderate.h"

#define NAMED_MAX 1024

static enum code admit(struct call *c) {
    struct moderator me;
    const struct json *list = json_member_set(c->msg, "participants");
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK) {
        return code;
    }
    bool there = moderate_name_waiting(me.t, list);
    return moderate_done(c, "participants", there ? moderate_admit(&me, !list) : CODE_BAD_FIELD);
}

const struct request request_admit = {.type = "admit",
                                      .fields = {{"participants", FIELD_LIST, false, NAMED_MAX}},
                                      .needs_seat = true,
                                      .act = ACT_ADMIT,
                                      .run = admit};
