/* DESIGN. Glue keeps the little that neither side may know of the other: the name and title of a
 * tour and who is in it, so that a recording that starts in mid-tour begins with its people. */
#include "server/glue/glue_recording.h"

#include "base/alloc.h"
#include "server/glue/glue_events.h"

#include <string.h>

static struct person *find_person(struct tour *t, uint64_t participant) {
    LIST_EACH(l, &t->people) {
        struct person *p = LIST_ENTRY(l, struct person, in_tour);
        if (p->order.participant == participant) {
            return p;
        }
    }
    return NULL;
}

/* False: it could neither be given nor kept. */
static bool tell_recorder(struct glue *g, const struct signaling_effect *e,
                          const struct recorder_order *o) {
    if (g->config.recorder && order_backlog_post(&g->orders, o) != OK) {
        glue_note(g, "recorder_backlog_full", e, "order dropped");
        return false;
    }
    return true;
}

void glue_participant(struct glue *g, const struct signaling_effect *e) {
    struct tour *t = glue_tour(g, e->tour);
    struct recorder_order o = {.type = ORDER_PARTICIPANT,
                               .tour = e->tour,
                               .participant = e->participant,
                               .number = e->number,
                               .on = e->on};
    glue_copy(o.name, sizeof(o.name), e->name);
    glue_copy(o.role, sizeof(o.role), e->role);
    glue_copy(o.consent_version, sizeof(o.consent_version), e->consent_version);
    (void)tell_recorder(g, e, &o);
    if (!t) {
        return;
    }
    struct person *p = find_person(t, e->participant);
    if (p && !e->on) {
        glue_event_left(g, t, p);
        list_remove(&p->in_tour);
        mem_free(p);
    } else if (p) {
        p->order = o;
        glue_event_changed(g, t, p);
    } else if (e->on && (p = mem_zalloc(1, sizeof(*p))) != NULL) {
        p->order = o;
        p->number = e->number;
        glue_copy(p->sub, sizeof(p->sub), e->sub);
        list_push(&t->people, &p->in_tour);
        glue_event_joined(g, t, p);
    }
}

void glue_entry(struct glue *g, const struct signaling_effect *e) {
    struct tour *t = glue_tour(g, e->tour);
    glue_event_entry(g, e, t, t ? find_person(t, e->participant) : NULL);
    struct recorder_order o = {
        .type = ORDER_SAID, .tour = e->tour, .participant = e->participant, .on = true};
    o.said = e->on && g->config.recorder ? mem_zalloc(1, sizeof(*o.said)) : NULL;
    if (!o.said) {
        return;
    }
    o.said->number = (uint32_t)e->seq;
    glue_copy(o.said->kind, sizeof(o.said->kind), e->name);
    glue_copy(o.said->fields, sizeof(o.said->fields), e->text);
    glue_copy(o.said->text, sizeof(o.said->text), e->title);
    (void)tell_recorder(g, e, &o); /* in any case it is not ours any more */
}

static bool tell_mute(struct glue *g, const struct signaling_effect *e, uint64_t participant,
                      enum source_kind kind) {
    struct recorder_order o = {
        .type = ORDER_MUTE, .tour = e->tour, .participant = participant, .on = e->on};
    glue_copy(o.name, sizeof(o.name), source_kind_name(kind));
    return tell_recorder(g, e, &o);
}

/* Who is there when a recording begins, and whose sources are off by intent. */
static void tell_people(struct glue *g, const struct signaling_effect *e, const struct tour *t) {
    LIST_EACH(l, &t->people) {
        const struct person *p = LIST_ENTRY(l, struct person, in_tour);
        (void)tell_recorder(g, e, &p->order);
        for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++) {
            if (p->muted & 1u << kind) {
                (void)tell_mute(g, e, p->order.participant, (enum source_kind)kind);
            }
        }
    }
}

static bool is_full(const struct glue *g) {
    return g->config.full && g->config.full(g->config.ctx);
}

/* People are told that there is a problem; the recording begins when there is room. */
static void refuse_recording(struct glue *g, const struct signaling_effect *e, struct tour *t) {
    g->refused++;
    glue_note(g, "recording_refused", e, "quota");
    if (t) {
        g->waiting += !t->refused;
        t->refused = t->unrecorded = true;
        t->paused = false;
        t->worker = e->worker;
        t->codec = e->codec;
    }
    glue_event_refused(g, t);
    signaling_recording(g->config.signaling, e->tour, RECORDING_FAILING);
}

void glue_record_accepted(struct glue *g, struct tour *t) {
    g->waiting -= t->refused;
    t->refused = false;
}

/* A tap must not overtake the orders it depends on: who is on the stage is told once, and a
 * recorder that has not heard of the recording yet would not know until somebody else is. */
static void tap(struct glue *g, const struct signaling_effect *e, struct tour *t, bool on) {
    bool waits = on && t && !list_empty(&g->orders.waiting);
    if (t) {
        t->tap_waits = waits;
    }
    if (waits) {
        t->worker = e->worker;
        g->taps_wait = true;
        return;
    }
    glue_post(g, e->worker, &(struct command){.type = COMMAND_TOUR_TAP, .tour = e->tour, .on = on});
}

void glue_taps(struct glue *g) {
    if (!g->taps_wait || !list_empty(&g->orders.waiting)) {
        return;
    }
    g->taps_wait = false;
    LIST_EACH(l, &g->tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_glue);
        struct signaling_effect e = {.type = EFFECT_RECORD, .tour = t->id, .worker = t->worker};
        if (t->tap_waits) {
            tap(g, &e, t, true);
        }
    }
}

/* The recorder tells when it has stopped, if it ever heard of the start. */
static void stop_recording(struct glue *g, const struct signaling_effect *e, struct tour *t,
                           const struct recorder_order *stop) {
    if (t) {
        glue_record_accepted(g, t);
        t->paused = false;
    }
    (void)tell_recorder(g, e, stop);
    if (t && t->unrecorded) {
        t->unrecorded = false;
        signaling_recording(g->config.signaling, e->tour, RECORDING_OFF);
    }
}

/* Start: the recorder first, then the people, then the tap, so that the first tap finds an open
 * recording. Stop: the other way round. */
void glue_record(struct glue *g, const struct signaling_effect *e) {
    struct tour *t = glue_tour(g, e->tour);
    struct recorder_order o = {
        .type = e->on ? ORDER_START : ORDER_STOP, .tour = e->tour, .codec = e->codec};
    if (!g->config.recorder) {
        signaling_recording(g->config.signaling, e->tour, RECORDING_FAILING);
        return;
    }
    if (!e->on) {
        tap(g, e, t, false);
        stop_recording(g, e, t, &o);
        return;
    }
    if (is_full(g)) {
        refuse_recording(g, e, t);
        return;
    }
    glue_copy(o.tour_name, sizeof(o.tour_name), t ? t->name : "");
    glue_copy(o.title, sizeof(o.title), t ? t->title : "");
    bool given = tell_recorder(g, e, &o);
    glue_event_ordered(g, given ? t : NULL);
    if (t) {
        t->unrecorded = !given;
    }
    if (!given) {
        signaling_recording(g->config.signaling, e->tour, RECORDING_FAILING);
        return;
    }
    if (t) {
        tell_people(g, e, t);
    }
    if (!t || !t->paused) { /* one that was refused may begin paused: not a packet before */
        tap(g, e, t, true);
    }
}

/* While it is paused the worker taps nothing: what is not to be recorded does not reach the
 * recorder. The recording goes on, with its time. */
static void pause_recording(struct glue *g, const struct signaling_effect *e, struct tour *t) {
    struct recorder_order o = {
        .type = ORDER_PAUSE, .tour = e->tour, .participant = e->participant, .on = e->on};
    (void)tell_recorder(g, e, &o);
    tap(g, e, t, !e->on);
}

void glue_record_pause(struct glue *g, const struct signaling_effect *e) {
    struct tour *t = glue_tour(g, e->tour);
    glue_event_paused(g, e, t);
    if (t && t->refused) {
        t->paused = e->on;
        t->pauser = e->participant;
    } else if (g->config.recorder) {
        pause_recording(g, e, t);
    }
}

/* There is room again. */
void glue_record_refused(struct glue *g) {
    if (!g->waiting || is_full(g)) {
        return;
    }
    LIST_EACH(l, &g->tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_glue);
        struct signaling_effect e = {.type = EFFECT_RECORD,
                                     .tour = t->id,
                                     .worker = t->worker,
                                     .codec = t->codec,
                                     .on = true};
        if (!t->refused) {
            continue;
        }
        glue_record_accepted(g, t);
        glue_record(g, &e);
        if (!t->unrecorded) {
            signaling_recording_begins(g->config.signaling, t->id);
        }
        if (t->paused && !t->unrecorded) {
            e.type = EFFECT_RECORD_PAUSE;
            e.participant = t->pauser;
            pause_recording(g, &e, t); /* that it is paused was told when it was ordered */
        }
        t->paused = false;
    }
}

void glue_muted(struct glue *g, const struct signaling_effect *e) {
    struct tour *t = glue_tour(g, e->tour);
    struct person *p = t ? find_person(t, e->participant) : NULL;
    if (p) {
        uint8_t bit = (uint8_t)(1u << e->kind);
        p->muted = (uint8_t)(e->on ? p->muted | bit : p->muted & ~bit);
    }
    if (p) {
        glue_event_changed(g, t, p);
    }
    (void)tell_mute(g, e, e->participant, (enum source_kind)e->kind);
}

void glue_recording_begins(struct glue *g, uint64_t tour, const char *recording) {
    struct tour *t = glue_tour(g, tour);
    if (t) {
        glue_copy(t->recordings[t->n_recordings++ % TOUR_RECORDINGS], RECORDING_ID_TEXT, recording);
    }
}

uint64_t glue_recorded_tour(const struct glue *g, const char *recording) {
    LIST_EACH(l, &g->tours) {
        const struct tour *t = LIST_ENTRY(l, struct tour, in_glue);
        for (unsigned i = 0; i < TOUR_RECORDINGS; i++) {
            if (*recording && strcmp(t->recordings[i], recording) == 0) {
                return t->id;
            }
        }
    }
    return 0;
}
