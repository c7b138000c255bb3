#include "signaling/tell/roster.h"

#include "base/json_write.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"

/* ---- how often (the generic cell rate algorithm of ITU-T I.371) ---- */

static us_t gap(const struct signaling *s) {
    return US_PER_S / s->config.roster_per_second;
}

/* From when on one more may be told. */
static us_t room_at(const struct signaling *s, const struct tour *t) {
    return s->config.roster_per_second ? t->roster.paid - (ROSTER_BURST - 1) * gap(s) : 0;
}

/* One is told, whether there was room for it or not: what had to be told before something else
 * does not make others wait for longer than for one. */
static void spend(const struct signaling *s, us_t now, struct tour *t) {
    if (s->config.roster_per_second) {
        us_t paid = us_max(t->roster.paid, now) + gap(s);
        t->roster.paid = us_min(paid, now + ROSTER_BURST * gap(s));
    }
}

/* At once, if nothing waits that was before it. */
static bool may_now(const struct signaling *s, us_t now, struct tour *t) {
    bool may = t->roster.n_arrived + t->roster.n_left == 0 && room_at(s, t) <= now;
    if (may) {
        spend(s, now, t);
    }
    return may;
}

static void later(struct signaling *s, us_t now, struct tour *t) {
    t->roster.waits = true;
    tell_at_tick(s, now, t);
}

/* ---- what happens ---- */

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
    unkept_seat(s, seat);
    later(s, now, seat->tour);
}

void tell_entered(struct signaling *s, us_t now, struct seat *seat) {
    struct tour *t = seat->tour;
    if (may_now(s, now, t)) {
        seat->known = known_of(s, seat);
        seat->changed = false;
        tell_participant(s, seat, "participant_joined", seat->conn);
    } else {
        seat->arrived = true;
        seat->shown = false;
        t->roster.n_arrived++;
        later(s, now, t);
    }
}

static void put_left(struct buffer *o, const struct seat *seat, const char *reason) {
    put_number(o, "id", seat->number);
    json_put_string(o, "reason", reason);
}

void tell_gone(struct signaling *s, us_t now, const struct seat *seat, const char *reason) {
    struct tour *t = seat->tour;
    struct buffer o = {0};
    t->roster.n_arrived -= seat->arrived;
    if (seat->arrived && !seat->shown) {
        return; /* nobody has heard of it */
    }
    if (may_now(s, now, t)) {
        json_open(&o, NULL, '{');
        json_put_string(&o, "type", "participant_left");
        put_left(&o, seat, reason);
        json_close(&o, '}');
        send_all(s, t, NULL, &o);
        return;
    }
    t->roster.n_left++;
    json_open(&t->roster.left, NULL, '{');
    put_left(&t->roster.left, seat, reason);
    json_close(&t->roster.left, '}');
    later(s, now, t);
}

/* One person has seen states that the others have not: even if they do not last until the end of
 * the tick, all must be told what is true then, also that who is on that roster has left. */
void roster_shown(const struct signaling *s, struct tour *t) {
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->changed && seat->known != known_of(s, seat)) {
            seat->known = 0;
        }
        seat->shown = true;
    }
}

void roster_forget(struct tour *t) {
    buffer_free(&t->roster.left);
    t->roster = (struct roster){0};
}

/* ---- what is told ---- */

/* It is different from what others know, and they are about to be told. */
static bool is_news(const struct signaling *s, struct seat *seat) {
    uint64_t known = seat->changed && !seat->arrived ? known_of(s, seat) : 0;
    bool news = seat->changed && !seat->arrived && (known == 0 || known != seat->known);
    seat->known = news ? known : seat->known;
    seat->changed = false;
    return news;
}

static void put_all(struct buffer *o, const char *key, struct tour *t,
                    bool seat_is(struct seat *)) {
    json_open(o, key, '[');
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat_is(seat)) {
            put_participant(o, seat);
        }
    }
    json_close(o, ']');
}

static bool take_arrived(struct seat *seat) {
    bool arrived = seat->arrived;
    seat->arrived = false;
    return arrived;
}

static bool take_news(struct seat *seat) {
    bool news = seat->news;
    seat->news = false;
    return news;
}

static void tell_together(struct signaling *s, struct tour *t) {
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "roster_changed");
    put_all(&o, "joined", t, take_arrived);
    put_all(&o, "changed", t, take_news);
    json_open(&o, "left", '[');
    if (t->roster.n_left) {
        buffer_put(&o, t->roster.left.p, t->roster.left.n);
        o.comma = true;
    }
    o.bad |= t->roster.left.bad;
    json_close(&o, ']');
    json_close(&o, '}');
    send_all(s, t, NULL, &o);
    t->roster.n_arrived = t->roster.n_left = 0;
    buffer_free(&t->roster.left);
}

/* Nobody limits them: each by itself. What is too much for one call waits for the next. */
static void tell_each(struct signaling *s, us_t now, struct tour *t) {
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (s->count >= TIMEOUT_EFFECTS_MAX) {
            timers_set(&s->timers, &t->tick.timer, now);
            return;
        }
        if (is_news(s, seat)) {
            tell_participant(s, seat, "participant_changed", NULL);
        }
    }
    t->roster.waits = false;
}

static void flush(struct signaling *s, us_t now, struct tour *t) {
    uint32_t others = t->roster.n_arrived + t->roster.n_left, n = 0;
    struct seat *one = NULL;
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->arrived) {
            seat->known = known_of(s, seat);
        }
        seat->news = is_news(s, seat);
        one = seat->news ? seat : one;
        n += seat->news;
    }
    t->roster.waits = false;
    if (n + others == 0) {
        return;
    }
    spend(s, now, t);
    if (n == 1 && others == 0) {
        one->news = false;
        tell_participant(s, one, "participant_changed", NULL);
    } else {
        tell_together(s, t);
    }
}

void roster_settle(struct signaling *s, us_t now, uint64_t participant) {
    const struct seat *seat = participant ? map_get(s->seats, participant) : NULL;
    if (seat && seat->arrived) {
        flush(s, now, seat->tour);
    }
}

void roster_tick(struct signaling *s, us_t now, struct tour *t) {
    if (!t->roster.waits) {
        return;
    }
    if (s->config.roster_per_second == 0) {
        tell_each(s, now, t);
    } else if (room_at(s, t) <= now) {
        flush(s, now, t);
    } else if (room_at(s, t) < t->tick.timer.at) {
        timers_set(&s->timers, &t->tick.timer, room_at(s, t));
    }
}
