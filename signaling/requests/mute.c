/* One's own source off or on, as an intent: the server stops routing it. */
#include "signaling/requests/call.h"
#include "signaling/requests/reply.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/sessions.h"

static enum code mute(struct call *c) {
    struct seat *seat = c->conn->seat;
    enum source_kind kind = source_kind_from_name(call_string(c, "kind", NULL));
    bool muted = call_bool(c, "muted");
    if (kind == SOURCE_NONE) {
        c->field = "kind";
        return CODE_BAD_FIELD;
    }
    uint8_t bits = (uint8_t)(muted ? seat->muted | 1u << kind : seat->muted & ~(1u << kind));
    reply_ok(c);
    if (bits == seat->muted) {
        return CODE_OK;
    }
    seat->muted = bits;
    seat_mute(c->s, seat, kind, muted);
    tell_changed(c->s, c->now, seat);
    return CODE_OK;
}

const struct request request_mute = {
    .type = "mute",
    .fields = {{"kind", FIELD_STRING, true, 16}, {"muted", FIELD_BOOL, true, 0}},
    .needs_seat = true,
    .run = mute};
