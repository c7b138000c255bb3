#include "signaling/tours/rights.h"

#include "base/alloc.h"
#include "signaling/ledger/pointing.h"
#include "signaling/ledger/say.h"
#include "signaling/state/standing.h"
#include "signaling/state/unkept.h"
#include "signaling/tell/effects.h"
#include "signaling/tell/roster.h"
#include "signaling/tell/tick.h"

#include <string.h>

/* ---- what somebody may ---- */

/* A token withholds what a host gives to all, but not what he gives to its owner. */
static struct capabilities decide(const struct tour *t, enum standing standing,
                                  const struct capabilities_part *limit,
                                  const struct capabilities_part *granted) {
    bool guest = standing == STANDING_GUEST;
    struct capabilities c = guest ? t->guest : capabilities_default(standing);
    if (guest) {
        capabilities_merge(&c, &t->granted);
    }
    capabilities_restrict(&c, limit);
    if (guest) {
        capabilities_merge(&c, granted);
    }
    return c;
}

static struct grant *find_grant(const struct tour *t, const char *sub) {
    LIST_EACH(l, &t->grants) {
        struct grant *g = LIST_ENTRY(l, struct grant, in_tour);
        if (strcmp(g->sub, sub) == 0) {
            return g;
        }
    }
    return NULL;
}

static struct capabilities_part granted_to(const struct tour *t, const char *sub) {
    const struct grant *g = find_grant(t, sub);
    return g ? g->part : (struct capabilities_part){0};
}

static void decide_seat(struct seat *seat) {
    seat->can = decide(seat->tour, seat_standing(seat), &seat->limit, &seat->granted);
}

static void decide_viewer(const struct tour *t, struct session *v) {
    struct capabilities_part granted = granted_to(t, v->sub);
    v->viewer.can = decide(t, v->viewer.standing, &v->viewer.limit, &granted);
}

void rights_enter(struct seat *seat, const struct claims *claims) {
    seat->limit = claims->can;
    seat->granted = granted_to(seat->tour, seat->sub);
    decide_seat(seat);
}

void rights_enter_viewer(const struct tour *t, struct session *session,
                         const struct claims *claims) {
    session->viewer.standing = role_standing(claims->role);
    session->viewer.limit = claims->can;
    decide_viewer(t, session);
}

/* ---- what others are told ---- */

static uint8_t sources_of(const struct session *session) {
    uint8_t bits = 0;
    for (int i = 0; i < session->params.n_lines; i++) {
        bits |= (uint8_t)(1u << session->params.lines[i].source);
    }
    return bits & SOURCES_ALL;
}

void rights_tell(struct signaling *s, struct session *session) {
    const struct seat *seat = session->seat;
    const struct capabilities *can = seat ? &seat->can : &session->viewer.can;
    uint8_t off =
        seat ? (uint8_t)((seat->muted | session->refused | ~can->send) & sources_of(session)) : 0;
    uint8_t deaf = (uint8_t)(~can->receive & SOURCES_ALL);
    for (uint8_t k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        unsigned bit = 1u << k;
        if ((off ^ session->off) & bit) {
            command_peer(s, session,
                         (struct command){.type = COMMAND_MUTE, .kind = k, .on = off & bit});
        }
        if ((deaf ^ session->deaf) & bit) {
            command_peer(s, session,
                         (struct command){.type = COMMAND_RECEIVE, .kind = k, .on = !(deaf & bit)});
        }
    }
    session->off = off;
    session->deaf = deaf;
}

void rights_changed(struct signaling *s, us_t now, struct seat *seat) {
    decide_seat(seat);
    if (seat->session) {
        rights_tell(s, seat->session);
    }
    if (!may(seat, RIGHT_POINT)) {
        pointing_ends(s, now, seat);
    }
    tell_changed(s, now, seat);
}

static void viewer_changed(struct signaling *s, struct session *v) {
    decide_viewer(v->tour, v);
    rights_tell(s, v);
}

bool rights_mute(struct signaling *s, struct seat *seat, enum source_kind kind, bool muted) {
    unsigned bit = 1u << kind;
    uint8_t bits = (uint8_t)(muted ? seat->muted | bit : seat->muted & ~bit);
    if (bits == seat->muted) {
        return false;
    }
    seat->muted = bits;
    unkept_seat(s, seat);
    effect(s, (struct signaling_effect){.type = EFFECT_MUTED,
                                        .tour = seat->tour->id,
                                        .participant = seat->id,
                                        .kind = (uint8_t)kind,
                                        .on = muted});
    if (seat->session) {
        rights_tell(s, seat->session);
    }
    return true;
}

static void all_changed(struct signaling *s, us_t now, struct tour *t) {
    LIST_EACH(l, &t->seats) {
        rights_changed(s, now, LIST_ENTRY(l, struct seat, in_tour));
    }
    LIST_EACH(l, &t->lobby) {
        struct seat *waits = LIST_ENTRY(l, struct seat, in_tour);
        decide_seat(waits);
        unkept_seat(s, waits);
    }
    LIST_EACH(l, &t->viewers) {
        viewer_changed(s, LIST_ENTRY(l, struct session, in_viewers));
    }
}

/* ---- a run ---- */

static struct capabilities of_guests(const struct signaling *s, const struct tour *t) {
    struct capabilities c = capabilities_default(STANDING_GUEST);
    capabilities_merge(&c, &s->config.default_guest);
    capabilities_merge(&c, &t->plan.guest);
    return c;
}

void rights_begin(const struct signaling *s, struct tour *t) {
    t->guest = of_guests(s, t);
}

void rights_forget(struct tour *t) {
    while (!list_empty(&t->grants)) {
        struct grant *g = LIST_ENTRY(t->grants.next, struct grant, in_tour);
        list_remove(&g->in_tour);
        mem_free(g);
    }
    t->n_grants = 0;
    t->granted = (struct capabilities_part){0};
}

void rights_declared(struct signaling *s, us_t now, struct tour *t) {
    struct capabilities guest = of_guests(s, t);
    if (!capabilities_equal(&guest, &t->guest)) {
        t->guest = guest;
        unkept(s, t, UNKEPT_TOUR);
        all_changed(s, now, t);
        tell_tour_changed(s, now, t);
    }
}

/* ---- a host's word ---- */

static void drop_oldest(struct tour *t) {
    struct grant *g = LIST_ENTRY(t->grants.next, struct grant, in_tour);
    list_remove(&g->in_tour);
    t->n_grants--;
    mem_free(g);
}

/* The grant of this sub, the latest now; as many as people fit in a tour are remembered. NULL when
 * memory is out. */
static struct grant *touch_grant(const struct signaling *s, struct tour *t, const char *sub) {
    struct grant *g = find_grant(t, sub);
    if (g) {
        list_remove(&g->in_tour);
        list_push(&t->grants, &g->in_tour);
        return g;
    }
    g = mem_zalloc(1, sizeof(*g));
    if (!g) {
        return NULL;
    }
    if (t->n_grants >= s->config.max_participants) {
        drop_oldest(t);
    }
    memcpy(g->sub, sub, strlen(sub));
    list_push(&t->grants, &g->in_tour);
    t->n_grants++;
    return g;
}

/* Whatever has no memory for it must find nothing changed: grants that say nothing yet do not
 * count. */
static enum err make_grants(struct signaling *s, struct tour *t, bool named) {
    unkept(s, t, UNKEPT_LISTS);
    unkept(s, t, UNKEPT_TOUR);
    LIST_EACH(l, &t->seats) {
        const struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat_is_guest(seat) && seat->named == named && !touch_grant(s, t, seat->sub)) {
            return ERR_NOMEM;
        }
    }
    return OK;
}

static void add_to(struct tour *t, struct seat *seat, const struct capabilities_part *p) {
    struct grant *g = find_grant(t, seat->sub);
    if (g) {
        capabilities_add(&g->part, p);
        seat->granted = g->part;
    }
}

enum err rights_grant(struct signaling *s, us_t now, struct tour *t,
                      const struct capabilities_part *p) {
    if (make_grants(s, t, true) != OK) {
        return ERR_NOMEM;
    }
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->named) {
            add_to(t, seat, p);
            rights_changed(s, now, seat);
        }
    }
    LIST_EACH(l, &t->viewers) { /* of the same tokens: they look their words up */
        viewer_changed(s, LIST_ENTRY(l, struct session, in_viewers));
    }
    return OK;
}

/* Those who are excepted keep what they have, by a word of their own. What was said of single ones
 * before is overtaken, and not said of them by name: their tokens withhold as much as before. */
enum err rights_grant_all(struct signaling *s, us_t now, struct tour *t,
                          const struct capabilities_part *p) {
    if (make_grants(s, t, false) != OK) {
        return ERR_NOMEM;
    }
    LIST_EACH(l, &t->grants) {
        capabilities_unsay(&LIST_ENTRY(l, struct grant, in_tour)->part, p);
    }
    capabilities_add(&t->granted, p);
    LIST_EACH(l, &t->seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (!seat_is_guest(seat)) {
            continue;
        }
        struct capabilities_part keep = capabilities_named(&seat->can, p);
        if (!seat->named) {
            add_to(t, seat, &keep);
        } else {
            seat->granted = granted_to(t, seat->sub);
        }
    }
    all_changed(s, now, t);
    return OK;
}
