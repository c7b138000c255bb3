/* Tours: declared ones wait in the configuration, others are made by an agent. A run of a tour
 * has a handle and a worker of its own, so that late reports about an earlier run find nobody. */
#include "signaling/internal.h"

#include "base/alloc.h"
#include "base/check.h"

#include <string.h>

struct tour *tour_by_name(const struct sig *s, const char *name) {
    struct tour *t = map_get(s->names, key_of(s, name));
    return t && strcmp(t->name, name) == 0 ? t : NULL;
}

static bool has_ended(const struct sig *s, us_t now, const char *name) {
    for (size_t i = 0; i < ENDED_MAX; i++) {
        if (s->ended[i].until > now && strcmp(s->ended[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void forget_end(struct sig *s, const char *name) {
    for (size_t i = 0; i < ENDED_MAX; i++) {
        if (strcmp(s->ended[i].name, name) == 0) {
            s->ended[i].until = 0;
        }
    }
}

static bool is_refused(const struct tour *t, const char *sub) {
    LIST_EACH(l, &t->refused) {
        if (strcmp(LIST_ENTRY(l, struct refused, in_tour)->sub, sub) == 0) {
            return true;
        }
    }
    return false;
}

static void forgive(struct tour *t, struct refused *r) {
    list_remove(&r->in_tour);
    t->n_refused--;
    mem_free(r);
}

enum err tour_refuse(struct sig *s, struct tour *t, const char *sub) {
    struct refused *r = mem_zalloc(1, sizeof(*r));
    if (!r) {
        return ERR_NOMEM;
    }
    if (t->n_refused >= s->config.max_participants) {
        forgive(t, LIST_ENTRY(t->refused.next, struct refused, in_tour));
    }
    memcpy(r->sub, sub, strlen(sub));
    list_push(&t->refused, &r->in_tour);
    t->n_refused++;
    return OK;
}

void tour_forgive(struct tour *t) {
    while (!list_empty(&t->refused)) {
        forgive(t, LIST_ENTRY(t->refused.next, struct refused, in_tour));
    }
}

enum sig_code tour_for(const struct sig *s, us_t now, const struct claims *c, struct tour **ret) {
    struct tour *t = tour_by_name(s, c->tour);
    *ret = t;
    if (c->role != ROLE_AGENT && c->role != ROLE_BUYER) {
        return SIG_FORBIDDEN;
    }
    if (t && is_refused(t, c->sub)) {
        return SIG_REMOVED;
    }
    if (c->role == ROLE_AGENT || (t && t->id)) {
        return SIG_OK;
    }
    return has_ended(s, now, c->tour) ? SIG_TOUR_ENDED : t ? SIG_OK : SIG_TOUR_UNKNOWN;
}

enum sig_code sig_admits(struct sig *s, us_t now, const char *tour, const char *token,
                         struct claims *ret) {
    OWNER_CHECK(&s->owner);
    struct tour *t;
    enum sig_code code = verify_token(s, token, token ? strlen(token) : 0, ret);
    if (code == SIG_OK && strcmp(ret->tour, tour) != 0) {
        code = SIG_FORBIDDEN;
    }
    return code == SIG_OK ? tour_for(s, now, ret, &t) : code;
}

enum err tour_create(struct sig *s, const char *name, const char *title, struct tour **ret) {
    if (map_len(s->names) >= s->config.max_tours || map_get(s->names, key_of(s, name))) {
        return ERR_FULL;
    }
    struct tour *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        return ERR_NOMEM;
    }
    CHECK(map_put(s->names, key_of(s, name), t) == OK);
    memcpy(t->name, name, strlen(name));
    memcpy(t->title, title, strnlen(title, TITLE_MAX));
    t->empty = (struct sig_timer){.timer = {.at = US_NEVER}, .kind = TIMER_TOUR};
    t->tick = (struct sig_timer){.timer = {.at = US_NEVER}, .kind = TIMER_TICK};
    t->record = s->config.default_record;
    t->codec = s->config.default_codec;
    list_init(&t->seats);
    list_init(&t->viewers);
    list_init(&t->refused);
    list_push(&s->all_tours, &t->in_sig);
    *ret = t;
    return OK;
}

void tour_unlink(struct sig *s, struct tour *t) {
    map_take(s->names, key_of(s, t->name));
    list_remove(&t->in_sig);
    timers_clear(&s->timers, &t->empty.timer);
    to_trash(s, &t->trash);
}

static uint32_t least_loaded(const struct sig *s) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < s->config.workers; i++) {
        best = s->load[i] < s->load[best] ? i : best;
    }
    return best;
}

/* The next session of a tour goes where the others are, until they are many. */
uint32_t tour_place(struct sig *s, struct tour *t) {
    bool many = s->config.tour_spread > 0 && t->n_sessions >= s->config.tour_spread;
    uint32_t worker = many ? least_loaded(s) : t->worker;
    if (!(t->span & 1ull << worker)) {
        t->span |= 1ull << worker;
        effect(s, (struct sig_effect){.type = EFFECT_TOUR_SPAN,
                                      .tour = t->id,
                                      .worker = t->worker,
                                      .fresh = worker,
                                      .span = t->span});
        mix_spread(s, t);
    }
    return worker;
}

void tour_start(struct sig *s, struct tour *t) {
    uint32_t best = least_loaded(s);
    s->load[best]++;
    t->worker = best;
    t->span = 1ull << best;
    t->id = ++s->next_handle;
    t->next_number = 1;
    CHECK(map_put(s->tours, t->id, t) == OK); /* as many as names, which were counted */
    forget_end(s, t->name);
    effect(s, (struct sig_effect){.type = EFFECT_TOUR_ADD,
                                  .tour = t->id,
                                  .worker = t->worker,
                                  .tour_name = t->name,
                                  .title = t->title});
}

void tour_record(struct sig *s, struct tour *t, bool on) {
    if (t->record_on != on) {
        t->record_on = on;
        t->record_paused = false;
        effect(s, (struct sig_effect){.type = EFFECT_RECORD,
                                      .codec = (uint8_t)t->codec,
                                      .tour = t->id,
                                      .worker = t->worker,
                                      .on = on});
    }
}

void tour_record_pause(struct sig *s, struct tour *t, uint64_t participant, bool paused) {
    if (!t->record_on || t->record_paused == paused) {
        return;
    }
    t->record_paused = paused;
    effect(s, (struct sig_effect){.type = EFFECT_RECORD_PAUSE,
                                  .tour = t->id,
                                  .worker = t->worker,
                                  .participant = participant,
                                  .on = paused});
    tell_recording(s, t);
}

void tour_stop(struct sig *s, struct tour *t) {
    while (!list_empty(&t->seats)) {
        seat_delete(s, LIST_ENTRY(t->seats.next, struct seat, in_tour));
    }
    while (!list_empty(&t->viewers)) {
        session_stop(s, LIST_ENTRY(t->viewers.next, struct session, in_viewers), true);
    }
    tour_record(s, t, false);
    effect(s, (struct sig_effect){
                  .type = EFFECT_TOUR_REMOVE, .tour = t->id, .worker = t->worker, .span = t->span});
    s->load[t->worker]--;
    map_take(s->tours, t->id);
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

void tour_end(struct sig *s, us_t now, struct tour *t) {
    struct buffer o = {0};
    json_open(&o, NULL, '{');
    json_put_string(&o, "type", "tour_ended");
    json_put_string(&o, "reason", "ended");
    json_close(&o, '}');
    send_all(s, t, NULL, &o);
    LIST_EACH(l, &t->seats) {
        const struct seat *x = LIST_ENTRY(l, struct seat, in_tour);
        if (x->conn) {
            close_conn(s, x->conn, WS_NORMAL);
        }
    }
    forget_end(s, t->name);
    memcpy(s->ended[s->next_ended].name, t->name, sizeof(t->name));
    s->ended[s->next_ended].until = now + ENDED_KEEP;
    s->next_ended = (s->next_ended + 1) % ENDED_MAX;
    tour_stop(s, t);
}

void tour_touch(struct sig *s, us_t now, struct tour *t) {
    if (!t->id || t->n_seats > 0) {
        timers_set(&s->timers, &t->empty.timer, US_NEVER);
    } else if (t->empty.timer.at == US_NEVER) {
        timers_set(&s->timers, &t->empty.timer, now + s->config.empty_tour_grace);
    }
}

/* Without participants a recording ends; viewers alone keep only the tour itself. */
void tour_timeout(struct sig *s, struct tour *t) {
    if (t->n_viewers == 0) {
        tour_stop(s, t);
    } else {
        tour_record(s, t, false);
        t->had_host = false;
    }
}
