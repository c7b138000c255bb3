/* A host has somebody else lead the tour, who becomes a host by this. */
#include "signaling/requests/moderate.h"

static enum code hand_over(struct call *c) {
    struct moderator me;
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK) {
        return code;
    }
    struct seat *who = moderate_whom(c);
    return moderate_done(c, "participant", who ? moderate_lead(&me, who) : CODE_BAD_FIELD);
}

const struct request request_hand_over = {.type = "hand_over",
                                          .fields = {{"participant", FIELD_STRING, true, 16}},
                                          .needs_seat = true,
                                          .changes = true,
                                          .act = ACT_HAND_OVER,
                                          .run = hand_over};
