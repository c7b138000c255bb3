/* Tours as others say them: the configuration, and the REST API. */
#include "base/alloc.h"
#include "signaling/seats/departures.h"
#include "signaling/seats/lobby.h"
#include "signaling/state/tour_state.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/schedule.h"
#include "signaling/tours/sources.h"
#include "signaling/tours/stage.h"
#include "signaling/tours/tours.h"

#include <string.h>

#define WALL_MAX (INT64_C(253402300800) * US_PER_S) /* the year 10000 */
#define LENGTH_MAX (366 * 86400 * US_PER_S)

static bool time_ok(wall_t at) {
    return at.us >= 0 && at.us < WALL_MAX;
}

/* What is wrong with it, and its property in *ret, to be owned. */
static enum err check(const struct signaling_tour *d, char **ret) {
    *ret = NULL;
    bool ordered = !d->starts_at.us || !d->ends_at.us || d->starts_at.us < d->ends_at.us;
    if (!tour_name_valid(d->name) || d->codec <= CODEC_OPUS || d->codec >= CODEC_COUNT ||
        !time_ok(d->starts_at) || !time_ok(d->ends_at) || !ordered || d->max_length < 0 ||
        d->max_length > LENGTH_MAX) {
        return ERR_RANGE;
    }
    if (!d->property) {
        return OK;
    }
    if (!*d->property) { /* which is no JSON */
        return ERR_RANGE;
    }
    if (strlen(d->property) > TOUR_PROPERTY_MAX) {
        return ERR_LONG;
    }
    *ret = mem_strdup(d->property);
    return *ret ? OK : ERR_NOMEM;
}

/* Both may be NULL. */
static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Takes the property. */
static void plan(struct signaling *s, struct tour *t, const struct signaling_tour *d,
                 char *property) {
    const char *title = d->title && *d->title ? d->title : d->name;
    char copy[TITLE_MAX + 1] = {0}; /* it may be the tour's own, from a view of it */
    memcpy(copy, title, strnlen(title, TITLE_MAX));
    memcpy(t->title, copy, sizeof(t->title));
    t->record = d->record;
    t->codec = d->codec;
    if (t->id && !same_text(t->plan.property, property)) {
        t->property_changed = true;
    }
    unkept(s, t, UNKEPT_TOUR);
    mem_free(t->plan.property);
    t->plan = (struct tour_plan){.lobby = d->lobby,
                                 .starts_at = d->starts_at,
                                 .ends_at = d->ends_at,
                                 .max_length = d->max_length,
                                 .capacity = d->capacity,
                                 .guest = d->guest,
                                 .quota = d->quota,
                                 .property = property};
}

enum err signaling_tour_declare(struct signaling *s, const struct signaling_tour *d) {
    OWNER_CHECK(&s->owner);
    struct tour *t;
    char *property;
    enum err e = check(d, &property);
    if (e != OK) {
        return e;
    }
    e = tour_by_name(s, d->name) ? ERR_EXISTS : tour_create(s, d->name, d->name, &t);
    if (e != OK) {
        mem_free(property);
        return e;
    }
    plan(s, t, d, property);
    t->declared = true;
    tour_forget_end(s, t); /* it is another one of that name */
    return OK;
}

/* It is planned for another time, which is to come or goes on. */
static bool opens_again(const struct signaling *s, us_t now, const struct tour *t,
                        const struct tour_plan *before) {
    return !tour_is_over(s, now, t) && (t->plan.starts_at.us != before->starts_at.us ||
                                        t->plan.ends_at.us != before->ends_at.us);
}

/* Of the run, by the capacity that it will have. */
static enum err set_lobby(struct signaling *s, us_t now, struct tour *t,
                          const struct signaling_tour *d, bool on) {
    const uint32_t before = t->plan.capacity;
    if (!t->id || t->lobby_on == on) {
        return OK;
    }
    t->plan.capacity = d->capacity;
    enum code code = lobby_set(s, now, t, on);
    t->plan.capacity = before;
    return code == CODE_OK ? OK : code == CODE_TOUR_FULL ? ERR_FULL : ERR_NOMEM;
}

/* t: its tour, or NULL. */
static enum err update(struct signaling *s, us_t now, struct tour *t,
                       const struct signaling_tour *d, bool lobby_on) {
    char *property;
    enum err e = check(d, &property);
    if (e != OK) {
        return e;
    }
    e = !t ? ERR_UNKNOWN : t->id && t->codec != d->codec ? ERR_WRONG_STATE : OK;
    e = e == OK ? set_lobby(s, now, t, d, lobby_on) : e;
    if (e != OK) {
        mem_free(property);
        return e;
    }
    const struct tour_plan before = t->plan; /* its times; the texts go */
    plan(s, t, d, property);
    if (opens_again(s, now, t, &before)) {
        tour_forget_end(s, t);
    }
    if (t->id) {
        if (t->record == RECORD_OFF) {
            tour_record(s, t, false);
        }
        rights_declared(s, now, t);
        if (before.quota.kbps != t->plan.quota.kbps) {
            tour_tell_intake(s, t);
        }
        sources_declared(s, now, t);
        schedule_arm(s, now, t);
        tell_tour_changed(s, now, t);
    }
    return OK;
}

enum err signaling_tour_update(struct signaling *s, us_t now, const struct signaling_tour *d) {
    OWNER_CHECK(&s->owner);
    struct tour *t = tour_by_name(s, d->name);
    return update(s, now, t, d, t && t->plan.lobby == d->lobby ? t->lobby_on : d->lobby);
}

enum err signaling_tour_update_lobby(struct signaling *s, us_t now, const struct signaling_tour *d,
                                     bool on) {
    OWNER_CHECK(&s->owner);
    return update(s, now, tour_by_name(s, d->name), d, on);
}

enum err signaling_tour_end(struct signaling *s, us_t now, const char *name, bool forget) {
    OWNER_CHECK(&s->owner);
    struct tour *t = tour_by_name(s, name);
    if (!t) {
        return ERR_UNKNOWN;
    }
    bool stays = t->declared && !forget;
    t->declared = stays;
    if (t->id) {
        tour_end(s, now, t, END_ORDERED);
    } else {
        tour_note_end(s, now, t);
        if (!stays) {
            tour_unlink(s, t);
        }
    }
    return OK;
}

enum err signaling_tour_undeclare(struct signaling *s, us_t now, const char *name) {
    OWNER_CHECK(&s->owner);
    struct tour *t = tour_by_name(s, name);
    if (t && !t->id) {
        tour_unlink(s, t); /* nobody was in it, and so nothing has ended */
        return OK;
    }
    return signaling_tour_end(s, now, name, true);
}

static wall_t paused_since(const struct tour *t) {
    return t->record_paused ? t->record_paused_since : (wall_t){0};
}

static void view(const struct signaling *s, us_t now, const struct tour *t,
                 struct signaling_tour_view *ret) {
    const struct seat *lead = t->lead ? map_get(s->seats, t->lead) : NULL;
    *ret = (struct signaling_tour_view){.tour = {.name = t->name,
                                                 .title = t->title,
                                                 .record = t->record,
                                                 .codec = t->codec,
                                                 .lobby = t->plan.lobby,
                                                 .starts_at = t->plan.starts_at,
                                                 .ends_at = t->plan.ends_at,
                                                 .max_length = t->plan.max_length,
                                                 .capacity = t->plan.capacity,
                                                 .guest = t->plan.guest,
                                                 .quota = t->plan.quota,
                                                 .property = t->plan.property},
                                        .state = tour_state_name(tour_state(s, now, t)),
                                        .declared = t->declared,
                                        .locked = t->locked,
                                        .lobby_on = tour_has_lobby(t),
                                        .recording = t->recording != RECORDING_OFF,
                                        .recording_paused = t->record_paused,
                                        .recording_failing = t->recording == RECORDING_FAILING,
                                        .recording_since = t->recording_since,
                                        .recording_paused_since = paused_since(t),
                                        .run = t->id,
                                        .began = t->began_by,
                                        .ending = tour_ends_by(s, t),
                                        .participants = t->n_seats,
                                        .waiting = t->n_lobby,
                                        .viewers = t->n_viewers,
                                        .lead = lead ? lead->name : NULL,
                                        .missed = *t->missed ? t->missed : NULL};
}

enum err signaling_tour_get(const struct signaling *s, us_t now, const char *name,
                            struct signaling_tour_view *ret) {
    OWNER_CHECK(&s->owner);
    const struct tour *t = tour_by_name(s, name);
    if (!t) {
        return ERR_UNKNOWN;
    }
    view(s, now, t, ret);
    return OK;
}

void signaling_tour_each(const struct signaling *s, us_t now,
                         void (*on_tour)(void *ctx, const struct signaling_tour_view *v),
                         void *ctx) {
    OWNER_CHECK(&s->owner);
    LIST_EACH(l, &s->all_tours) {
        struct signaling_tour_view v;
        view(s, now, LIST_ENTRY(l, struct tour, in_signaling), &v);
        on_tour(ctx, &v);
    }
}
