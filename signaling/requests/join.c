/* One offer in, one answer out. */
#include "base/json_write.h"
#include "base/utf8.h"
#include "signaling/requests/call.h"
#include "signaling/requests/ice_servers.h"
#include "signaling/requests/reply.h"
#include "signaling/seats/departures.h"
#include "signaling/seats/devices.h"
#include "signaling/seats/seats.h"
#include "signaling/tell/roster.h"
#include "signaling/tours/subs.h"

#include <string.h>

/* Consent counts only for the text that is shown now. */
static bool consents(const struct call *c) {
    const char *version = call_object_string(c, "consent", "version");
    return call_object_bool(c, "consent", "recording") && version &&
           strcmp(version, c->s->consent_version) == 0;
}

static void reply_joined(const struct call *c, const struct admission *e) {
    struct buffer o = {0};
    reply_open(c, &o, "joined");
    reply_state(c, &o, e->seat);
    reply_entries(c, &o, e->seat);
    reply_secret(c, &o, e->seat);
    reply_ice_servers(c, &o, e->seat->sub, WALL_SEAT);
    reply_answer(c, &o, e->seat->session, &e->offer);
    reply_send(c, &o);
}

/* He need not wait, for he has been let in, here or on another device. */
static bool is_let_in(const struct seat *seat) {
    return seat->admitted || subs_have(&seat->tour->admitted, seat->sub);
}

/* Whoever waits and has been let in need not show the token again. */
static enum code read_claims(struct call *c, struct claims *k) {
    const struct seat *seat = c->conn->seat;
    if (!seat) {
        return call_token_tour(c, k);
    }
    if (!seat->waits) {
        return CODE_ALREADY_JOINED;
    }
    if (!is_let_in(seat)) {
        return CODE_NOT_ADMITTED;
    }
    *k = (struct claims){.role = seat->role};
    k->can = seat->limit;
    memcpy(k->tour, seat->tour->name, sizeof(k->tour));
    memcpy(k->sub, seat->sub, sizeof(k->sub));
    memcpy(k->name, seat->name, sizeof(k->name));
    return CODE_OK;
}

static enum code enter(struct call *c, struct admission *e) {
    if (!utf8_printable(e->name)) {
        c->field = "name";
        return CODE_BAD_FIELD;
    }
    enum code code = call_wants(c, &e->wants);
    code = code == CODE_OK ? seat_enter(c->s, c->now, e) : code;
    if (code == CODE_CONSENT_REQUIRED) {
        c->field = "consent";
    } else if (code != CODE_OK) {
        call_refused(c, &e->offer);
    }
    return code;
}

static enum code join(struct call *c) {
    struct claims k;
    size_t sdp_n;
    const char *sdp = call_string(c, "offer", &sdp_n);
    struct admission e = {.claims = &k,
                          .name = call_string(c, "name", NULL),
                          .consent = consents(c),
                          .conn = c->conn,
                          .offer = {.use = OFFER_WANTS, .text = sdp, .n = sdp_n}};
    if (!seat_choice_read(call_string(c, "seat", NULL), &e.choice)) {
        c->field = "seat";
        return CODE_BAD_FIELD;
    }
    enum code code = read_claims(c, &k);
    code = code == CODE_OK ? enter(c, &e) : code;
    if (code != CODE_OK) {
        return code;
    }
    c->act = e.took_over ? ACT_TAKE_OVER : k.role == ROLE_OPS ? ACT_OBSERVE : ACT_NONE;
    if (e.choice == SEAT_TAKE_OVER) {
        seat_leave_others(c->s, c->now, e.seat);
    }
    if (e.waits) {
        reply_lobby(c, e.seat);
        return CODE_OK;
    }
    reply_joined(c, &e);
    if (!e.took_over) {
        tell_entered(c->s, c->now, e.seat);
    }
    return CODE_OK;
}

const struct request request_join = {.type = "join",
                                     .fields = {{"token", FIELD_STRING, false, 8192},
                                                {"tour", FIELD_STRING, false, TOUR_NAME_MAX},
                                                {"name", FIELD_STRING, false, NAME_MAX_BYTES},
                                                {"consent", FIELD_OBJECT, false, 0},
                                                {"offer", FIELD_STRING, false, 0},
                                                {"seat", FIELD_STRING, false, 16},
                                                {"sources", FIELD_LIST, false, WANTS_MAX},
                                                {"slots", FIELD_LIST, false, WANTS_MAX}},
                                     .run = join};
