#include "media/mix/places.h"

#define UNTOLD_MAX (4500 * US_PER_MS) /* [us] a voice of which its engine says nothing is gone */
#define SLACK (5 * US_PER_MS)         /* [us] of the delay that is for the threads' wake-ups */
#define RESTS (1 * US_PER_S) /* [us] who was silent for so long gives up the place to a voice */

struct voice_work places_work(struct mixed *t) {
    return (struct voice_work){.mixer = t->mixer,
                               .counters = &t->common->n,
                               .patience = t->common->c.delay - SLACK,
                               .taken = t->now - t->common->c.delay};
}

static struct voice *voice_of(struct mixed *t, uint64_t participant) {
    for (uint32_t i = 0; i < t->common->c.voices; i++) {
        if (t->voices[i].participant == participant) {
            return &t->voices[i];
        }
    }
    return NULL;
}

static struct voice *voice_of_flow(struct mixed *t, const struct relay *m) {
    for (uint32_t i = 0; i < t->common->c.voices; i++) {
        struct voice *v = &t->voices[i];
        if (v->participant && v->flow == m->id && v->origin == m->from) {
            return v;
        }
    }
    return NULL;
}

/* An input that a participant has already, and who that is. */
struct known {
    uint64_t participant;
    uint32_t input;
};

/* The i-th of them; false: there are no more. */
static bool known_at(const struct mixed *t, size_t i, struct known *ret) {
    if (i < t->common->c.voices) {
        *ret = (struct known){t->voices[i].participant, t->voices[i].input};
        return true;
    }
    i -= t->common->c.voices;
    LIST_EACH(l, &t->outputs) {
        const struct output *o = LIST_ENTRY(l, struct output, in_tour);
        if (i-- == 0) {
            *ret = (struct known){o->without, o->input};
            return true;
        }
    }
    return false;
}

static bool is_taken(const struct mixed *t, uint32_t input) {
    struct known k;
    for (size_t i = 0; known_at(t, i, &k); i++) {
        if (k.participant && k.input == input) {
            return true;
        }
    }
    return false;
}

/* A new input, of the same person as those of his other devices. */
static uint32_t other_device(struct mixed *t, uint64_t participant) {
    uint32_t person = 0;
    struct known k;
    for (size_t i = 0; !person && known_at(t, i, &k); i++) {
        bool same = k.participant && same_person(k.participant, participant);
        person = same ? k.input & ((1u << MIXER_PERSON_BITS) - 1) : 0;
    }
    uint32_t input = person ? person : ++t->common->last_id;
    while (is_taken(t, input)) {
        input += 1u << MIXER_PERSON_BITS;
    }
    return input;
}

uint32_t places_input(struct mixed *t, uint64_t participant) {
    const struct voice *v = voice_of(t, participant);
    if (v) {
        return v->input;
    }
    LIST_EACH(l, &t->outputs) {
        const struct output *o = LIST_ENTRY(l, struct output, in_tour);
        if (o->without == participant) {
            return o->input;
        }
    }
    return other_device(t, participant);
}

void places_end(struct mixed *t, struct voice *v) {
    struct voice_work w = places_work(t);
    voice_restart(v, &w);
    mixer_input_remove(t->mixer, v->input);
    *v = (struct voice){0};
    t->common->n.voices--;
}

void places_left(struct mixed *t, uint64_t participant) {
    struct voice *v = participant ? voice_of(t, participant) : NULL;
    if (v) {
        places_end(t, v);
    }
}

/* Of all places, none of which is free, the one that a newcomer gets: of those who are no hosts,
 * that of whoever has been silent for longest, but nobody is interrupted except for a host. NULL:
 * none. */
static struct voice *displaced_by(struct mixed *t, bool host) {
    struct voice *out = NULL;
    for (uint32_t i = 0; i < t->common->c.voices; i++) {
        struct voice *v = &t->voices[i];
        if (!v->host && (!out || v->sounded_at < out->sounded_at)) {
            out = v;
        }
    }
    return out && (host || t->now - out->sounded_at >= RESTS) ? out : NULL;
}

/* speaks: it has sent sound. NULL: there is no place. */
static struct voice *voice_begin(struct mixed *t, const struct relay *m, bool speaks) {
    struct voice *v = voice_of(t, 0);
    if (!v && (m->source.host || speaks)) {
        v = displaced_by(t, m->source.host);
        if (v) {
            places_end(t, v);
        }
    }
    uint32_t input = v ? places_input(t, m->source.participant) : 0;
    if (!v || mixer_input(t->mixer, input) != OK) {
        return NULL;
    }
    *v = (struct voice){.participant = m->source.participant, .input = input, .sounded_at = t->now};
    t->common->n.voices++;
    return v;
}

/* ---- voices without a place ---- */

static struct unheard *unheard_of_flow(struct mixed *t, const struct relay *m) {
    for (uint32_t i = 0; i < PLACES_UNHEARD(t->common->c.voices); i++) {
        struct unheard *u = &t->unheard[i];
        if (u->state.type && u->state.id == m->id && u->state.from == m->from) {
            return u;
        }
    }
    return NULL;
}

static void forget_unheard(struct mixed *t, const struct relay *m) {
    struct unheard *u = unheard_of_flow(t, m);
    if (u) {
        *u = (struct unheard){0};
    }
}

static struct unheard *oldest_unheard(struct mixed *t) {
    struct unheard *out = &t->unheard[0];
    for (uint32_t i = 1; i < PLACES_UNHEARD(t->common->c.voices); i++) {
        out = t->unheard[i].told_at < out->told_at ? &t->unheard[i] : out;
    }
    return out;
}

/* When there are too many, whoever was told of longest ago is forgotten. */
static void remember_unheard(struct mixed *t, const struct relay *m) {
    struct unheard *u = unheard_of_flow(t, m);
    for (uint32_t i = 0; !u && i < PLACES_UNHEARD(t->common->c.voices); i++) {
        u = t->unheard[i].state.type ? NULL : &t->unheard[i];
    }
    u = u ? u : oldest_unheard(t);
    t->common->n.unheard++;
    *u = (struct unheard){.state = *m, .told_at = t->now};
}

/* Of two that one participant sends (one is just being replaced by the other) the last is heard. */
static void voice_flows(struct mixed *t, const struct relay *m, bool speaks) {
    struct voice *v = voice_of(t, m->source.participant);
    if (v && v->order > m->source.order) {
        return;
    }
    v = v ? v : voice_begin(t, m, speaks);
    if (!v) {
        if (!speaks) {
            remember_unheard(t, m);
        }
        return;
    }
    forget_unheard(t, m);
    if (v->order != m->source.order || v->ssrc != m->source.ssrc[0] || v->flow != m->id ||
        v->origin != m->from) {
        struct voice_work w = places_work(t);
        voice_restart(v, &w);
    }
    v->order = m->source.order;
    v->ssrc = m->source.ssrc[0];
    v->flow = m->id;
    v->origin = m->from;
    v->host = m->source.host;
    v->told_at = t->now;
}

void places_gone(struct mixed *t, const struct relay *m) {
    struct voice *v = voice_of_flow(t, m);
    forget_unheard(t, m);
    if (v) {
        places_end(t, v);
    }
}

void places_state(struct mixed *t, const struct relay *m) {
    bool sound = m->source.kind == SOURCE_MICROPHONE && m->source.codec == CODEC_OPUS;
    if (m->source.flows && sound && m->source.participant) {
        voice_flows(t, m, false);
        return;
    }
    places_gone(t, m);
}

void places_beat(struct mixed *t) {
    for (uint32_t i = 0; i < t->common->c.voices; i++) {
        struct voice *v = &t->voices[i];
        if (v->participant && t->now - v->told_at > UNTOLD_MAX) {
            places_end(t, v);
        }
    }
    for (uint32_t i = 0; i < PLACES_UNHEARD(t->common->c.voices); i++) {
        if (t->now - t->unheard[i].told_at > UNTOLD_MAX) {
            t->unheard[i] = (struct unheard){0};
        }
    }
}

/* Who has no place and speaks may find one. */
static struct voice *find_place(struct mixed *t, const struct relay *m) {
    const struct unheard *u = unheard_of_flow(t, m);
    if (!u) {
        return NULL;
    }
    struct relay state = u->state;
    voice_flows(t, &state, true);
    return voice_of_flow(t, m);
}

void places_packet(struct mixed *t, const struct relay *m) {
    struct voice *v = voice_of_flow(t, m);
    bool sounds = voice_sounds(&m->packet);
    v = !v && sounds ? find_place(t, m) : v;
    if (v) {
        struct voice_work w = places_work(t);
        v->sounded_at = sounds ? t->now : v->sounded_at;
        voice_packet(v, &m->packet, m->on, &w);
    }
}
