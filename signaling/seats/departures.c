#include "signaling/seats/departures.h"

#include "base/check.h"
#include "base/json_write.h"
#include "signaling/door/secrets.h"
#include "signaling/ledger/ledger.h"
#include "signaling/ledger/pointing.h"
#include "signaling/seats/devices.h"
#include "signaling/seats/hosts.h"
#include "signaling/seats/lobby.h"
#include "signaling/seats/probe.h"
#include "signaling/seats/seats.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/mix.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/sessions.h"
#include "signaling/tours/tours.h"

#include <string.h>

void seat_delete(struct signaling *s, struct seat *seat) {
    struct tour *t = seat->tour;
    if (seat->session) {
        session_stop(s, seat->session, true);
    }
    if (seat->conn) {
        seat->conn->seat = NULL;
    }
    timers_clear(&s->timers, &seat->grace.timer);
    map_take(s->seats, seat->id);
    unkept_gone(s, KEPT_SEAT, seat->id, 0);
    secret_forget(s, seat);
    if (seat->waits) {
        lobby_unlink(s, seat);
    } else {
        seat_journal(s, seat, false);
        list_remove(&seat->in_tour);
        t->n_seats--;
        const struct seat *other = seat_by_sub(t, seat->sub);
        mix_self(s, t, seat->sub, other ? other->id : 0);
    }
    to_trash(s, &seat->trash);
}

void seat_leave(struct signaling *s, us_t now, struct seat *seat, const char *reason) {
    struct tour *t = seat->tour;
    bool waited = seat->waits;
    pointing_ends(s, now, seat);
    seat_delete(s, seat); /* in the trash it can still be read */
    if (!waited) {
        tell_gone(s, now, seat, reason);
        devices_left(s, now, t, seat->sub);
    } else if (!seat->admitted) {
        lobby_tell_left(s, t, seat->number, reason);
    }
    tour_touch(s, now, t);
    hosts_check(s, now, t, seat->host ? seat : NULL);
}

static struct seat *other_page(const struct link *seats, const struct seat *but) {
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat != but && strcmp(seat->sub, but->sub) == 0 && !seat_is_whip(seat)) {
            return seat;
        }
    }
    return NULL;
}

/* Who comes is told how it is then by his reply, and no event is before that: meanwhile he has no
 * connection. */
void seat_leave_others(struct signaling *s, us_t now, struct seat *seat) {
    const struct link *lists[] = {&seat->tour->seats, &seat->tour->lobby};
    struct conn *conn = seat->conn;
    seat->conn = NULL;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        for (struct seat *other; (other = other_page(lists[i], seat)) != NULL;) {
            seat_attach(s, other, NULL);
            seat_leave(s, now, other, "taken_over");
        }
    }
    seat->conn = conn;
}

/* The other transports of the same token: it may watch by WHEP, too. */
static bool stop_viewers(struct signaling *s, us_t now, struct tour *t, const char *sub) {
    bool any = false;
    LIST_EACH(l, &t->viewers) {
        struct session *v = LIST_ENTRY(l, struct session, in_viewers);
        if (strcmp(v->sub, sub) == 0) {
            session_stop(s, v, true);
            any = true;
        }
    }
    if (any) {
        tell_tour_changed(s, now, t);
    }
    return any;
}

static void throw_out(struct signaling *s, us_t now, struct seat *seat, enum code why) {
    struct conn *c = seat->conn;
    seat_leave(s, now, seat, "removed");
    if (c) {
        send_error(s, c, why);
        close_conn(s, c, WS_REMOVED);
    }
}

bool tour_rid(struct signaling *s, us_t now, struct tour *t, const char *sub, enum code why) {
    struct seat *seat;
    bool any = stop_viewers(s, now, t, sub);
    while ((seat = seat_by_sub(t, sub)) != NULL || (seat = waiting_by_sub(t, sub)) != NULL) {
        throw_out(s, now, seat, why);
        any = true;
    }
    probes_rid(s, t->name, sub);
    return any;
}

enum err seat_remove(struct signaling *s, us_t now, struct seat *seat) {
    enum err e = tour_refuse(s, seat->tour, seat->sub);
    if (e == OK) {
        (void)tour_rid(s, now, seat->tour, seat->sub, CODE_REMOVED);
    }
    return e;
}

void seat_disconnect(struct signaling *s, us_t now, struct seat *seat) {
    seat->conn = NULL;
    seat->lost = true;
    unkept_seat(s, seat);
    timers_set(&s->timers, &seat->grace.timer, now + s->config.resume_grace);
    if (!seat->waits) {
        tell_changed(s, now, seat);
        hosts_check(s, now, seat->tour, seat->host ? seat : NULL);
    } else if (!seat->admitted) {
        lobby_tell_joined(s, seat); /* as it is now */
    }
}

void seat_timeout(struct signaling *s, us_t now, struct seat *seat) {
    if (seat->waits && seat->admitted && !seat->lost) {
        lobby_again(s, seat);
    } else {
        seat_leave(s, now, seat, "timeout");
    }
}

/* ---- tours ---- */

void tour_forget_run(struct signaling *s, struct tour *t) {
    timers_clear(&s->timers, &t->empty.timer);
    timers_clear(&s->timers, &t->tick.timer);
    timers_clear(&s->timers, &t->host.timer);
    timers_clear(&s->timers, &t->end.timer);
    timers_clear(&s->timers, &t->rollover.timer);
    t->id = t->speaker = t->lead = t->spotlight = t->known = 0;
    t->recording = RECORDING_OFF;
    t->recording_since = (wall_t){0};
    t->had_host = t->attended = t->locked = t->lobby_on = t->changed = t->end_told = false;
    t->property_changed = false;
    t->missed[0] = '\0';
    t->began = US_NEVER;
    t->began_by = (wall_t){0};
    ledger_forget(&t->ledger);
    memset(&t->platform, 0, sizeof(t->platform));
    tour_forgive(t);
    rights_forget(t);
    roster_forget(t);
}

static void delete_all(struct signaling *s, const struct link *seats) {
    while (!list_empty(seats)) {
        seat_delete(s, LIST_ENTRY(seats->next, struct seat, in_tour));
    }
}

void tour_stop(struct signaling *s, struct tour *t) {
    delete_all(s, &t->seats);
    delete_all(s, &t->lobby);
    while (!list_empty(&t->viewers)) {
        session_stop(s, LIST_ENTRY(t->viewers.next, struct session, in_viewers), true);
    }
    tour_record(s, t, false);
    tour_remove(s, t);
    tour_forget_run(s, t);
    if (!t->declared) {
        tour_unlink(s, t);
    }
}

static void say_goodbye(struct signaling *s, const struct link *seats, struct shared_text *text) {
    LIST_EACH(l, seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        send_text(s, seat->conn, text);
        if (seat->conn) {
            close_conn(s, seat->conn, WS_NORMAL);
        }
    }
}

static void tell_end(struct signaling *s, const struct tour *t, enum end_reason why) {
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "tour_ended");
    json_put_string(&o, "reason", end_reason_name(why));
    json_close(&o, '}');
    struct shared_text *text = shared_text_of(&o);
    say_goodbye(s, &t->seats, text);
    say_goodbye(s, &t->lobby, text); /* nothing else reaches who waits */
    shared_text_unref(text);
}

void tour_end(struct signaling *s, us_t now, struct tour *t, enum end_reason why) {
    tell_end(s, t, why);
    if (why != END_DRAINED) { /* nobody wanted it to be over: it can go on elsewhere, or later */
        tour_note_end(s, now, t);
    }
    tour_stop(s, t);
}

/* Without participants a recording ends; viewers and who waits keep only the tour itself, and
 * observers not even that. */
void tour_timeout(struct signaling *s, struct tour *t) {
    if (t->n_viewers + t->n_lobby > 0) {
        tour_record(s, t, false);
        t->had_host = false;
        unkept(s, t, UNKEPT_TOUR);
        return;
    }
    tell_end(s, t, END_EMPTY);
    tour_stop(s, t);
}
