/* What changes often is told once per tick of its tour: the net change of each participant, and of
 * each slot. A source that flaps on, off and on again within a tick is not told at all; a client
 * that flaps for ever costs everybody else one message per tick, and not one per packet.
 *
 * A participant's change waits for the end of the tick. A slot's first change is told at once, for
 * the page puts a name under a picture that is already there; those that follow in the same tick
 * wait. */
#include "signaling/tell/tick.h"

#include "base/json_write.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/state_json.h"

#include <string.h>

void tell_at_tick(struct signaling *s, us_t now, struct tour *t) {
    if (t->tick.timer.at == US_NEVER) {
        timers_set(&s->timers, &t->tick.timer, now + s->config.roster_tick);
    }
}

/* ---- participants ---- */

/* What others know of a participant, as a fingerprint of its JSON; 0 when memory is out, which is
 * never taken for known. */
static uint64_t known_of(const struct signaling *s, const struct seat *seat) {
    struct buffer b = {0};
    put_participant(&b, seat);
    uint64_t known = b.bad ? 0 : hash_bytes(b.p, b.n, s->seed) | 1;
    buffer_free(&b);
    return known;
}

void tell_changed(struct signaling *s, us_t now, struct seat *seat) {
    seat->changed = true;
    tell_at_tick(s, now, seat->tour);
}

void tell_entered(struct signaling *s, us_t now, struct seat *seat, bool took_over) {
    if (took_over) {
        tell_changed(s, now, seat);
    } else {
        seat->known = known_of(s, seat);
        seat->changed = false;
        tell_participant(s, seat, "participant_joined", seat->conn);
    }
}

static void tell_net_change(struct signaling *s, struct seat *seat) {
    uint64_t known = known_of(s, seat);
    seat->changed = false;
    if (known == 0 || known != seat->known) {
        seat->known = known;
        tell_participant(s, seat, "participant_changed", NULL);
    }
}

/* One person has seen states that the others have not: even if they do not last until the end of
 * the tick, all must be told what is true then. */
void roster_shown(struct tour *t) {
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        seat->known = seat->changed ? 0 : seat->known;
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
        if (seat->changed) {
            tell_net_change(s, seat);
        }
    }
}
