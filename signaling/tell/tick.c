/* What changes often is told once per tick of its tour: the net change of each participant
 * (roster.h), and of each slot. A source that flaps on, off and on again within a tick is not told
 * at all; a client that flaps for ever costs everybody else a few messages a second, and not one
 * per packet.
 *
 * A participant's change waits for the end of the tick. A slot's first change is told at once, for
 * the page puts a name under a picture that is already there; those that follow in the same tick
 * wait. */
#include "signaling/tell/tick.h"

#include "base/json_write.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/state_json.h"

#include <string.h>

void tell_at_tick(struct signaling *s, us_t now, struct tour *t) {
    if (t->tick.timer.at > now + s->config.roster_tick) {
        timers_set(&s->timers, &t->tick.timer, now + s->config.roster_tick);
    }
}

/* ---- the tour ---- */

/* As known_of, of the tour object. */
static uint64_t tour_known(const struct signaling *s, us_t now, const struct tour *t) {
    struct buffer b = {0};
    put_tour(&b, s, now, t);
    uint64_t known = b.bad ? 0 : hash_bytes(b.p, b.n, s->seed) | 1;
    buffer_free(&b);
    return known;
}

void tell_tour_changed(struct signaling *s, us_t now, struct tour *t) {
    unkept(s, t, UNKEPT_TOUR);
    if (t->id) {
        t->changed = true;
        tell_at_tick(s, now, t);
    }
}

/* Who is alone in it knows what he was shown. Else others know something else, if it has changed,
 * and all must be told what is true in the end. */
void tour_shown(const struct signaling *s, us_t now, struct tour *t) {
    uint64_t known = tour_known(s, now, t);
    t->known = t->n_seats == 1 || known == t->known ? known : 0;
}

static void tell_net_tour(struct signaling *s, us_t now, struct tour *t) {
    uint64_t known = tour_known(s, now, t);
    struct buffer o = {0};
    t->changed = false;
    if (known != 0 && known == t->known) {
        t->property_changed = false;
        return;
    }
    roster_settle(s, now, t->lead);
    roster_settle(s, now, t->spotlight);
    t->known = known;
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "tour_changed");
    json_key(&o, "tour");
    put_tour_changed(&o, s, now, t);
    t->property_changed = false;
    json_close(&o, '}');
    send_all(s, t, NULL, &o);
}

/* ---- slots ---- */

void slots_shown(struct session *session) {
    for (int i = 0; session && i < session->params.n_lines; i++) {
        session->told[i].binding = session->bound[i];
        session->told[i].changed = false;
    }
}

static void tell_binding(struct signaling *s, us_t now, struct session *session, int line) {
    struct buffer o = {0};
    struct told *told = &session->told[line];
    const struct binding *b = &session->bound[line];
    told->changed = false;
    if (told->binding.participant != b->participant || told->binding.source != b->source ||
        told->binding.paused != b->paused) {
        told->binding = *b;
        told->at = now;
        roster_settle(s, now, b->participant);
        put_slot(&o, s, session, line);
        send_out(s, session->seat ? session->seat->conn : NULL, &o);
    }
}

void tell_slot(struct signaling *s, us_t now, struct session *session, int line) {
    struct told *told = &session->told[line];
    if (told->at != 0 && now - told->at < s->config.roster_tick) {
        told->changed = true;
        tell_at_tick(s, now, session->tour);
        return;
    }
    tell_binding(s, now, session, line);
}

static void tell_net_slots(struct signaling *s, us_t now, struct session *session) {
    for (int i = 0; i < session->params.n_lines; i++) {
        if (session->told[i].changed) {
            tell_binding(s, now, session, i);
        }
    }
}

/* ---- the end of a tick ---- */

void tour_tick(struct signaling *s, us_t now, struct tour *t) {
    if (t->changed) { /* first: what a participant does not say is as the tour has it */
        tell_net_tour(s, now, t);
    }
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (s->count >= TIMEOUT_EFFECTS_MAX) {
            timers_set(&s->timers, &t->tick.timer, now); /* the rest is told at the next call */
            return;
        }
        if (seat->session) {
            tell_net_slots(s, now, seat->session);
        }
    }
    roster_tick(s, now, t);
}
