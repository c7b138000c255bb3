/* What changes often is told once per tick of its tour: the net change of each participant, and of
 * each slot. A source that flaps on, off and on again within a tick is not told at all; a client
 * that flaps for ever costs everybody else one message per tick, and not one per packet.
 *
 * A participant's change waits for the end of the tick. A slot's first change is told at once, for
 * the page puts a name under a picture that is already there; those that follow in the same tick
 * wait. */
#include "signaling/tell/tick.h"

#include "signaling/tell/effects.h"
#include "signaling/tell/state_json.h"

#include <string.h>

static void wait_for_tick(struct sig *s, us_t now, struct tour *t) {
    if (t->tick.timer.at == US_NEVER) {
        timers_set(&s->timers, &t->tick.timer, now + s->config.roster_tick);
    }
}

/* ---- participants ---- */

/* What others know of a participant, as a fingerprint of its JSON; 0 when memory is out, which is
 * never taken for known. */
static uint64_t known_of(const struct sig *s, const struct seat *x) {
    struct buffer b = {0};
    put_participant(&b, x);
    uint64_t known = b.bad ? 0 : hash_bytes(b.p, b.n, s->seed) | 1;
    buffer_free(&b);
    return known;
}

static void tell_joined(struct sig *s, struct seat *x) {
    x->known = known_of(s, x);
    x->changed = false;
    tell_participant(s, x, "participant_joined", x->conn);
}

void tell_changed(struct sig *s, us_t now, struct seat *x) {
    x->changed = true;
    wait_for_tick(s, now, x->tour);
}

void tell_entered(struct sig *s, us_t now, struct seat *x, bool took_over) {
    if (took_over) {
        tell_changed(s, now, x);
    } else {
        tell_joined(s, x);
    }
}

static void tell_net_change(struct sig *s, struct seat *x) {
    uint64_t known = known_of(s, x);
    x->changed = false;
    if (known == 0 || known != x->known) {
        x->known = known;
        tell_participant(s, x, "participant_changed", NULL);
    }
}

/* One person has seen states that the others have not: even if they do not last until the end of
 * the tick, all must be told what is true then. */
void roster_shown(struct tour *t) {
    LIST_EACH(l, &t->seats) {
        struct seat *x = LIST_ENTRY(l, struct seat, in_tour);
        x->known = x->changed ? 0 : x->known;
    }
}

/* ---- slots ---- */

void slots_shown(struct session *x) {
    for (int i = 0; x && i < x->params.n_lines; i++) {
        x->told[i].binding = x->bound[i];
        x->told[i].changed = false;
    }
}

static void tell_binding(struct sig *s, us_t now, struct session *x, int line) {
    struct buffer o = {0};
    struct told *told = &x->told[line];
    const struct binding *b = &x->bound[line];
    told->changed = false;
    if (told->binding.participant != b->participant || told->binding.source != b->source ||
        told->binding.paused != b->paused) {
        told->binding = *b;
        told->at = now;
        put_slot(&o, s, x, line);
        send_out(s, x->seat ? x->seat->conn : NULL, &o);
    }
}

void tell_slot(struct sig *s, us_t now, struct session *x, int line) {
    struct told *told = &x->told[line];
    if (told->at != 0 && now - told->at < s->config.roster_tick) {
        told->changed = true;
        wait_for_tick(s, now, x->tour);
        return;
    }
    tell_binding(s, now, x, line);
}

static void tell_net_slots(struct sig *s, us_t now, struct session *x) {
    for (int i = 0; i < x->params.n_lines; i++) {
        if (x->told[i].changed) {
            tell_binding(s, now, x, i);
        }
    }
}

/* ---- the end of a tick ---- */

void tour_tick(struct sig *s, us_t now, struct tour *t) {
    LIST_EACH(l, &t->seats) {
        struct seat *x = LIST_ENTRY(l, struct seat, in_tour);
        if (s->count >= TIMEOUT_EFFECTS_MAX) {
            timers_set(&s->timers, &t->tick.timer, now); /* the rest is told at the next call */
            return;
        }
        if (x->session) {
            tell_net_slots(s, now, x->session);
        }
        if (x->changed) {
            tell_net_change(s, x);
        }
    }
}
