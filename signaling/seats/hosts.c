#include "signaling/seats/hosts.h"

#include "signaling/ledger/pointing.h"
#include "signaling/seats/lobby.h"
#include "signaling/state/tour_state.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/reception.h"
#include "signaling/tell/tick.h"
#include "signaling/tours/rights.h"
#include "signaling/tours/stage.h"

#include <stdio.h>
#include <string.h>

static const struct seat *seat_in(const struct signaling *s, const struct tour *t, uint64_t id) {
    const struct seat *seat = id ? map_get(s->seats, id) : NULL;
    return seat && seat->tour == t && !seat->waits ? seat : NULL;
}

/* Who leads stays so while his link is lost; when his seat is gone it is the next host's turn. */
static uint64_t leader(const struct signaling *s, const struct tour *t) {
    const struct seat *now = seat_in(s, t, t->lead);
    if (now && now->host) {
        return now->id;
    }
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->host) {
            return seat->id;
        }
    }
    return 0;
}

static void set_stage(struct signaling *s, struct tour *t, uint64_t lead, uint64_t spotlight) {
    if (t->lead != lead || t->spotlight != spotlight) {
        t->lead = lead;
        t->spotlight = spotlight;
        tour_tell_stage(s, t);
    }
}

/* A tour that had a host and has guests but no host waits for one, for so long. */
static void watch_host(struct signaling *s, us_t now, struct tour *t) {
    bool gone = *t->missed && tour_has_guest(t) && s->config.host_limit > 0;
    if (!gone) {
        timers_clear(&s->timers, &t->host.timer);
    } else if (t->host.timer.at == US_NEVER) {
        timers_set(&s->timers, &t->host.timer, now + s->config.host_limit);
    }
}

void hosts_check(struct signaling *s, us_t now, struct tour *t, const struct seat *gone) {
    set_stage(s, t, leader(s, t), seat_in(s, t, t->spotlight) ? t->spotlight : 0);
    bool in = tour_has_host(t);
    if (in) {
        t->missed[0] = '\0';
    } else if (t->attended && gone) {
        (void)snprintf(t->missed, sizeof(t->missed), "%s", gone->name);
    }
    t->attended = in;
    watch_host(s, now, t);
    tell_tour_changed(s, now, t);
}

void host_set(struct signaling *s, us_t now, struct seat *seat, bool on) {
    if (seat->host == on) {
        return;
    }
    seat->host = on;
    if (seat->session) {
        seat->session->params.host = on;
        command_peer(s, seat->session, (struct command){.type = COMMAND_HOST, .on = on});
    }
    lobby_show(s, seat, on);
    if (on) {
        reception_again(s, now, seat->tour);
    } else {
        pointing_ends(s, now, seat);
    }
    rights_changed(s, now, seat);
    hosts_check(s, now, seat->tour, on ? NULL : seat);
}

void host_leads(struct signaling *s, us_t now, const struct seat *seat) {
    set_stage(s, seat->tour, seat->id, seat->tour->spotlight);
    tell_tour_changed(s, now, seat->tour);
}

void host_spotlights(struct signaling *s, us_t now, struct tour *t, const struct seat *who) {
    set_stage(s, t, t->lead, who ? who->id : 0);
    tell_tour_changed(s, now, t);
}

bool host_is_other(const struct seat *seat) {
    LIST_EACH(l, &seat->tour->seats) {
        const struct seat *other = LIST_ENTRY(l, struct seat, in_tour);
        if (strcmp(other->sub, seat->sub) != 0 && other->host && !other->lost) {
            return true;
        }
    }
    return false;
}
