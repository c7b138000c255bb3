#include "signaling/kept/go_on.h"

#include "signaling/seats/devices.h"
#include "signaling/seats/hosts.h"
#include "signaling/seats/seats.h"
#include "signaling/tell/effects.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/schedule.h"
#include "signaling/tours/tours.h"

#include <stdio.h>

static void tell_muted(struct signaling *s, const struct seat *seat) {
    for (uint8_t k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        if (seat->muted & 1u << k) {
            effect(s, (struct signaling_effect){.type = EFFECT_MUTED,
                                                .tour = seat->tour->id,
                                                .participant = seat->id,
                                                .kind = k,
                                                .on = true});
        }
    }
}

static void await(struct signaling *s, us_t now, const struct link *seats) {
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        seat->lost = true;
        timers_set(&s->timers, &seat->grace.timer, now + s->config.resume_grace);
        if (!seat->waits) {
            seat_journal(s, seat, true);
            tell_muted(s, seat);
        }
    }
}

/* Another recording begins. */
static void record(struct signaling *s, struct tour *t) {
    bool on = t->record_on && t->record != RECORD_OFF, paused = t->record_paused;
    wall_t since = t->record_paused_since;
    t->record_on = t->record_paused = false;
    tour_record(s, t, on);
    tour_record_pause(s, t, 0, paused);
    t->record_paused_since = since;
}

/* Some devices of people who have several may have been no pages, and are gone. */
static void count_devices(struct signaling *s, us_t now, struct tour *t) {
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->several) {
            devices_left(s, now, t, seat->sub);
        }
    }
}

/* Who leads has lost his link, as all have; where he had none his seat is gone. */
static void await_host(struct signaling *s, us_t now, struct tour *t) {
    const struct seat *lead = t->lead ? map_get(s->seats, t->lead) : NULL;
    if (t->attended && !lead) {
        snprintf(t->missed, sizeof(t->missed), "%s", role_name(ROLE_AGENT));
    }
    hosts_check(s, now, t, lead);
}

static void go_on(struct signaling *s, us_t now, struct tour *t) {
    struct pointer *p = &t->ledger.pointer;
    tour_go_on(s, t);
    await(s, now, &t->seats);
    await(s, now, &t->lobby);
    record(s, t);
    count_devices(s, now, t);
    rights_declared(s, now, t);
    await_host(s, now, t);
    p->on = p->on && (!p->by || map_get(s->seats, p->by));
    schedule_arm(s, now, t);
    tour_touch(s, now, t);
}

enum err kept_go_on(struct signaling *s, us_t now) {
    if (effects_reserve(s, 0) != OK) {
        return ERR_NOMEM;
    }
    LIST_EACH(l, &s->all_tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_signaling);
        if (t->id) {
            go_on(s, now, t);
        }
    }
    return OK;
}
