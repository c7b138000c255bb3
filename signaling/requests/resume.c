/* The same seat over another WebSocket. */
#include "base/json_write.h"
#include "signaling/door/secrets.h"
#include "signaling/requests/call.h"
#include "signaling/requests/ice_servers.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/hosts.h"
#include "signaling/seats/lobby.h"
#include "signaling/seats/seats.h"
#include "signaling/tell/layers.h"
#include "signaling/tell/roster.h"

static void reply_resumed(const struct call *c, const struct seat *seat,
                          const struct offer *offer) {
    struct buffer o = {0};
    reply_open(c, &o, "resumed");
    reply_state(c, &o, seat);
    reply_entries(c, &o, seat);
    reply_secret(c, &o, seat);
    reply_ice_servers(c, &o, seat->sub, WALL_SEAT);
    if (offer) {
        reply_answer(c, &o, seat->session, offer);
    }
    reply_send(c, &o);
}

static enum code reoffer(struct call *c, struct seat *seat, struct offer *offer) {
    struct wants wants;
    enum code code = call_wants(c, &wants);
    offer->wants = wants.n ? &wants : &seat->wants;
    code = code == CODE_OK ? seat_reoffer(c->s, c->now, seat, offer) : code;
    if (code != CODE_OK) {
        call_refused(c, offer);
    }
    return code;
}

static enum code resume(struct call *c) {
    struct offer offer = {.use = OFFER_WANTS};
    if (c->conn->seat) {
        return CODE_ALREADY_JOINED;
    }
    const char *secret = call_string(c, "resume", NULL);
    struct seat *seat = seat_by_resume(c->s, c->now, secret);
    if (!seat) {
        return CODE_RESUME_UNKNOWN;
    }
    offer.text = seat->waits ? NULL : call_string(c, "offer", &offer.n);
    enum code code = offer.text ? reoffer(c, seat, &offer) : CODE_OK;
    if (code != CODE_OK) {
        return code;
    }
    secret_rotate(c->s, seat, secret);
    seat_attach(c->s, seat, c->conn);
    if (seat->waits) {
        lobby_await(c->s, c->now, seat);
        if (!seat->admitted) {
            lobby_tell_joined(c->s, seat); /* his link is there again */
        }
        reply_lobby(c, seat);
        return CODE_OK;
    }
    hosts_check(c->s, c->now, seat->tour, NULL);
    tell_changed(c->s, c->now, seat);
    reply_resumed(c, seat, offer.text ? &offer : NULL);
    layers_again(c->s, seat->session);
    return CODE_OK;
}

const struct request request_resume = {.type = "resume",
                                       .fields = {{"resume", FIELD_STRING, true, 64},
                                                  {"seen", FIELD_INTEGER, false, 0},
                                                  {"offer", FIELD_STRING, false, 0},
                                                  {"sources", FIELD_LIST, false, WANTS_MAX},
                                                  {"slots", FIELD_LIST, false, WANTS_MAX}},
                                       .act = ACT_RESUME,
                                       .run = resume};
