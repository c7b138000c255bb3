/* A host puts somebody on everybody's stage, whoever leads; null: nobody in particular. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"

static enum code spotlight(struct call *c) {
    struct moderator me;
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK) {
        return code;
    }
    bool somebody = call_has(c, "participant");
    const struct seat *who = somebody ? moderate_whom(c) : NULL;
    code = somebody && !who ? CODE_BAD_FIELD : moderate_spotlight(&me, who);
    return moderate_done(c, "participant", code);
}

const struct request request_spotlight = {.type = "spotlight",
                                          .fields = {{"participant", FIELD_STRING, false, 16}},
                                          .needs_seat = true,
                                          .changes = true,
                                          .act = ACT_SPOTLIGHT,
                                          .run = spotlight};
