/* ICE restart, or a new peer connection, over a live WebSocket. */
#include "base/json_write.h"
#include "signaling/requests/call.h"
#include "signaling/requests/ice_servers.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/seats.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"

static enum code restart(struct call *c) {
    struct seat *seat = c->conn->seat;
    struct wants wants;
    struct offer offer = {.use = OFFER_WANTS};
    struct buffer o = {0};
    offer.text = call_string(c, "offer", &offer.n);
    enum code code = call_wants(c, &wants);
    offer.wants = wants.n ? &wants : &seat->wants;
    code = code == CODE_OK ? seat_reoffer(c->s, c->now, seat, &offer) : code;
    if (code != CODE_OK) {
        call_refused(c, &offer);
        return code;
    }
    reply_open(c, &o, "restarted");
    json_key(&o, "slots");
    put_slots(&o, c->s, seat->session);
    slots_shown(seat->session);
    reply_ice_servers(c, &o, seat->sub, WALL_SEAT);
    reply_answer(c, &o, seat->session, &offer);
    reply_send(c, &o);
    if (!seat->session->connected) {
        tell_changed(c->s, c->now, seat);
    }
    return CODE_OK;
}

const struct request request_restart = {.type = "restart",
                                        .fields = {{"offer", FIELD_STRING, true, 0},
                                                   {"sources", FIELD_LIST, false, WANTS_MAX},
                                                   {"slots", FIELD_LIST, false, WANTS_MAX}},
                                        .needs_seat = true,
                                        .run = restart};
