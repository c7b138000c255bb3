/* A host mutes a source of all guests. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"
#include "signaling/seats/guests.h"

static enum code mute_all(struct call *c) {
    struct moderator me;
    enum source_kind kind = source_kind_from_name(call_string(c, "kind", NULL));
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK) {
        return code;
    }
    if (kind == SOURCE_NONE) {
        c->field = "kind";
        return CODE_BAD_FIELD;
    }
    guests_name_all(me.t, json_member_set(c->msg, "except"));
    return moderate_done(c, "kind", moderate_mute_all(&me, kind));
}

const struct request request_mute_all = {
    .type = "mute_all",
    .fields = {{"kind", FIELD_STRING, true, 16},
               {"except", FIELD_PARTICIPANTS, false, PARTICIPANTS_NAMED_MAX}},
    .needs_seat = true,
    .act = ACT_MUTE_ALL,
    .run = mute_all};
