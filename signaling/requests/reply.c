#include "signaling/requests/reply.h"

#include "base/json_write.h"
#include "signaling/ledger/ledger.h"
#include "signaling/requests/call.h"
#include "signaling/requests/ice_servers.h"
#include "signaling/seats/lobby.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/reception.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"

void reply_open(const struct call *c, struct buffer *o, const char *type) {
    json_open(o, NULL, '{');
    json_put_string(o, "type", type);
    if (c->has_id) {
        json_put_int(o, "re", c->id);
    }
}

void reply_send(const struct call *c, struct buffer *o) {
    json_close(o, '}');
    send_out(c->s, c->conn, o);
}

void reply_ok(const struct call *c) {
    struct buffer o = {0};
    if (c->has_id) {
        reply_open(c, &o, "ok");
        reply_send(c, &o);
    }
}

void reply_roster(const struct call *c, struct buffer *o, const struct seat *seat) {
    json_key(o, "roster");
    put_roster(o, seat->tour);
    roster_shown(c->s, seat->tour);
    json_key(o, "speaker");
    put_id(o, c->s, seat->tour->speaker);
    if (seat->host) {
        json_key(o, "lobby");
        lobby_put(o, seat->tour);
        reception_again(c->s, c->now, seat->tour);
    }
}

void reply_state(const struct call *c, struct buffer *o, const struct seat *seat) {
    json_key(o, "participant");
    put_participant(o, seat);
    json_key(o, "tour");
    put_tour(o, c->s, c->now, seat->tour);
    tour_shown(c->s, c->now, seat->tour);
    json_key(o, "slots");
    put_slots(o, c->s, seat->session);
    slots_shown(seat->session);
    reply_roster(c, o, seat);
}

void reply_entries(const struct call *c, struct buffer *o, const struct seat *seat) {
    uint64_t seen = call_integer(c, "seen");
    json_key(o, "entries");
    entries_put(o, seat->tour, seat, seen);
    json_put_uint(o, "seq", seat->tour->ledger.seq);
    if (entries_lost(seat->tour, seen)) {
        json_put_bool(o, "entries_lost", true);
    }
}

void reply_secret(const struct call *c, struct buffer *o, const struct seat *seat) {
    char at[WALL_TEXT_MAX];
    json_put_string(o, "resume", seat->resume);
    json_put_string(o, "seat_ends_at", wall_text(wall_at(c->s, seat->resume_by), at));
}

void reply_lobby(const struct call *c, const struct seat *seat) {
    struct buffer o = {0};
    reply_open(c, &o, "lobby");
    json_key(&o, "participant");
    put_participant(&o, seat);
    json_key(&o, "tour");
    put_tour_outline(&o, c->s, c->now, seat->tour);
    if (seat->admitted) {
        json_put_bool(&o, "admitted", true);
    }
    reply_secret(c, &o, seat);
    reply_ice_servers(c, &o, seat->sub, WALL_SEAT);
    reply_send(c, &o);
}

void reply_answer(const struct call *c, struct buffer *o, const struct session *session,
                  const struct offer *offer) {
    const struct negotiation *n = &offer->result;
    struct buffer sdp = {0};
    session_answer(c->s, session, offer, &sdp);
    struct shared_text *t = shared_text_of(&sdp);
    o->bad |= !t;
    json_put_string_n(o, "answer", t ? t->p : "", t ? t->n : 0);
    shared_text_unref(t);
    for (int i = 0; i < n->n_lacking; i++) {
        const struct sdp_media *m = &n->offer->media[n->lacking[i]];
        if (i == 0) {
            json_open(o, "warnings", '[');
        }
        json_open(o, NULL, '{');
        json_put_string(o, "code", code_name(CODE_CODEC_UNSUPPORTED));
        json_put_string_n(o, "mid", m->mid.p, m->mid.n);
        json_close(o, '}');
    }
    if (n->n_lacking) {
        json_close(o, ']');
    }
}

void reply_error(const struct call *c, enum code code) {
    struct buffer o = {0};
    count_error(c->s, code);
    reply_open(c, &o, "error");
    json_put_string(&o, "code", code_name(code));
    json_put_string(&o, "message", code_message(code));
    if (c->field) {
        json_put_string(&o, "field", c->field);
    }
    if (*c->why) {
        json_put_string(&o, "detail", c->why);
    }
    if (retry_after_of(c->s, code)) {
        json_put_uint(&o, "retry_after_s", retry_after_of(c->s, code));
    }
    reply_send(c, &o);
}
