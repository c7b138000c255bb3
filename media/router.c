/* Which source fills which slot. Signaling owns the intent (pins, mutes, who is host), this file
 * the binding at a point in time. It runs when something that ranks has changed: a source comes or
 * goes, somebody else speaks, a viewer joins or pins. */
#include "media/peer.h"
#include "media/tour.h"

static bool better_screen(const struct source *a, const struct source *b) {
    if (!b || a->peer->host != b->peer->host) {
        return !b || a->peer->host;
    }
    return a->order > b->order;
}

/* The newest screen share; a host's goes before others'. */
static struct source *best_screen(const struct tour *t, uint64_t self) {
    struct source *best = NULL;
    LIST_EACH(l, &t->live) {
        struct source *s = LIST_ENTRY(l, struct source, in_live);
        if (s->line->s.source == SOURCE_SCREEN && s->peer->participant != self &&
            better_screen(s, best)) {
            best = s;
        }
    }
    return best;
}

/* The first camera, of a host if there is one. */
static struct source *first_camera(const struct tour *t, uint64_t self) {
    struct source *first = NULL;
    LIST_EACH(l, &t->live) {
        struct source *s = LIST_ENTRY(l, struct source, in_live);
        if (s->line->s.source != SOURCE_CAMERA || s->peer->participant == self) {
            continue;
        }
        if (s->peer->host) {
            return s;
        }
        first = first ? first : s;
    }
    return first;
}

struct source *router_stage(const struct tour *t, uint64_t self, uint64_t pinned) {
    struct source *s = best_screen(t, self);
    if (!s && pinned && pinned != self) {
        s = tour_source(t, pinned, SOURCE_CAMERA);
    }
    for (unsigned i = 0; !s && i < TOUR_SPEAKERS_MAX; i++) {
        uint64_t who = t->speakers[i];
        s = who && who != self ? tour_source(t, who, SOURCE_CAMERA) : NULL;
    }
    return s ? s : first_camera(t, self);
}

struct source *router_voice(const struct tour *t) {
    uint64_t who = t->voices.speaker;
    return who ? tour_source(t, who, SOURCE_MICROPHONE) : NULL;
}

/* After an adoption a slot waits for its source, and then keeps it, until all have come. */
static bool kept(const struct tour *t, const struct slot *s) {
    const struct source *now = slot_intent(s);
    return t->settle_until > 0 && (s->resume != 0 || (now && now->live));
}

static struct slot *slot_of(struct peer *p, enum slot_kind kind, unsigned index) {
    for (unsigned i = 0; i < p->n_slots; i++) {
        if (p->slots[i].s.slot == kind && p->slots[i].s.slot_index == index) {
            return &p->slots[i];
        }
    }
    return NULL;
}

static struct source *bind_stage(struct peer *p, us_t now) {
    struct slot *slot = slot_of(p, SLOT_STAGE, 0);
    if (slot && kept(p->tour, slot)) {
        return slot_intent(slot);
    }
    struct source *s = router_stage(p->tour, p->participant, p->pinned);
    if (slot) {
        slot_show(slot, now, s);
    }
    return s;
}

static bool shown_in(struct peer *p, enum slot_kind kind, const struct source *s) {
    for (unsigned i = 0; i < p->n_slots; i++) {
        if (p->slots[i].s.slot == kind && slot_intent(&p->slots[i]) == s) {
            return true;
        }
    }
    return false;
}

static struct slot *free_slot(struct peer *p, enum slot_kind kind) {
    for (unsigned i = 0; i < p->n_slots; i++) {
        struct slot *slot = &p->slots[i];
        if (slot->s.slot == kind && !slot_intent(slot) && slot->resume == 0) {
            return slot;
        }
    }
    return NULL;
}

/* Cameras in order of arrival. Who has a slot keeps it: pictures do not jump when one leaves. */
static void bind_gallery(struct peer *p, us_t now, const struct source *stage) {
    for (unsigned i = 0; i < p->n_slots; i++) {
        struct source *s = slot_intent(&p->slots[i]);
        if (p->slots[i].s.slot == SLOT_GALLERY && s && (!s->live || s == stage)) {
            slot_show(&p->slots[i], now, NULL);
        }
    }
    LIST_EACH(l, &p->tour->live) {
        struct source *s = LIST_ENTRY(l, struct source, in_live);
        if (s->line->s.source != SOURCE_CAMERA || s->peer->participant == p->participant ||
            s == stage || shown_in(p, SLOT_GALLERY, s)) {
            continue;
        }
        struct slot *slot = free_slot(p, SLOT_GALLERY);
        if (!slot) {
            return;
        }
        slot_show(slot, now, s);
    }
}

/* The voices a viewer should hear, most important first. */
struct wanted {
    struct source *first; /* for slot 0, NULL = any */
    struct source *list[SESSION_SLOTS_MAX];
    unsigned n, max;
};

static bool wanted_has(const struct wanted *w, const struct source *s) {
    for (unsigned i = 0; i < w->n; i++) {
        if (w->list[i] == s) {
            return true;
        }
    }
    return false;
}

static void want(struct wanted *w, const struct peer *p, struct source *s) {
    if (s && s->peer->participant != p->participant && w->n < w->max && !wanted_has(w, s)) {
        w->list[w->n++] = s;
    }
}

static void rank_voices(struct wanted *w, const struct peer *p) {
    const struct tour *t = p->tour;
    want(w, p, w->first);
    want(w, p, router_voice(t));
    for (unsigned i = 0; i < SPEAKER_TOP; i++) {
        uint64_t who = t->voices.top[i];
        want(w, p, who ? tour_source(t, who, SOURCE_MICROPHONE) : NULL);
    }
    for (unsigned i = 0; i < p->n_slots; i++) { /* who is heard now stays before a newcomer */
        struct source *s = p->slots[i].s.slot == SLOT_AUDIO ? slot_intent(&p->slots[i]) : NULL;
        want(w, p, s && s->live ? s : NULL);
    }
    LIST_EACH(l, &t->live) {
        struct source *s = LIST_ENTRY(l, struct source, in_live);
        want(w, p, s->line->s.source == SOURCE_MICROPHONE ? s : NULL);
    }
}

/* The voice that audio slot 0 must carry, or NULL when any will do. It is that of whoever is on the
 * stage, because it is played in lip sync with the picture; a viewer with `loudest_audio` hears
 * who speaks, or spoke last. */
static struct source *first_voice(const struct peer *p, const struct slot *slot0,
                                  const struct source *stage) {
    const struct tour *t = p->tour;
    if (slot0 && kept(t, slot0)) {
        return slot_intent(slot0);
    }
    if (!p->loudest_audio) {
        return stage ? tour_source(t, stage->peer->participant, SOURCE_MICROPHONE) : NULL;
    }
    struct source *s = NULL;
    for (unsigned i = 0; !s && i < TOUR_SPEAKERS_MAX; i++) {
        uint64_t who = t->speakers[i];
        s = who && who != p->participant ? tour_source(t, who, SOURCE_MICROPHONE) : NULL;
    }
    return s;
}

/* Take out of the audio slots who is not wanted there; except for slot 0 a voice stays put. */
static void clear_audio(struct peer *p, us_t now, const struct wanted *w,
                        const struct slot *slot0) {
    for (unsigned i = 0; i < p->n_slots; i++) {
        struct slot *slot = &p->slots[i];
        struct source *s = slot->s.slot == SLOT_AUDIO ? slot_intent(slot) : NULL;
        if (!s) {
            continue;
        }
        bool misplaced = slot0 && w->first && (s == w->first) != (slot == slot0);
        if (misplaced || !wanted_has(w, s)) {
            slot_show(slot, now, NULL);
        }
    }
}

static void bind_audio(struct peer *p, us_t now, const struct source *stage) {
    struct slot *slot0 = slot_of(p, SLOT_AUDIO, 0);
    struct wanted w = {.first = first_voice(p, slot0, stage)};
    for (unsigned i = 0; i < p->n_slots; i++) {
        w.max += p->slots[i].s.slot == SLOT_AUDIO;
    }
    rank_voices(&w, p);
    clear_audio(p, now, &w, slot0);
    if (slot0 && w.first) {
        slot_show(slot0, now, w.first);
    }
    for (unsigned i = 0; i < w.n; i++) {
        bool heard = shown_in(p, SLOT_AUDIO, w.list[i]);
        struct slot *slot = heard ? NULL : free_slot(p, SLOT_AUDIO);
        if (slot) {
            slot_show(slot, now, w.list[i]);
        }
    }
}

static void bind_peer(struct peer *p, us_t now) {
    struct source *stage = bind_stage(p, now);
    bind_gallery(p, now, stage);
    bind_audio(p, now, stage);
}

void router_run(struct tour *t, us_t now) {
    list_remove(&t->changed);
    LIST_EACH(l, &t->peers) {
        struct peer *p = LIST_ENTRY(l, struct peer, in_tour);
        if (p->state == PEER_CONNECTED && p->n_slots > 0) {
            bind_peer(p, now);
        }
    }
    tap_stage(t, now);
}
