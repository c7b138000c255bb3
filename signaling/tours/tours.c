#include "signaling/tours/tours.h"

#include "base/alloc.h"
#include "base/check.h"
#include "signaling/ledger/ledger.h"
#include "signaling/state/tour_state.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/state_json.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/mix.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/schedule.h"
#include "signaling/tours/stage.h"
#include "signaling/tours/subs.h"

#include <string.h>

#define ROLLOVER_WAIT (60 * US_PER_S) /* looks again while it is paused */

static bool has_ended(const struct signaling *s, us_t now, const char *name) {
    for (size_t i = 0; i < ENDED_MAX; i++) {
        if (s->ended[i].until > now && strcmp(s->ended[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void forget_end(struct signaling *s, const char *name) {
    for (size_t i = 0; i < ENDED_MAX; i++) {
        if (s->ended[i].until && strcmp(s->ended[i].name, name) == 0) {
            s->ended[i].until = 0;
            unkept_ends(s);
        }
    }
}

void tour_forget_end(struct signaling *s, struct tour *t) {
    forget_end(s, t->name);
    if (t->ended_until) {
        unkept_ends(s);
    }
    t->ended_until = 0;
}

void tour_note_end(struct signaling *s, us_t now, struct tour *t) {
    forget_end(s, t->name);
    unkept_ends(s);
    if (t->declared) { /* it stays, and so nothing can push this out */
        t->ended_until = now + ENDED_KEEP;
        return;
    }
    memcpy(s->ended[s->next_ended].name, t->name, strlen(t->name) + 1);
    s->ended[s->next_ended].until = now + ENDED_KEEP;
    s->next_ended = (s->next_ended + 1) % ENDED_MAX;
}

enum err tour_refuse(struct signaling *s, struct tour *t, const char *sub) {
    enum err e = subs_add(&t->refused, sub, s->config.max_participants);
    unkept(s, t, UNKEPT_LISTS);
    if (e == OK) {
        subs_drop(&t->admitted, sub);
    }
    return e;
}

void tour_forgive(struct tour *t) {
    subs_clear(&t->refused);
    subs_clear(&t->admitted);
}

enum code tour_for(const struct signaling *s, us_t now, const struct claims *c, struct tour **ret) {
    struct tour *t = tour_by_name(s, c->tour);
    *ret = t;
    if (t && subs_have(&t->refused, c->sub)) {
        return CODE_REMOVED;
    }
    if (t && tour_is_over(s, now, t)) {
        return CODE_TOUR_ENDED;
    }
    if (t && t->id) {
        return CODE_OK;
    }
    if (c->role == ROLE_AGENT) {
        return s->drain.at != US_NEVER ? CODE_DRAINING : CODE_OK;
    }
    if ((t && t->ended_until > now) || has_ended(s, now, c->tour)) {
        return CODE_TOUR_ENDED;
    }
    if (!t) {
        return CODE_TOUR_UNKNOWN;
    }
    if (c->role == ROLE_OPS) { /* who only watches begins nothing */
        return CODE_TOUR_EARLY;
    }
    return s->drain.at != US_NEVER ? CODE_DRAINING : CODE_OK;
}

enum err tour_create(struct signaling *s, const char *name, const char *title, struct tour **ret) {
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
    t->empty = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_TOUR};
    t->tick = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_TICK};
    t->host = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_HOST};
    t->rollover = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_ROLLOVER};
    t->end = (struct signaling_timer){.timer = {.at = US_NEVER}, .kind = TIMER_END};
    ledger_init(&t->ledger);
    t->record = s->config.default_record;
    t->codec = s->config.default_codec;
    t->plan = (struct tour_plan){.lobby = s->config.default_lobby,
                                 .max_length = s->config.default_max_length,
                                 .capacity = s->config.default_capacity};
    t->began = US_NEVER;
    list_init(&t->seats);
    list_init(&t->lobby);
    list_init(&t->viewers);
    list_init(&t->refused.all);
    list_init(&t->admitted.all);
    list_init(&t->grants);
    list_push(&s->all_tours, &t->in_signaling);
    *ret = t;
    return OK;
}

void tour_unlink(struct signaling *s, struct tour *t) {
    map_take(s->names, key_of(s, t->name));
    list_remove(&t->in_signaling);
    timers_clear(&s->timers, &t->empty.timer);
    mem_free(t->plan.property);
    t->plan.property = NULL;
    to_trash(s, &t->trash);
}

static uint32_t least_loaded(const struct signaling *s) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < s->config.workers; i++) {
        best = s->load[i] < s->load[best] ? i : best;
    }
    return best;
}

/* The next session of a tour goes where the others are, until they are many. */
uint32_t tour_place(struct signaling *s, struct tour *t) {
    bool many = s->config.tour_spread > 0 && t->n_sessions >= s->config.tour_spread;
    uint32_t worker = many ? least_loaded(s) : t->worker;
    if (!(t->span & 1ull << worker)) {
        t->span |= 1ull << worker;
        command(s, 1ull << worker, (struct command){.type = COMMAND_TOUR_ADD, .tour = t->id});
        command(s, t->span,
                (struct command){.type = COMMAND_TOUR_SPAN,
                                 .tour = t->id,
                                 .home = (uint8_t)t->worker,
                                 .workers = t->span});
        mix_spread(s, t);
        if (t->lead || t->spotlight) {
            tour_tell_stage(s, t);
        }
        if (t->plan.quota.kbps) {
            tour_tell_intake(s, t);
        }
    }
    return worker;
}

static void tell_tour(struct signaling *s, const struct tour *t, bool on) {
    effect(s,
           (struct signaling_effect){
               .type = EFFECT_TOUR, .tour = t->id, .name = t->name, .title = t->title, .on = on});
}

static void take_worker(struct signaling *s, struct tour *t) {
    uint32_t best = least_loaded(s);
    s->load[best]++;
    t->worker = best;
    t->span = 1ull << best;
    t->id = ++s->next_handle;
    t->next_number = 1;
}

void tour_start_untold(struct signaling *s, struct tour *t) {
    take_worker(s, t);
    command(s, t->span, (struct command){.type = COMMAND_TOUR_ADD, .tour = t->id});
}

void tour_remove_untold(struct signaling *s, struct tour *t) {
    command(s, t->span, (struct command){.type = COMMAND_TOUR_REMOVE, .tour = t->id});
    s->load[t->worker]--;
}

void tour_start(struct signaling *s, us_t now, struct tour *t) {
    take_worker(s, t);
    CHECK(map_put(s->tours, t->id, t) == OK); /* as many as names, which were counted */
    tour_forget_end(s, t);
    for (unsigned i = 0; i < UNKEPT_SEATS; i++) {
        unkept(s, t, (enum unkept_part)i);
    }
    tell_tour(s, t, true);
    command(s, t->span, (struct command){.type = COMMAND_TOUR_ADD, .tour = t->id});
    if (t->plan.quota.kbps) {
        tour_tell_intake(s, t);
    }
    t->lobby_on = t->plan.lobby;
    rights_begin(s, t);
    schedule_arm(s, now, t);
}

void tour_go_on(struct signaling *s, struct tour *t) {
    t->worker = t->worker < s->config.workers ? t->worker : least_loaded(s);
    t->span = 1ull << t->worker;
    s->load[t->worker]++;
    tell_tour(s, t, true);
    command(s, t->span, (struct command){.type = COMMAND_TOUR_ADD, .tour = t->id});
    if (t->plan.quota.kbps) {
        tour_tell_intake(s, t);
    }
    if (t->lead || t->spotlight) {
        tour_tell_stage(s, t);
    }
}

void tour_enter(struct signaling *s, us_t now, struct tour *t) {
    if (t->began == US_NEVER) {
        t->began = now;
        t->began_by = wall_at(s, now);
        unkept(s, t, UNKEPT_TOUR);
        schedule_arm(s, now, t);
    }
}

void tour_remove(struct signaling *s, struct tour *t) {
    command(s, t->span, (struct command){.type = COMMAND_TOUR_REMOVE, .tour = t->id});
    tell_tour(s, t, false);
    unkept_run(s, t);
    s->load[t->worker]--;
    map_take(s->tours, t->id);
}

void tour_record(struct signaling *s, struct tour *t, bool on) {
    unkept(s, t, UNKEPT_TOUR);
    if (t->record_on != on) {
        t->record_on = on;
        t->record_paused = false;
        effect(s, (struct signaling_effect){.type = EFFECT_RECORD,
                                            .codec = (uint8_t)t->codec,
                                            .tour = t->id,
                                            .worker = t->worker,
                                            .on = on});
        us_t most = s->config.max_recording;
        timers_set(&s->timers, &t->rollover.timer, on && most ? s->clock.now + most : US_NEVER);
        if (on) {
            ledger_again(s, t);
        }
    }
}

void tour_record_anew(struct signaling *s, us_t now, struct tour *t) {
    us_t next = s->config.max_recording;
    unkept(s, t, UNKEPT_TOUR);
    if (t->record_paused) { /* nothing is recorded meanwhile: it does not grow */
        next = ROLLOVER_WAIT;
    } else {
        tour_record(s, t, false);
        tour_record(s, t, true);
    }
    timers_set(&s->timers, &t->rollover.timer, now + next);
}

void tour_record_pause(struct signaling *s, struct tour *t, uint64_t participant, bool paused) {
    if (!t->record_on || t->record_paused == paused) {
        return;
    }
    t->record_paused = paused;
    unkept(s, t, UNKEPT_TOUR);
    t->record_paused_since = wall_at(s, s->clock.now);
    effect(s, (struct signaling_effect){.type = EFFECT_RECORD_PAUSE,
                                        .tour = t->id,
                                        .worker = t->worker,
                                        .participant = participant,
                                        .on = paused});
    if (!paused) {
        ledger_again(s, t);
    }
    tell_recording(s, t);
    tell_tour_changed(s, s->clock.now, t);
}

void tour_touch(struct signaling *s, us_t now, struct tour *t) {
    unkept(s, t, UNKEPT_TOUR);
    if (!t->id || tour_people(t) > 0) {
        timers_set(&s->timers, &t->empty.timer, US_NEVER);
    } else if (t->empty.timer.at == US_NEVER) {
        timers_set(&s->timers, &t->empty.timer, now + s->config.empty_tour_grace);
    }
}
