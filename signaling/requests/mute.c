/* A source off or on, as an intent: the server stops routing it. One's own, or, by a host, somebody
 * else's off: only who speaks decides when he does. */
#include "signaling/requests/call.h"
#include "signaling/requests/moderate.h"
#include "signaling/requests/reply.h"
#include "signaling/tell/roster.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/sources.h"

static enum code mute_other(struct call *c, struct seat *who, enum source_kind kind) {
    struct moderator me;
    c->act = ACT_MUTE;
    enum code code = moderate_as(c, &me);
    if (code != CODE_OK || !call_bool(c, "muted")) {
        return CODE_FORBIDDEN;
    }
    return moderate_done(c, "participant", who ? moderate_mute(&me, who, kind) : CODE_BAD_FIELD);
}

static enum code mute(struct call *c) {
    struct seat *seat = c->conn->seat;
    enum source_kind kind = source_kind_from_name(call_string(c, "kind", NULL));
    const char *id = call_string(c, "participant", NULL);
    struct seat *who = id ? seat_by_number(seat->tour, id) : seat;
    if (kind == SOURCE_NONE) {
        c->field = "kind";
        return CODE_BAD_FIELD;
    }
    if (who != seat) {
        return mute_other(c, who, kind);
    }
    bool muted = call_bool(c, "muted");
    uint8_t shut = (uint8_t)(seat->muted | (seat->session ? seat->session->refused : 0));
    bool opens = !muted && (shut & 1u << kind);
    if (opens && !call_change(c)) { /* to be silent is never too often */
        return CODE_RATE_LIMITED;
    }
    enum code code =
        seat->session && !muted ? sources_again(c->s, c->now, seat->session, kind) : CODE_OK;
    if (code != CODE_OK) {
        return code;
    }
    reply_ok(c);
    if (rights_mute(c->s, seat, kind, muted)) {
        tell_changed(c->s, c->now, seat);
    }
    return CODE_OK;
}

const struct request request_mute = {.type = "mute",
                                     .fields = {{"kind", FIELD_STRING, true, 16},
                                                {"muted", FIELD_BOOL, true, 0},
                                                {"participant", FIELD_STRING, false, 16}},
                                     .needs_seat = true,
                                     .run = mute};
