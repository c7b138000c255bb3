/* A host makes somebody a co-host, or no more. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"

static enum code host(struct call *c) {
    struct moderator me;
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK) {
        return code;
    }
    struct seat *who = moderate_whom(c);
    code = who ? moderate_host(&me, who, call_bool(c, "host")) : CODE_BAD_FIELD;
    return moderate_done(c, "participant", code);
}

const struct request request_host = {
    .type = "host",
    .fields = {{"participant", FIELD_STRING, true, 16}, {"host", FIELD_BOOL, true, 0}},
    .needs_seat = true,
    .changes = true,
    .act = ACT_HOST,
    .run = host};
