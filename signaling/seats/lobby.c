#include "signaling/seats/lobby.h"

#include "base/json_write.h"
#include "signaling/seats/admission.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/subs.h"

#include <string.h>

void lobby_link(struct signaling *s, struct tour *t, struct seat *seat) {
    seat->waits = true;
    seat->admitted = false;
    list_push(&t->lobby, &seat->in_tour);
    seat->place = ++t->next_place;
    unkept(s, t, UNKEPT_TOUR);
    unkept_seat(s, seat);
    t->n_lobby++;
    s->n_waiting++;
}

void lobby_unlink(struct signaling *s, struct seat *seat) {
    seat->waits = false;
    unkept_seat(s, seat);
    list_remove(&seat->in_tour);
    seat->tour->n_lobby--;
    s->n_waiting--;
}

/* ---- what hosts see ---- */

static void put_joined(struct buffer *o, const struct seat *seat) {
    json_open(o, NULL, '{');
    json_put_string(o, "type", "lobby_joined");
    json_key(o, "participant");
    put_participant(o, seat);
    json_close(o, '}');
}

void lobby_tell_joined(struct signaling *s, const struct seat *seat) {
    struct buffer o = {0};
    put_joined(&o, seat);
    send_hosts(s, seat->tour, &o);
}

static void put_left(struct buffer *o, uint32_t number, const char *reason) {
    json_open(o, NULL, '{');
    json_put_string(o, "type", "lobby_left");
    put_number(o, "id", number);
    json_put_string(o, "reason", reason);
    json_close(o, '}');
}

void lobby_tell_left(struct signaling *s, const struct tour *t, uint32_t number,
                     const char *reason) {
    struct buffer o = {0};
    put_left(&o, number, reason);
    send_hosts(s, t, &o);
}

void lobby_show(struct signaling *s, const struct seat *seat, bool on) {
    LIST_EACH(l, &seat->tour->lobby) {
        const struct seat *waits = LIST_ENTRY(l, struct seat, in_tour);
        struct buffer o = {0};
        if (!waits->admitted) {
            on ? put_joined(&o, waits) : put_left(&o, waits->number, "not_host");
            send_out(s, seat->conn, &o);
        }
    }
}

void lobby_put(struct buffer *o, const struct tour *t) {
    json_open(o, NULL, '[');
    LIST_EACH(l, &t->lobby) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (!seat->admitted) {
            put_participant(o, seat);
        }
    }
    json_close(o, ']');
}

/* ---- letting in ---- */

enum err lobby_remember(struct signaling *s, const struct seat *seat) {
    unkept(s, seat->tour, UNKEPT_LISTS);
    return subs_add(&seat->tour->admitted, seat->sub, s->config.max_participants);
}

void lobby_await(struct signaling *s, us_t now, struct seat *seat) {
    if (seat->admitted && !seat->lost) { /* who is lost has as long to come back at all */
        timers_set(&s->timers, &seat->grace.timer, now + s->config.resume_grace);
    }
}

/* He is in, or has been let in, on another device as well. */
static bool is_known(const struct seat *seat) {
    LIST_EACH(l, &seat->tour->lobby) {
        const struct seat *other = LIST_ENTRY(l, struct seat, in_tour);
        if (other != seat && other->admitted && strcmp(other->sub, seat->sub) == 0) {
            return true;
        }
    }
    return seat_by_sub(seat->tour, seat->sub) != NULL;
}

void lobby_again(struct signaling *s, struct seat *seat) {
    seat->admitted = false;
    unkept_seat(s, seat);
    unkept(s, seat->tour, UNKEPT_LISTS);
    if (!is_known(seat)) {
        subs_drop(&seat->tour->admitted, seat->sub);
    }
    lobby_tell_joined(s, seat);
}

static void let_in(struct signaling *s, us_t now, struct seat *seat) {
    struct buffer o = {0};
    seat->admitted = true;
    unkept_seat(s, seat);
    lobby_await(s, now, seat);
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "admitted");
    json_close(&o, '}');
    send_out(s, seat->conn, &o);
    lobby_tell_left(s, seat->tour, seat->number, "admitted");
    tell_tour_changed(s, now, seat->tour);
}

/* ---- whom an order is about ---- */

void lobby_name_nobody(const struct tour *t) {
    LIST_EACH(l, &t->lobby) {
        LIST_ENTRY(l, struct seat, in_tour)->named = false;
    }
}

void lobby_name(const struct seat *who) {
    LIST_EACH(l, &who->tour->lobby) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        seat->named = seat->named || strcmp(seat->sub, who->sub) == 0;
    }
}

static bool comes_in(const struct seat *seat, bool all) {
    return !seat->admitted && (all || seat->named);
}

/* How many will be in by it who are not yet: those, and who was let in before. */
static uint32_t coming(const struct tour *t, bool all) {
    uint32_t n = 0;
    LIST_EACH(l, &t->lobby) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        n += seat->admitted || comes_in(seat, all);
    }
    return n;
}

static bool anybody_comes(const struct tour *t, bool all) {
    LIST_EACH(l, &t->lobby) {
        if (comes_in(LIST_ENTRY(l, struct seat, in_tour), all)) {
            return true;
        }
    }
    return false;
}

/* Whatever needs memory comes first. */
static enum err remember_waiting(struct signaling *s, struct tour *t, bool all) {
    LIST_EACH(l, &t->lobby) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (comes_in(seat, all) && lobby_remember(s, seat) != OK) {
            return ERR_NOMEM;
        }
    }
    return OK;
}

static void forget_waiting(struct tour *t) {
    LIST_EACH(l, &t->lobby) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (!seat->admitted && !is_known(seat)) {
            subs_drop(&t->admitted, seat->sub);
        }
    }
}

enum code lobby_admit(struct signaling *s, us_t now, struct tour *t, bool all) {
    if (!anybody_comes(t, all)) {
        return CODE_OK;
    }
    if (admission_over(t, coming(t, all))) {
        return CODE_TOUR_FULL;
    }
    if (remember_waiting(s, t, all) != OK) {
        forget_waiting(t);
        return CODE_INTERNAL;
    }
    LIST_EACH(l, &t->lobby) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (comes_in(seat, all)) {
            let_in(s, now, seat);
        }
    }
    return CODE_OK;
}

/* Who is in when the lobby opens has never waited and need not when he loads his page again. */
static enum err remember_all(struct signaling *s, const struct tour *t) {
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (lobby_remember(s, seat) != OK) {
            return ERR_NOMEM;
        }
    }
    return OK;
}

enum code lobby_set(struct signaling *s, us_t now, struct tour *t, bool on) {
    enum code code = !on                        ? lobby_admit(s, now, t, true)
                     : remember_all(s, t) == OK ? CODE_OK
                                                : CODE_INTERNAL;
    if (code == CODE_OK) {
        t->lobby_on = on;
        tell_tour_changed(s, now, t);
    }
    return code;
}
