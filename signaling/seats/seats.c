#include "signaling/seats/seats.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "signaling/door/rate.h"
#include "signaling/door/secrets.h"
#include "signaling/seats/admission.h"
#include "signaling/seats/devices.h"
#include "signaling/seats/hosts.h"
#include "signaling/seats/lobby.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tours/mix.h"
#include "signaling/tours/persons.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/tours.h"

#include <stdio.h>
#include <string.h>

void seat_journal(struct signaling *s, const struct seat *seat, bool on) {
    effect(s,
           (struct signaling_effect){.type = EFFECT_PARTICIPANT,
                                     .tour = seat->tour->id,
                                     .worker = seat->tour->worker,
                                     .participant = seat->id,
                                     .number = seat->number,
                                     .sub = seat->sub,
                                     .name = seat->name,
                                     .role = role_name(seat->role),
                                     .on = on,
                                     .consent_version = seat->consent ? s->consent_version : NULL});
}

/* ---- entering ---- */

/* Who waits takes a place, too, but none from who can let him in. */
static enum code check_room(struct signaling *s, const struct tour *t, const struct claims *c) {
    uint32_t waiting = t && c->role != ROLE_AGENT ? t->n_lobby : 0;
    if (s->retry_after_s && !(t && person_is_in(t, c->sub))) {
        s->stats.overloaded++;
        return CODE_SERVER_OVERLOADED;
    }
    if (t && t->n_seats + t->n_viewers + waiting >= s->config.max_participants) {
        return CODE_TOUR_FULL;
    }
    if (map_len(s->seats) >= 2 * (size_t)s->config.max_connections) {
        return CODE_SERVER_FULL;
    }
    return CODE_OK;
}

/* A tour is made by a join, and there is room for so many on a server: nobody takes it all. */
static bool opens_too_many(const struct signaling *s, const char *sub) {
    uint32_t n = 0;
    LIST_EACH(l, &s->all_tours) {
        n += strcmp(LIST_ENTRY(l, struct tour, in_signaling)->opened_by, sub) == 0;
    }
    return s->config.max_tours_per_sub && n >= s->config.max_tours_per_sub;
}

static bool is_full(const struct signaling *s, const struct tour *t) {
    return t->n_seats + t->n_viewers >= s->config.max_participants;
}

/* Consent is asked for when it counts, which in the lobby it does not. */
static enum code check_admission(struct signaling *s, us_t now, struct admission *e,
                                 struct tour **t) {
    enum code code = tour_for(s, now, e->claims, t);
    if (code != CODE_OK) {
        return code;
    }
    code = admission_check(s, now, *t, e->claims);
    e->waits = code == CODE_NOT_ADMITTED && e->conn;
    if (code != CODE_OK && !e->waits) {
        return code;
    }
    enum record_mode record = *t ? (*t)->record : s->config.default_record;
    if (record != RECORD_OFF && !e->consent && !e->waits && e->claims->role != ROLE_OPS) {
        return CODE_CONSENT_REQUIRED;
    }
    if (!e->waits && !e->offer.text) {
        e->offer.field = "offer";
        return CODE_BAD_FIELD;
    }
    if (!*t && opens_too_many(s, e->claims->sub)) {
        return CODE_TOURS_FULL;
    }
    code = devices_choose(s, *t, e, &e->seat);
    if (code == CODE_OK && e->seat && e->seat->waits && !e->waits && is_full(s, *t)) {
        return CODE_TOUR_FULL; /* he was counted among those who wait */
    }
    return code != CODE_OK || e->seat ? code : check_room(s, *t, e->claims);
}

/* Everything that can fail for want of memory or room, before anything changes. */
static enum code prepare(struct signaling *s, const struct claims *c, struct tour **t,
                         struct seat **seat) {
    struct seat *fresh = NULL;
    if (effects_reserve(s, 2 + SOURCE_KIND_COUNT) != OK) {
        return CODE_INTERNAL;
    }
    if (!*seat) {
        fresh = mem_zalloc(1, sizeof(*fresh));
        if (!fresh) {
            return CODE_INTERNAL;
        }
        fresh->grace = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_SEAT};
        *seat = fresh;
    }
    bool is_new = !*t;
    enum err e = is_new ? tour_create(s, c->tour, c->tour, t) : OK;
    if (e != OK) {
        mem_free(fresh);
        return e == ERR_FULL ? CODE_SERVER_FULL : CODE_INTERNAL;
    }
    if (is_new) {
        memcpy((*t)->opened_by, c->sub, sizeof(c->sub));
    }
    return CODE_OK;
}

static void name_seat(struct signaling *s, struct tour *t, struct seat *seat, const char *sub) {
    seat->tour = t;
    seat->id = person_handle(s, t, sub);
    seat->number = t->next_number++;
    memcpy(seat->sub, sub, strlen(sub));
    CHECK(map_put(s->seats, seat->id, seat) == OK); /* check_room looked */
}

static void link_seat(struct signaling *s, us_t now, struct tour *t, struct seat *seat) {
    list_push(&t->seats, &seat->in_tour);
    seat->place = ++t->next_place;
    unkept(s, t, UNKEPT_TOUR);
    t->n_seats++;
    mix_self(s, t, seat->sub, seat_by_sub(t, seat->sub)->id);
    devices_came(s, now, seat);
}

/* Whoever comes is not muted; the journal has to know when the seat was. */
static void unmute(struct signaling *s, struct seat *seat) {
    for (int k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        (void)rights_mute(s, seat, (enum source_kind)k, false);
    }
}

/* What hosts have made of a person is true of his further devices; by a token of another role he
 * comes as somebody else. */
static bool comes_as_host(const struct seat *seat, enum role role) {
    LIST_EACH(l, &seat->tour->seats) {
        const struct seat *other = LIST_ENTRY(l, struct seat, in_tour);
        if (other != seat && other->role == role && strcmp(other->sub, seat->sub) == 0) {
            return other->host;
        }
    }
    return role == ROLE_AGENT;
}

static void describe(struct signaling *s, struct seat *seat, const struct admission *e) {
    const char *name = *e->claims->name      ? e->claims->name
                       : e->name && *e->name ? e->name
                                             : role_name(e->claims->role);
    (void)snprintf(seat->name, sizeof(seat->name), "%s", name);
    if (seat->role != e->claims->role) { /* else what a host has made of him holds */
        seat->role = e->claims->role;
        seat->host = comes_as_host(seat, seat->role);
    }
    seat->consent = e->consent;
    seat->wants = e->wants;
    unmute(s, seat);
    seat->pinned = 0;
}

/* A WHIP publisher in the seat: the connection that was there is told and closed. */
static void detach(struct signaling *s, struct seat *seat) {
    if (seat->conn) {
        seat->conn->seat = NULL;
        unkept_seat(s, seat);
        send_error(s, seat->conn, CODE_SEAT_TAKEN_OVER);
        close_conn(s, seat->conn, WS_TAKEN_OVER);
        seat->conn = NULL;
    }
}

void seat_attach(struct signaling *s, struct seat *seat, struct conn *c) {
    if (seat->conn != c) {
        detach(s, seat);
    }
    seat->conn = c;
    if (c) {
        c->seat = seat;
        c->token_by = US_NEVER; /* a resume secret is as good as a token */
    }
    seat->lost = false;
    unkept_seat(s, seat);
    timers_clear(&s->timers, &seat->grace.timer);
}

/* "auto" records from the first host on. It is the first once: a host who stopped the recording and
 * comes back does not start it again. */
static void host_came(struct signaling *s, struct tour *t, enum role role) {
    if (role == ROLE_AGENT && !t->had_host) {
        t->had_host = true;
        unkept(s, t, UNKEPT_TOUR);
        tour_record(s, t, t->record_on || t->record == RECORD_AUTO);
    }
}

/* What the seat is told of its owner, and its secret. */
static void hand_seat(struct signaling *s, us_t now, struct seat *seat, const struct admission *e) {
    describe(s, seat, e);
    rights_enter(seat, e->claims);
    seat->resume_by = now + s->config.seat_limit;
    secret_renew(s, seat);
    seat_attach(s, seat, e->conn);
}

static enum code enter_lobby(struct signaling *s, us_t now, struct admission *e, struct tour *t) {
    struct seat *old = e->seat, *seat = old;
    enum code code = prepare(s, e->claims, &t, &seat);
    if (code != CODE_OK) {
        return code;
    }
    if (!t->id) {
        tour_start(s, now, t);
    }
    if (!old) {
        name_seat(s, t, seat, e->claims->sub);
        lobby_link(s, t, seat);
    }
    hand_seat(s, now, seat, e);
    lobby_tell_joined(s, seat);
    tour_touch(s, now, t);
    hosts_check(s, now, t, NULL);
    e->seat = seat;
    return CODE_OK;
}

static void enter_tour(struct signaling *s, us_t now, struct admission *e, struct tour *t,
                       struct session *session) {
    struct seat *seat = e->seat;
    bool was_host = seat->host;
    if (!seat->tour) {
        name_seat(s, t, seat, e->claims->sub);
        link_seat(s, now, t, seat);
    } else if (seat->waits) {
        if (!seat->admitted) { /* by a token that needs no admission */
            lobby_tell_left(s, t, seat->number, "admitted");
        }
        lobby_unlink(s, seat);
        link_seat(s, now, t, seat);
        seat->host = comes_as_host(seat, seat->role); /* made one while this device waited */
    } else if (seat->session) {
        session_stop(s, seat->session, true);
    }
    host_came(s, t, e->claims->role); /* a seat that is taken over may become a host's */
    hand_seat(s, now, seat, e);
    tour_touch(s, now, t);
    if (seat->role != ROLE_OPS) {
        tour_enter(s, now, t);
    }
    seat_journal(s, seat, true);
    session_start(s, t, seat, session);
    hosts_check(s, now, t, was_host && !seat->host ? seat : NULL);
    if (e->took_over) {
        tell_changed(s, now, seat); /* before the reply, which shows him as he is now */
    }
}

enum code seat_enter(struct signaling *s, us_t now, struct admission *e) {
    struct tour *t;
    struct session *session;
    enum code code = check_admission(s, now, e, &t);
    if (code != CODE_OK) {
        return code;
    }
    if (!rate_admit(s, now, e->claims->tour, e->claims->sub)) {
        return CODE_RATE_LIMITED;
    }
    if (e->waits) {
        return enter_lobby(s, now, e, t);
    }
    e->offer.wants = &e->wants;
    e->offer.observes = e->claims->role == ROLE_OPS;
    code = session_make(s, t ? t->codec : s->config.default_codec, &e->offer, &session);
    if (code != CODE_OK) {
        return code;
    }
    e->took_over = e->seat && !e->seat->waits;
    code = prepare(s, e->claims, &t, &e->seat);
    if (code != CODE_OK) {
        session_drop(session);
        return code;
    }
    if (!t->id) {
        tour_start(s, now, t);
    }
    enter_tour(s, now, e, t, session);
    return CODE_OK;
}

/* ---- another offer ---- */

void seat_spend(struct seat *seat) {
    memcpy(seat->spent, seat->session->params.fingerprint, FINGERPRINT_LEN);
}

enum code seat_reoffer(struct signaling *s, us_t now, struct seat *seat, struct offer *o) {
    struct session *fresh;
    o->before = seat->session;
    o->observes = seat->role == ROLE_OPS;
    if (!rate_admit(s, now, seat->tour->name, seat->sub)) {
        return CODE_RATE_LIMITED;
    }
    if (effects_reserve(s, 1) != OK) {
        return CODE_INTERNAL;
    }
    enum code code = session_make(s, seat->tour->codec, o, &fresh);
    if (code != CODE_OK) {
        return code;
    }
    if (seat->session && negotiate_same_peer(&seat->session->params, &fresh->params)) {
        session_restart(s, seat->session, &fresh->params.ice);
        session_drop(fresh);
        return CODE_OK;
    }
    if (memcmp(seat->spent, fresh->params.fingerprint, FINGERPRINT_LEN) == 0) {
        session_drop(fresh);
        return CODE_TRANSPORT_GONE;
    }
    if (seat->session) {
        seat_spend(seat);
        session_stop(s, seat->session, true);
    }
    seat->wants = *o->wants;
    session_start(s, seat->tour, seat, fresh);
    return CODE_OK;
}
