#include "media/engine/event.h"

#include "media/engine/offence.h"
#include "media/engine/source.h"

/* [us] a path that is just wide enough does not have a page told more often than that */
#define PAUSED_GAP (500 * US_PER_MS)

static struct media_event event_of(const struct session *s, enum media_event_type type) {
    return (struct media_event){.type = (uint8_t)type,
                                .tour = s->tour_handle,
                                .peer = s->handle,
                                .participant = s->participant};
}

/* MEDIA_SOURCE_ON or _OFF of m-line i, when what was last told is not so any more. */
static bool source_event(struct session *s, unsigned i, struct media_event *ret) {
    const struct session_line *line = &s->lines[i].s;
    bool live = s->sources[i] && s->sources[i]->flow.place.live;
    if (live == s->told_live[i]) {
        return false;
    }
    s->told_live[i] = live;
    *ret = event_of(s, live ? MEDIA_SOURCE_ON : MEDIA_SOURCE_OFF);
    ret->source_kind = line->source;
    memcpy(ret->mid, line->mid, sizeof(ret->mid));
    return true;
}

/* MEDIA_LAYERS of m-line i, likewise. */
static bool layers_event(struct session *s, unsigned i, struct media_event *ret) {
    const struct session_line *line = &s->lines[i].s;
    uint8_t off = s->sources[i] ? s->sources[i]->off : 0;
    if (off == s->told_off[i]) {
        return false;
    }
    s->told_off[i] = off;
    *ret = event_of(s, MEDIA_LAYERS);
    ret->source_kind = line->source;
    ret->layers = (uint8_t)(((1u << line->n_rids) - 1) & ~off);
    memcpy(ret->mid, line->mid, sizeof(ret->mid));
    return true;
}

/* The same picture is paused, or comes back, again so soon: told when it has lasted, by the next
 * choice of layers. */
static bool flickers(const struct session *s, const struct slot *slot, bool paused) {
    bool soon = slot->paused_at > 0 && s->engine->now - slot->paused_at < PAUSED_GAP;
    return paused == slot->told_paused || soon;
}

/* MEDIA_SLOT_CHANGED of slot i, likewise. */
static bool slot_event(struct session *s, unsigned i, struct media_event *ret) {
    struct slot *slot = &s->slots[i];
    const struct room_source *source = s->viewer.slots[i].source;
    uint64_t who = source ? source->participant : 0;
    uint8_t kind = source ? source->kind : SOURCE_NONE;
    bool awaited = slot->told == SLOT_TOLD_BEFORE && s->viewer.slots[i].awaiting;
    bool paused = event_is_paused(s, i), same = who == slot->told && kind == slot->told_kind;
    if (awaited || (same && flickers(s, slot, paused))) {
        return false;
    }
    slot->paused_at = same ? s->engine->now : 0;
    slot->told = who;
    slot->told_kind = kind;
    slot->told_paused = paused;
    *ret = event_of(s, MEDIA_SLOT_CHANGED);
    ret->participant = who;
    ret->paused = paused;
    ret->source_kind = kind;
    memcpy(ret->mid, slot->line.mid, sizeof(ret->mid));
    return true;
}

static bool lines_event(struct session *s, struct media_event *ret) {
    for (unsigned i = 0; i < s->n_lines; i++) {
        if (source_event(s, i, ret) || layers_event(s, i, ret)) {
            return true;
        }
    }
    for (unsigned i = 0; s->transport.state == TRANSPORT_UP && i < s->n_slots; i++) {
        if (slot_event(s, i, ret)) {
            return true;
        }
    }
    return false;
}

/* MEDIA_RECEPTION, likewise. */
static bool reception_event(struct session *s, struct media_event *ret) {
    if (s->reception.is == s->reception.told || s->transport.state != TRANSPORT_UP) {
        return false;
    }
    s->reception.told = s->reception.is;
    *ret = event_of(s, MEDIA_RECEPTION);
    ret->reason = s->reception.is;
    return true;
}

static bool session_event(struct session *s, struct media_event *ret) {
    if (s->transport.state == TRANSPORT_UP && !s->told_up) {
        s->told_up = true;
        *ret = event_of(s, MEDIA_PEER_CONNECTED);
        return true;
    }
    if (lines_event(s, ret) || reception_event(s, ret)) {
        return true;
    }
    if (s->offender) {
        unsigned kind = (unsigned)__builtin_ctz(s->offender);
        s->offender &= (uint8_t)(s->offender - 1);
        *ret = event_of(s, MEDIA_OFFENCE);
        ret->reason = (uint8_t)kind;
        ret->source_kind = kind == OFFENCE_RATE ? offence_source(s) : SOURCE_NONE;
        return true;
    }
    if (s->end == SESSION_GOES_ON || s->end == SESSION_REMOVED) {
        return false;
    }
    *ret = event_of(s, s->end == SESSION_GONE ? MEDIA_PEER_GONE : MEDIA_PEER_FAILED);
    ret->reason = s->reason;
    ret->handshake = s->transport.handshake;
    s->end = SESSION_REMOVED;
    return true;
}

static bool sessions_event(struct engine *e, struct media_event *ret) {
    while (!list_empty(&e->news)) {
        struct session *s = LIST_ENTRY(e->news.next, struct session, news);
        if (session_event(s, ret)) {
            return true;
        }
        list_remove(&s->news);
        session_release(s);
    }
    return false;
}

const char *media_offence_name(enum media_offence o) {
    static const char *const names[OFFENCE_COUNT] = {"rate", "nack", "rtp", "bye", "rtcp"};
    return names[o];
}

bool engine_event(struct engine *e, struct media_event *ret) {
    OWNER_CHECK(&e->owner);
    if (sessions_event(e, ret)) {
        return true;
    }
    while (!list_empty(&e->spoken)) {
        struct tour *t = LIST_ENTRY(e->spoken.next, struct tour, spoken);
        list_remove(&t->spoken);
        if (tour_is_home(t) && t->told_speaker != t->room.voices.speaker) {
            t->told_speaker = t->room.voices.speaker;
            *ret = (struct media_event){
                .type = MEDIA_SPEAKER, .tour = t->handle, .participant = t->told_speaker};
            return true;
        }
    }
    return false;
}
