#include "media/room/router.h"

#include "media/room/stage.h"

struct room_source *router_voice(const struct room *r) {
    uint64_t who = r->voices.speaker;
    return who ? room_find(r, who, SOURCE_MICROPHONE) : NULL;
}

/* After an adoption a slot waits for its source, and then keeps it, until all have come. */
static bool kept(const struct room_slot *s) {
    const struct room_source *shown = s->source;
    bool keeps = s->awaiting || (shown && shown->live && room_receives(s->viewer, shown));
    return s->viewer->room->settle_until > 0 && keeps;
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
    if (slot && kept(slot)) {
        return slot->source;
    }
    struct room_source *s = stage_source(v->room, v);
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

/* What a viewer should see or hear in its slots of one kind, most important first. */
struct wanted {
    enum slot_kind slots;
    enum source_kind source;
    const struct room_source *elsewhere; /* it is on the stage already */
    struct room_source *first;           /* for slot 0, NULL = any */
    struct room_source *list[SESSION_SLOTS_MAX];
    unsigned n, max;
};

static struct wanted wanted_of(const struct room_viewer *v, enum slot_kind slots,
                               enum source_kind source) {
    struct wanted w = {.slots = slots, .source = source};
    for (unsigned i = 0; i < v->n_slots; i++) {
        w.max += v->slots[i].kind == slots;
    }
    return w;
}

static bool wanted_has(const struct wanted *w, const struct room_source *s) {
    for (unsigned i = 0; i < w->n; i++) {
        if (w->list[i] == s) {
            return true;
        }
    }
    return false;
}

static void want(struct wanted *w, const struct room_viewer *v, struct room_source *s) {
    bool may = s && s->kind == w->source && s->participant != v->participant;
    if (may && s != w->elsewhere && room_receives(v, s) && w->n < w->max && !wanted_has(w, s)) {
        w->list[w->n++] = s;
    }
}

static void want_of(struct wanted *w, const struct room_viewer *v, uint64_t participant) {
    want(w, v, stage_find(v->room, v, participant, w->source));
}

/* Those first who hold the stage, whether they are on it or not. */
static void want_holders(struct wanted *w, const struct room_viewer *v) {
    want_of(w, v, v->room->spotlight);
    want_of(w, v, v->room->lead);
}

/* Who has a slot now stays before a newcomer; then all others in order of arrival. */
static void want_rest(struct wanted *w, const struct room_viewer *v) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        struct room_source *s = v->slots[i].kind == w->slots ? v->slots[i].source : NULL;
        want(w, v, s && s->live ? s : NULL);
    }
    LIST_EACH(l, &v->room->live) {
        if (w->n == w->max) {
            return;
        }
        want(w, v, LIST_ENTRY(l, struct room_source, in_live));
    }
}

/* Take out of the slots who is not wanted there; except for slot 0 a source stays put. */
static void clear_slots(struct room_viewer *v, const struct wanted *w,
                        const struct room_slot *slot0) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        struct room_slot *slot = &v->slots[i];
        struct room_source *s = slot->kind == w->slots ? slot->source : NULL;
        if (!s) {
            continue;
        }
        bool misplaced = slot0 && w->first && (s == w->first) != (slot == slot0);
        if (misplaced || !wanted_has(w, s)) {
            room_slot_show(slot, NULL);
        }
    }
}

static void fill_slots(struct room_viewer *v, const struct wanted *w) {
    for (unsigned i = 0; i < w->n; i++) {
        struct room_slot *slot = shown_in(v, w->slots, w->list[i]) ? NULL : free_slot(v, w->slots);
        if (slot) {
            room_slot_show(slot, w->list[i]);
        }
    }
}

/* The cameras that are not on the stage. Pictures do not jump: who has a slot keeps it, but when
 * all are taken gives way to who holds the stage, and to who speaks. */
static void bind_gallery(struct room_viewer *v, const struct room_source *stage) {
    struct wanted w = wanted_of(v, SLOT_GALLERY, SOURCE_CAMERA);
    w.elsewhere = stage;
    want_holders(&w, v);
    for (unsigned i = 0; i < ROOM_SPEAKERS_MAX; i++) {
        want_of(&w, v, v->room->speakers[i]);
    }
    want_rest(&w, v);
    clear_slots(v, &w, NULL);
    fill_slots(v, &w);
}

/* Who holds the stage is heard always, whoever is on it; then who speaks, and before other voices
 * those of hosts: one who seldom speaks is heard when it does. */
static void rank_voices(struct wanted *w, const struct room_viewer *v) {
    const struct room *r = v->room;
    want(w, v, w->first);
    want_holders(w, v);
    want_of(w, v, r->voices.speaker);
    LIST_EACH(l, &r->live) {
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        want(w, v, s->host ? s : NULL);
    }
    for (unsigned i = 0; i < SPEAKER_TOP; i++) {
        want_of(w, v, r->voices.top[i]);
    }
    want_rest(w, v);
}

/* The voice that audio slot 0 must carry, or NULL when any will do. It is that of whoever is on the
 * stage, because it is played in lip sync with the picture; a viewer with `loudest_audio` hears
 * who speaks, or spoke last. */
static struct room_source *first_voice(const struct room_viewer *v, const struct room_slot *slot0,
                                       const struct room_source *stage) {
    const struct room *r = v->room;
    if (slot0 && kept(slot0)) {
        return slot0->source;
    }
    if (!v->loudest_audio) {
        return stage ? stage_find(r, v, stage->participant, SOURCE_MICROPHONE) : NULL;
    }
    struct room_source *s = NULL;
    for (unsigned i = 0; !s && i < ROOM_SPEAKERS_MAX; i++) {
        s = stage_find(r, v, r->speakers[i], SOURCE_MICROPHONE);
    }
    return s;
}

static void bind_audio(struct room_viewer *v, const struct room_source *stage) {
    struct room_slot *slot0 = slot_of(v, SLOT_AUDIO, 0);
    struct wanted w = wanted_of(v, SLOT_AUDIO, SOURCE_MICROPHONE);
    w.first = first_voice(v, slot0, stage);
    rank_voices(&w, v);
    clear_slots(v, &w, slot0);
    if (slot0 && w.first) {
        room_slot_show(slot0, w.first);
    }
    fill_slots(v, &w);
}

/* One track for all voices. While the mix is still to come it is silent: better than to hear
 * oneself in another one. */
static void bind_mix(struct room_viewer *v) {
    struct room_source *mix = room_mix(v->room, v->without);
    mix = mix && room_receives(v, mix) ? mix : NULL;
    for (unsigned i = 0; i < v->n_slots; i++) {
        struct room_slot *slot = &v->slots[i];
        if (slot->kind == SLOT_AUDIO) {
            slot->awaiting = false; /* a mix has no numbers of its own that should go on */
            room_slot_show(slot, slot->index == 0 ? mix : NULL);
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
