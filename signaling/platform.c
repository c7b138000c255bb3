#include "signaling/platform.h"

#include "signaling/seats/admission.h"
#include "signaling/seats/decisions.h"
#include "signaling/seats/departures.h"
#include "signaling/seats/hosts.h"
#include "signaling/seats/lobby.h"

#include <inttypes.h>
#include <stdio.h>

static struct signaling_person person(const struct tour *t, const struct seat *seat) {
    struct signaling_person p = {.name = seat->name,
                                 .sub = seat->sub,
                                 .role = role_name(seat->role),
                                 .host = seat->host,
                                 .lead = seat->id == t->lead,
                                 .waits = seat->waits,
                                 .lost = seat->lost,
                                 .connected = seat->session && seat->session->connected};
    (void)snprintf(p.id, sizeof(p.id), "p%" PRIu32, seat->number);
    return p;
}

bool signaling_people_each(const struct signaling *s, const char *tour,
                           void (*on_person)(void *ctx, const struct signaling_person *p),
                           void *ctx) {
    OWNER_CHECK(&s->owner);
    const struct tour *t = tour_by_name(s, tour);
    if (!t) {
        return false;
    }
    const struct link *lists[] = {&t->seats, &t->lobby};
    for (size_t i = 0; i < 2; i++) {
        LIST_EACH(l, lists[i]) {
            const struct signaling_person p = person(t, LIST_ENTRY(l, struct seat, in_tour));
            on_person(ctx, &p);
        }
    }
    return true;
}

static enum code of_memory(enum err e) {
    return e == OK ? CODE_OK : CODE_INTERNAL;
}

static enum code admit(struct signaling *s, us_t now, struct tour *t, struct seat *who) {
    uint32_t let_in = t->n_lobby - lobby_count(t); /* and not in yet */
    return admission_over(t, let_in + 1) ? CODE_TOUR_FULL : of_memory(lobby_admit(s, now, who));
}

static enum code lead(struct signaling *s, us_t now, struct seat *who) {
    if (who->role == ROLE_OPS) {
        return CODE_FORBIDDEN;
    }
    if (decide_host(s, now, who, NULL, true) != OK) {
        return CODE_INTERNAL;
    }
    host_leads(s, now, who);
    return CODE_OK;
}

enum code signaling_person_order(struct signaling *s, us_t now, const char *tour, const char *id,
                                 enum signaling_person_order order) {
    OWNER_CHECK(&s->owner);
    struct tour *t = tour_by_name(s, tour);
    if (!t) {
        return CODE_TOUR_UNKNOWN;
    }
    struct seat *in = seat_by_number(t, id), *waits = waiting_by_number(t, id);
    struct seat *who = order == PERSON_ADMIT || (order == PERSON_REMOVE && !in) ? waits : in;
    if (!who) {
        return CODE_RESOURCE_UNKNOWN;
    }
    switch (order) {
    case PERSON_REMOVE:
        return of_memory(seat_remove(s, now, who));
    case PERSON_ADMIT:
        return who->admitted ? CODE_OK : admit(s, now, t, who);
    default:
        return lead(s, now, who);
    }
}

enum code signaling_tour_lock(struct signaling *s, us_t now, const char *tour, bool on) {
    OWNER_CHECK(&s->owner);
    struct tour *t = tour_by_name(s, tour);
    if (!t || !t->id) {
        return CODE_TOUR_UNKNOWN;
    }
    return of_memory(decide_lock(s, now, t, NULL, on));
}
