#include "media/room/router.h"

static bool better_screen(const struct room_source *a, const struct room_source *b) {
    if (!b || a->host != b->host) {
        return !b || a->host;
    }
    return a->order > b->order;
}

/* The newest screen share; a host's goes before others'. */
static struct room_source *best_screen(const struct room *r, uint64_t self) {
    struct room_source *best = NULL;
    LIST_EACH(l, &r->live) {
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        if (s->kind == SOURCE_SCREEN && s->participant != self && better_screen(s, best)) {
            best = s;
        }
    }
    return best;
}

/* The first camera, of a host if there is one. */
static struct room_source *first_camera(const struct room *r, uint64_t self) {
    struct room_source *first = NULL;
    LIST_EACH(l, &r->live) {
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        if (s->kind != SOURCE_CAMERA || s->participant == self) {
            continue;
        }
        if (s->host) {
            return s;
        }
        first = first ? first : s;
    }
    return first;
}

struct room_source *router_stage(const struct room *r, uint64_t self, uint64_t pinned) {
    struct room_source *s = best_screen(r, self);
    if (!s && pinned && pinned != self) {
        s = room_find(r, pinned, SOURCE_CAMERA);
    }
    for (unsigned i = 0; !s && i < ROOM_SPEAKERS_MAX; i++) {
        uint64_t who = r->speakers[i];
        s = who && who != self ? room_find(r, who, SOURCE_CAMERA) : NULL;
    }
    return s ? s : first_camera(r, self);
}

struct room_source *router_voice(const struct room *r) {
    uint64_t who = r->voices.speaker;
    return who ? room_find(r, who, SOURCE_MICROPHONE) : NULL;
}

/* After an adoption a slot waits for its source, and then keeps it, until all have come. */
static bool kept(const struct room *r, const struct room_slot *s) {
    const struct room_source *shown = s->source;
    return r->settle_until > 0 && (s->awaiting || (shown && shown->live));
}

static struct room_slot *slot_of(struct room_viewer *v, enum slot_kind kind, unsigned index) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        if (v->slots[i].kind == kind && v->slots[i].index == index) {
            return &v->slots[i];
        }
    }
    return NULL;
}

static struct room_source *bind_stage(struct room_viewer *v) {
    struct room_slot *slot = slot_of(v, SLOT_STAGE, 0);
    if (slot && kept(v->room, slot)) {
        return slot->source;
    }
    struct room_source *s = router_stage(v->room, v->participant, v->pinned);
    if (slot) {
        room_slot_show(slot, s);
    }
    return s;
}

static bool shown_in(struct room_viewer *v, enum slot_kind kind, const struct room_source *s) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        if (v->slots[i].kind == kind && v->slots[i].source == s) {
            return true;
        }
    }
    return false;
}

static struct room_slot *free_slot(struct room_viewer *v, enum slot_kind kind) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        struct room_slot *slot = &v->slots[i];
        if (slot->kind == kind && !slot->source && !slot->awaiting) {
            return slot;
        }
    }
    return NULL;
}

/* Cameras in order of arrival. Who has a slot keeps it: pictures do not jump when one leaves. */
static void bind_gallery(struct room_viewer *v, const struct room_source *stage) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        struct room_source *s = v->slots[i].source;
        if (v->slots[i].kind == SLOT_GALLERY && s && (!s->live || s == stage)) {
            room_slot_show(&v->slots[i], NULL);
        }
    }
    LIST_EACH(l, &v->room->live) {
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        if (s->kind != SOURCE_CAMERA || s->participant == v->participant || s == stage ||
            shown_in(v, SLOT_GALLERY, s)) {
            continue;
        }
        struct room_slot *slot = free_slot(v, SLOT_GALLERY);
        if (!slot) {
            return;
        }
        room_slot_show(slot, s);
    }
}

/* The voices a viewer should hear, most important first. */
struct wanted {
    struct room_source *first; /* for slot 0, NULL = any */
    struct room_source *list[SESSION_SLOTS_MAX];
    unsigned n, max;
};

static bool wanted_has(const struct wanted *w, const struct room_source *s) {
    for (unsigned i = 0; i < w->n; i++) {
        if (w->list[i] == s) {
            return true;
        }
    }
    return false;
}

static void want(struct wanted *w, const struct room_viewer *v, struct room_source *s) {
    if (s && s->participant != v->participant && w->n < w->max && !wanted_has(w, s)) {
        w->list[w->n++] = s;
    }
}

static void rank_voices(struct wanted *w, const struct room_viewer *v) {
    const struct room *r = v->room;
    want(w, v, w->first);
    want(w, v, router_voice(r));
    LIST_EACH(l, &r->live) { /* a host who seldom speaks is heard when it does */
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        want(w, v, s->kind == SOURCE_MICROPHONE && s->host ? s : NULL);
    }
    for (unsigned i = 0; i < SPEAKER_TOP; i++) {
        uint64_t who = r->voices.top[i];
        want(w, v, who ? room_find(r, who, SOURCE_MICROPHONE) : NULL);
    }
    for (unsigned i = 0; i < v->n_slots; i++) { /* who is heard now stays before a newcomer */
        struct room_source *s = v->slots[i].kind == SLOT_AUDIO ? v->slots[i].source : NULL;
        want(w, v, s && s->live ? s : NULL);
    }
    LIST_EACH(l, &r->live) {
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        want(w, v, s->kind == SOURCE_MICROPHONE ? s : NULL);
    }
}

/* The voice that audio slot 0 must carry, or NULL when any will do. It is that of whoever is on the
 * stage, because it is played in lip sync with the picture; a viewer with `loudest_audio` hears
 * who speaks, or spoke last. */
static struct room_source *first_voice(const struct room_viewer *v, const struct room_slot *slot0,
                                       const struct room_source *stage) {
    const struct room *r = v->room;
    if (slot0 && kept(r, slot0)) {
        return slot0->source;
    }
    if (!v->loudest_audio) {
        return stage ? room_find(r, stage->participant, SOURCE_MICROPHONE) : NULL;
    }
    struct room_source *s = NULL;
    for (unsigned i = 0; !s && i < ROOM_SPEAKERS_MAX; i++) {
        uint64_t who = r->speakers[i];
        s = who && who != v->participant ? room_find(r, who, SOURCE_MICROPHONE) : NULL;
    }
    return s;
}

/* Take out of the audio slots who is not wanted there; except for slot 0 a voice stays put. */
static void clear_audio(struct room_viewer *v, const struct wanted *w,
                        const struct room_slot *slot0) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        struct room_slot *slot = &v->slots[i];
        struct room_source *s = slot->kind == SLOT_AUDIO ? slot->source : NULL;
        if (!s) {
            continue;
        }
        bool misplaced = slot0 && w->first && (s == w->first) != (slot == slot0);
        if (misplaced || !wanted_has(w, s)) {
            room_slot_show(slot, NULL);
        }
    }
}

static void bind_audio(struct room_viewer *v, const struct room_source *stage) {
    struct room_slot *slot0 = slot_of(v, SLOT_AUDIO, 0);
    struct wanted w = {.first = first_voice(v, slot0, stage)};
    for (unsigned i = 0; i < v->n_slots; i++) {
        w.max += v->slots[i].kind == SLOT_AUDIO;
    }
    rank_voices(&w, v);
    clear_audio(v, &w, slot0);
    if (slot0 && w.first) {
        room_slot_show(slot0, w.first);
    }
    for (unsigned i = 0; i < w.n; i++) {
        bool heard = shown_in(v, SLOT_AUDIO, w.list[i]);
        struct room_slot *slot = heard ? NULL : free_slot(v, SLOT_AUDIO);
        if (slot) {
            room_slot_show(slot, w.list[i]);
        }
    }
}

/* One track for all voices. While the mix is still to come it is silent: better than to hear
 * oneself in another one. */
static void bind_mix(struct room_viewer *v) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        struct room_slot *slot = &v->slots[i];
        if (slot->kind == SLOT_AUDIO) {
            slot->awaiting = false; /* a mix has no numbers of its own that should go on */
            room_slot_show(slot, slot->index == 0 ? room_mix(v->room, v->without) : NULL);
        }
    }
}

static void bind_viewer(struct room_viewer *v) {
    struct room_source *stage = bind_stage(v);
    bind_gallery(v, stage);
    if (v->mix) {
        bind_mix(v);
    } else {
        bind_audio(v, stage);
    }
}

void router_run(struct room *r) {
    LIST_EACH(l, &r->viewers) {
        struct room_viewer *v = LIST_ENTRY(l, struct room_viewer, in_room);
        if (v->present && v->n_slots > 0) {
            bind_viewer(v);
        }
    }
}
