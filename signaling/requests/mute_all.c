/* A host mutes a source of all guests. */
#include "signaling/requests/call.h"
#include "signaling/requests/guests.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/moderation.h"

static enum code mute_all(struct call *c) {
    const struct seat *me = c->conn->seat;
    enum source_kind kind = source_kind_from_name(call_string(c, "kind", NULL));
    if (!me->host) {
        return CODE_FORBIDDEN;
    }
    if (kind == SOURCE_NONE) {
        c->field = "kind";
        return CODE_BAD_FIELD;
    }
    reply_ok(c);
    guests_name_all(c);
    LIST_EACH(l, &me->tour->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->named) {
            seat_silence(c->s, c->now, seat, kind, me);
        }
    }
    return CODE_OK;
}

const struct request request_mute_all = {
    .type = "mute_all",
    .fields = {{"kind", FIELD_STRING, true, 16},
               {"except", FIELD_PARTICIPANTS, false, PARTICIPANTS_NAMED_MAX}},
    .needs_seat = true,
    .run = mute_all};
