#include "signaling/tell/reception.h"

#include "base/json_write.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"

#define RECEPTION_EVERY US_PER_S

void reception_report(struct signaling *s, us_t now, struct session *session, enum reception is) {
    if (session->reception != is) {
        session->reception = (uint8_t)is;
        reception_again(s, now, session->tour);
    }
}

void reception_again(struct signaling *s, us_t now, struct tour *t) {
    t->reception.waits = true;
    tell_at_tick(s, now, t);
}

static bool is_weak(const struct seat *seat) {
    return seat->session && seat->session->reception != RECEPTION_GOOD;
}

static bool put_weak(struct buffer *o, struct signaling *s, us_t now, const struct tour *t) {
    bool any = false;
    json_open(o, NULL, '{');
    json_put_string(o, "type", "reception");
    json_open(o, "weak", '[');
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (is_weak(seat)) {
            roster_settle(s, now, seat->id);
            json_open(o, NULL, '{');
            put_number(o, "participant", seat->number);
            json_put_string(o, "quality", reception_name((enum reception)seat->session->reception));
            json_close(o, '}');
            any = true;
        }
    }
    json_close(o, ']');
    json_close(o, '}');
    return any;
}

void reception_tick(struct signaling *s, us_t now, struct tour *t) {
    struct buffer o = {0};
    if (!t->reception.waits) {
        return;
    }
    if (now < t->reception.next) {
        if (t->reception.next < t->tick.timer.at) {
            timers_set(&s->timers, &t->tick.timer, t->reception.next);
        }
        return;
    }
    bool any = put_weak(&o, s, now, t);
    t->reception.waits = false;
    if (any || t->reception.any) { /* a client believes that all is well until it hears of it */
        t->reception.next = now + RECEPTION_EVERY;
        send_hosts(s, t, &o);
    } else {
        buffer_free(&o);
    }
    t->reception.any = any;
}
