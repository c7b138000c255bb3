/* The engine of signaling: its life, its connections, its clockwork. */
#include "signaling/signaling.h"

#include "base/alloc.h"
#include "base/check.h"
#include "signaling/door/secrets.h"
#include "signaling/door/token.h"
#include "signaling/kept/go_on.h"
#include "signaling/kept/read.h"
#include "signaling/kept/write.h"
#include "signaling/ledger/ledger.h"
#include "signaling/ledger/pointing.h"
#include "signaling/requests/call.h"
#include "signaling/requests/requests.h"
#include "signaling/seats/admission.h"
#include "signaling/seats/departures.h"
#include "signaling/seats/probe.h"
#include "signaling/state/state.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/reception.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/schedule.h"
#include "signaling/tours/tours.h"

#include <string.h>

static struct map *new_map(struct signaling *s, size_t cap) {
    return map_new(cap, rng_u64(&s->config.rng));
}

static bool make_parts(struct signaling *s) {
    size_t conns = s->config.max_connections, tours = s->config.max_tours;
    s->conns = new_map(s, conns);
    s->tours = new_map(s, tours);
    s->names = new_map(s, tours);
    /* Seats outlive their connections for a grace, and WHIP and WHEP have none. */
    s->seats = new_map(s, 2 * conns);
    s->peers = new_map(s, 2 * conns + 1);
    s->resumes = new_map(s, 4 * conns);
    s->resources = new_map(s, 2 * conns + 1);
    s->load = mem_zalloc(s->config.workers, sizeof(*s->load));
    s->consent_version = mem_strdup(s->config.consent_version ? s->config.consent_version : "");
    s->consent_text = mem_strdup(s->config.consent_text ? s->config.consent_text : "");
    s->consent_text_de = mem_strdup(s->config.consent_text_de ? s->config.consent_text_de : "");
    return s->conns && s->tours && s->names && s->seats && s->peers && s->resumes && s->resources &&
           s->load && s->consent_version && s->consent_text && s->consent_text_de &&
           timers_init(&s->timers, 4 * conns + 5 * tours) == OK && effects_reserve(s, 0) == OK;
}

struct signaling *signaling_new(const struct signaling_config *c) {
    CHECK(c->workers > 0 && c->messages_per_second > 0);
    struct signaling *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    list_init(&s->all_conns);
    list_init(&s->all_tours);
    list_init(&s->probes);
    list_init(&s->kept.tours);
    s->drain.at = US_NEVER;
    s->config = *c;
    s->kept.turn = c->keeper.turn;
    s->seed = rng_u64(&c->rng);
    return make_parts(s) ? s : signaling_free(s);
}

static void free_seats(struct link *seats) {
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        mem_free(seat->session);
        mem_free(seat);
    }
}

static void free_tours(struct signaling *s) {
    LIST_EACH(at, &s->all_tours) {
        struct tour *t = LIST_ENTRY(at, struct tour, in_signaling);
        free_seats(&t->seats);
        free_seats(&t->lobby);
        LIST_EACH(l, &t->viewers) {
            mem_free(LIST_ENTRY(l, struct session, in_viewers));
        }
        ledger_forget(&t->ledger);
        tour_forgive(t);
        rights_forget(t);
        roster_forget(t);
        mem_free(t->plan.property);
        mem_free(t);
    }
}

struct signaling *signaling_free(struct signaling *s) {
    if (!s) {
        return NULL;
    }
    OWNER_CHECK(&s->owner);
    for (; s->head < s->count; s->head++) {
        shared_text_unref(s->queue[s->head].hold);
    }
    shared_text_unref(s->last);
    for (struct trash *trash = s->rubbish, *next; trash; trash = next) {
        next = trash->next;
        mem_free(trash);
    }
    free_tours(s);
    probes_free(s);
    LIST_EACH(l, &s->all_conns) {
        mem_free(LIST_ENTRY(l, struct conn, in_signaling));
    }
    struct map *maps[] = {s->conns, s->tours,   s->names,    s->seats,
                          s->peers, s->resumes, s->resources};
    for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
        map_free(maps[i]);
    }
    timers_free(&s->timers);
    mem_free(s->load);
    mem_free(s->consent_version);
    mem_free(s->consent_text);
    mem_free(s->consent_text_de);
    mem_free(s->queue);
    buffer_free(&s->kept.bytes);
    return mem_free(s);
}

enum code signaling_token(struct signaling *s, const char *tour, const char *token,
                          struct claims *ret) {
    OWNER_CHECK(&s->owner);
    enum code code = verify_token(s, token, token ? strlen(token) : 0, ret);
    bool fits = ret->role != ROLE_OPS && strcmp(ret->tour, tour) == 0;
    return code == CODE_OK && !fits ? CODE_FORBIDDEN : code;
}

enum code signaling_admits(struct signaling *s, us_t now, const char *tour, const char *token,
                           struct claims *ret) {
    struct tour *t;
    enum code code = signaling_token(s, tour, token, ret);
    code = code == CODE_OK ? tour_for(s, now, ret, &t) : code;
    return code == CODE_OK ? admission_check(s, now, t, ret) : code;
}

bool signaling_effect(struct signaling *s, struct signaling_effect *ret) {
    OWNER_CHECK(&s->owner);
    kept_write(s);
    return effect_next(s, ret);
}

enum err signaling_rebuild(struct signaling *s, us_t now, struct bytes log,
                           struct signaling_rebuilt *ret) {
    OWNER_CHECK(&s->owner);
    enum err e = kept_read(s, log, ret);
    if (e != OK) {
        return e;
    }
    e = kept_go_on(s, now);
    if (e != OK) {
        kept_forget(s);
        return e;
    }
    s->kept.turn = ret->turn;
    unkept_any(s);
    return OK;
}

void signaling_keep_no_more(struct signaling *s) {
    OWNER_CHECK(&s->owner);
    kept_end(s);
}

/* ---- connections ---- */

/* Whoever only looks keeps a connection that others need. A stranger has an absolute time to show
 * a valid token, whatever it sends meanwhile; who has shown one may be silent for a while. Seats
 * have limits of their own. */
static void watch_idle(struct signaling *s, us_t now, struct conn *c) {
    us_t limit = s->config.idle_limit;
    us_t at = c->token_by != US_NEVER ? c->token_by : limit ? now + limit : US_NEVER;
    timers_set(&s->timers, &c->idle.timer, c->seat ? US_NEVER : at);
}

static void idle_timeout(struct signaling *s, us_t now, struct conn *c) {
    if (effects_reserve(s, 0) != OK) {
        timers_set(&s->timers, &c->idle.timer, now + US_PER_S);
        return;
    }
    close_conn(s, c, WS_IDLE);
}

enum err signaling_open(struct signaling *s, us_t now, uint64_t conn) {
    OWNER_CHECK(&s->owner);
    if (map_get(s->conns, conn)) {
        return ERR_EXISTS;
    }
    if (map_len(s->conns) >= s->config.max_connections) {
        return ERR_FULL;
    }
    struct conn *c = mem_zalloc(1, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    c->id = conn;
    c->rate_at = now;
    c->credit = 2 * US_PER_S;
    c->token_by = s->config.token_limit ? now + s->config.token_limit : US_NEVER;
    c->idle = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_CONN};
    watch_idle(s, now, c);
    CHECK(map_put(s->conns, conn, c) == OK);
    list_push(&s->all_conns, &c->in_signaling);
    return OK;
}

void signaling_closed(struct signaling *s, us_t now, uint64_t conn) {
    OWNER_CHECK(&s->owner);
    struct conn *c = map_take(s->conns, conn);
    if (!c) {
        return;
    }
    timers_clear(&s->timers, &c->idle.timer);
    probe_end(s, c->probe);
    if (c->seat) {
        seat_disconnect(s, now, c->seat);
    }
    list_remove(&c->in_signaling);
    to_trash(s, &c->trash);
}

/* A bucket of two seconds' worth of messages. Of a row over the limit only the first is answered,
 * so that a flood is not echoed; another bucket's worth of them ends the connection. Only a full
 * bucket forgives: in a flood some message always finds a credit that trickled in. */
static bool within_rate(struct signaling *s, us_t now, struct conn *c) {
    us_t cost = US_PER_S / s->config.messages_per_second;
    bool first = !c->limited;
    c->credit += now - c->rate_at;
    c->rate_at = now;
    if (c->credit >= 2 * US_PER_S) {
        c->credit = 2 * US_PER_S;
        c->over = 0;
    }
    c->limited = c->credit < cost;
    if (!c->limited) {
        c->credit -= cost;
        return true;
    }
    c->over++;
    if (first) {
        send_error(s, c, CODE_RATE_LIMITED);
    } else if (c->over > 2 * s->config.messages_per_second) {
        close_conn(s, c, WS_POLICY);
    }
    return false;
}

void signaling_message(struct signaling *s, us_t now, uint64_t conn, const char *text, size_t n) {
    OWNER_CHECK(&s->owner);
    struct conn *c = map_get(s->conns, conn);
    if (!c || c->closing || c->broken) {
        return;
    }
    s->stats.messages++;
    if (within_rate(s, now, c)) {
        if (c->seat) {
            secret_confirm(s, c->seat); /* it has read what resume was answered */
        }
        request_handle(s, now, c, text, n);
        watch_idle(s, now, c);
    }
}

/* ---- time ---- */

/* Tours end by the wall clock and timers run by the other: when the two have come apart, by a step
 * or by little and little, timers are set anew. */
void signaling_clock(struct signaling *s, us_t now, wall_t wall) {
    OWNER_CHECK(&s->owner);
    us_t apart = wall.us - now - s->clock_planned;
    s->clock.now = now;
    s->clock.wall = wall;
    if (apart < -US_PER_S || apart > US_PER_S) {
        s->clock_planned = wall.us - now;
        s->drain.by = s->drain.at == US_NEVER ? s->drain.by : wall_at(s, s->drain.at);
        LIST_EACH(l, &s->all_tours) {
            struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
            if (t->id && t->began != US_NEVER) { /* when its length is over is told by the wall */
                t->began_by = wall_at(s, t->began);
                unkept(s, t, UNKEPT_TOUR);
            }
            if (t->plan.max_length || s->drain.at != US_NEVER) {
                tell_tour_changed(s, now, t);
            }
            schedule_arm(s, now, t);
        }
    }
}

void signaling_overloaded(struct signaling *s, uint32_t retry_after_s) {
    OWNER_CHECK(&s->owner);
    s->retry_after_s = retry_after_s;
}

void signaling_drain(struct signaling *s, us_t now, us_t at, uint32_t retry_after_s) {
    OWNER_CHECK(&s->owner);
    s->drain.at = at;
    s->drain.by = at == US_NEVER ? (wall_t){0} : wall_at(s, at);
    s->drain.retry_after_s = retry_after_s;
    LIST_EACH(l, &s->all_tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
        if (t->id) {
            tell_tour_changed(s, now, t);
            schedule_arm(s, now, t);
        }
    }
}

wall_t signaling_drained_by(const struct signaling *s) {
    OWNER_CHECK(&s->owner);
    return s->drain.by;
}

us_t signaling_deadline(const struct signaling *s) {
    OWNER_CHECK(&s->owner);
    return timers_next(&s->timers);
}

static void timeout(struct signaling *s, us_t now, struct signaling_timer *t) {
    enum end_reason why;
    switch (t->kind) {
    case TIMER_TOUR:
        tour_timeout(s, CONTAINER_OF(t, struct tour, empty));
        break;
    case TIMER_TICK:
        pointing_tick(s, now, CONTAINER_OF(t, struct tour, tick));
        tour_tick(s, now, CONTAINER_OF(t, struct tour, tick));
        reception_tick(s, now, CONTAINER_OF(t, struct tour, tick));
        break;
    case TIMER_HOST:
        tour_end(s, now, CONTAINER_OF(t, struct tour, host), END_HOST_GONE);
        break;
    case TIMER_END:
        if (schedule_due(s, now, CONTAINER_OF(t, struct tour, end), &why)) {
            tour_end(s, now, CONTAINER_OF(t, struct tour, end), why);
        }
        break;
    case TIMER_ROLLOVER:
        tour_record_anew(s, now, CONTAINER_OF(t, struct tour, rollover));
        break;
    case TIMER_CONN:
        idle_timeout(s, now, CONTAINER_OF(t, struct conn, idle));
        break;
    case TIMER_PROBE:
        probe_end(s, CONTAINER_OF(t, struct probe, end));
        break;
    case TIMER_SEAT:
        seat_timeout(s, now, CONTAINER_OF(t, struct seat, grace));
        break;
    }
}

void signaling_timeout(struct signaling *s, us_t now) {
    OWNER_CHECK(&s->owner);
    struct timer *due;
    while (s->count < TIMEOUT_EFFECTS_MAX && (due = timers_pop(&s->timers, now)) != NULL) {
        timeout(s, now, CONTAINER_OF(due, struct signaling_timer, timer));
    }
}

struct signaling_stats signaling_stats(const struct signaling *s) {
    OWNER_CHECK(&s->owner);
    struct signaling_stats stats = s->stats;
    stats.connections = (uint32_t)map_len(s->conns);
    stats.tours = (uint32_t)map_len(s->tours);
    stats.participants = (uint32_t)map_len(s->seats) - s->n_waiting;
    stats.waiting = s->n_waiting;
    stats.probes = s->n_probes;
    stats.sessions = (uint32_t)map_len(s->peers);
    stats.kept_bytes = s->kept.there ? s->kept.log.end : 0;
    return stats;
}
