#include "signaling/seats/departures.h"

#include "base/json_write.h"
#include "signaling/door/secrets.h"
#include "signaling/seats/seats.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/mix.h"
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
    seat_journal(s, seat, false);
    mix_self(s, t, seat->sub, 0);
    timers_clear(&s->timers, &seat->grace.timer);
    map_take(s->seats, seat->id);
    secret_forget(s, seat);
    list_remove(&seat->in_tour);
    t->n_seats--;
    to_trash(s, &seat->trash);
}

void seat_leave(struct signaling *s, us_t now, struct seat *seat, const char *reason) {
    struct tour *t = seat->tour;
    uint32_t number = seat->number;
    seat_delete(s, seat);
    tell_left(s, t, number, reason);
    tour_touch(s, now, t);
}

/* The other transports of the same token: it may watch by WHEP, too. */
static void stop_viewers(struct signaling *s, struct tour *t, const char *sub) {
    LIST_EACH(l, &t->viewers) {
        struct session *v = LIST_ENTRY(l, struct session, in_viewers);
        if (strcmp(v->sub, sub) == 0) {
            session_stop(s, v, true);
        }
    }
}

enum err seat_remove(struct signaling *s, us_t now, struct seat *seat) {
    struct conn *c = seat->conn;
    enum err e = tour_refuse(s, seat->tour, seat->sub);
    if (e != OK) {
        return e;
    }
    stop_viewers(s, seat->tour, seat->sub);
    seat_leave(s, now, seat, "removed");
    if (c) {
        send_error(s, c, CODE_REMOVED);
        close_conn(s, c, WS_REMOVED);
    }
    return OK;
}

void seat_disconnect(struct signaling *s, us_t now, struct seat *seat) {
    seat->conn = NULL;
    seat->lost = true;
    timers_set(&s->timers, &seat->grace.timer, now + s->config.resume_grace);
    tell_changed(s, now, seat);
}

/* ---- tours ---- */

void tour_stop(struct signaling *s, struct tour *t) {
    while (!list_empty(&t->seats)) {
        seat_delete(s, LIST_ENTRY(t->seats.next, struct seat, in_tour));
    }
    while (!list_empty(&t->viewers)) {
        session_stop(s, LIST_ENTRY(t->viewers.next, struct session, in_viewers), true);
    }
    tour_record(s, t, false);
    tour_remove(s, t);
    timers_clear(&s->timers, &t->empty.timer);
    timers_clear(&s->timers, &t->tick.timer);
    t->id = t->speaker = 0;
    t->recording = RECORDING_OFF;
    t->had_host = false;
    tour_forgive(t);
    if (!t->declared) {
        tour_unlink(s, t);
    }
}

void tour_end(struct signaling *s, us_t now, struct tour *t) {
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "tour_ended");
    json_put_string(&o, "reason", "ended");
    json_close(&o, '}');
    send_all(s, t, NULL, &o);
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->conn) {
            close_conn(s, seat->conn, WS_NORMAL);
        }
    }
    tour_note_end(s, now, t->name);
    tour_stop(s, t);
}

/* Without participants a recording ends; viewers alone keep only the tour itself. */
void tour_timeout(struct signaling *s, struct tour *t) {
    if (t->n_viewers == 0) {
        tour_stop(s, t);
    } else {
        tour_record(s, t, false);
        t->had_host = false;
    }
}
