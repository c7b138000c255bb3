#include "server/glue/glue.h"

#include "base/alloc.h"
#include "base/check.h"
#include "media/secure/dtls.h"
#include "server/glue/glue_events.h"
#include "server/glue/glue_failing.h"
#include "server/glue/glue_recording.h"

#include <stdio.h>
#include <string.h>

#define RETRY (10 * US_PER_MS) /* between looks for room in a full mailbox */

static bool post_to_worker(void *ctx, const void *order) {
    return worker_post(ctx, order);
}

/* Of a tour there are few, and to forget a peer is said once. */
static bool must_wait(const void *command) {
    const struct command *c = command;
    return c->peer == 0 || c->type == COMMAND_PEER_REMOVE;
}

static void drop_command(const void *command) {
    command_drop(command);
}

static bool post_to_mix(void *ctx, const void *order) {
    return mix_thread_post(ctx, order);
}

static bool post_to_recorder(void *ctx, const void *order) {
    return recorder_thread_post(ctx, order);
}

struct glue *glue_new(const struct glue_config *c) {
    struct glue *g = mem_zalloc(1, sizeof(*g) + c->n_workers * sizeof(g->backlogs[0]));
    if (!g) {
        return NULL;
    }
    g->config = *c;
    list_init(&g->tours);
    list_init(&g->recorded);
    list_init(&g->failing);
    g->tell_at = US_NEVER;
    order_backlog_init(&g->orders, post_to_recorder, c->recorder);
    backlog_init(&g->mix, sizeof(struct mix_order), post_to_mix, c->mix);
    g->mix.max = GLUE_BACKLOG_MAX;
    for (uint32_t i = 0; i < c->n_workers; i++) {
        backlog_init(&g->backlogs[i], sizeof(struct command), post_to_worker, c->workers[i]);
        g->backlogs[i].drop = drop_command;
        g->backlogs[i].must = must_wait;
        g->backlogs[i].max = GLUE_BACKLOG_MAX;
    }
    return g;
}

static void free_tour(struct tour *t) {
    LIST_EACH(l, &t->people) {
        mem_free(LIST_ENTRY(l, struct person, in_tour));
    }
    list_remove(&t->in_glue);
    mem_free(t);
}

struct glue *glue_free(struct glue *g) {
    if (!g) {
        return NULL;
    }
    LIST_EACH(l, &g->tours) {
        free_tour(LIST_ENTRY(l, struct tour, in_glue));
    }
    glue_events_free(g);
    glue_failing_free(g);
    for (uint32_t i = 0; i < g->config.n_workers; i++) {
        backlog_free(&g->backlogs[i]);
    }
    backlog_free(&g->orders);
    backlog_free(&g->mix);
    return mem_free(g);
}

/* ---- effects of signaling ---- */

/* Whom a command is for is all that matters here. */
static void on_command(struct glue *g, const struct signaling_effect *e) {
    for (uint64_t left = e->workers; left; left &= left - 1) {
        glue_post(g, (uint32_t)__builtin_ctzll(left), &e->command);
    }
}

static void on_tour(struct glue *g, const struct signaling_effect *e) {
    struct tour *t = e->on ? mem_zalloc(1, sizeof(*t)) : glue_tour(g, e->tour);
    glue_note(g, e->on ? "tour_open" : "tour_closed", e, e->name);
    if (t && e->on) {
        t->id = e->tour;
        glue_copy(t->name, sizeof(t->name), e->name);
        glue_copy(t->title, sizeof(t->title), e->title);
        list_init(&t->people);
        glue_event_run(g, t);
        list_push(&g->tours, &t->in_glue);
        glue_event_tour(g, e, t);
    } else if (t) {
        glue_event_tour(g, e, t);
        g->waiting -= t->refused;
        free_tour(t);
    }
}

static void on_mix(struct glue *g, const struct signaling_effect *e) {
    struct mix_order o = {.tour = e->tour,
                          .peer = e->peer,
                          .without = e->participant,
                          .worker = (uint8_t)e->worker,
                          .on = e->on};
    if (!g->config.mix || backlog_post(&g->mix, &o) != OK) {
        g->lost++;
        glue_note(g, "out_of_memory", e, "order to the mix dropped");
    }
}

static void obey(struct glue *g, const struct signaling_effect *e) {
    switch ((enum signaling_effect_type)e->type) {
    case EFFECT_SEND:
    case EFFECT_CLOSE:
    case EFFECT_HTTP:
    case EFFECT_ACT:
        g->config.deliver(g->config.ctx, e);
        break;
    case EFFECT_COMMAND:
        on_command(g, e);
        break;
    case EFFECT_MIX:
        on_mix(g, e);
        break;
    case EFFECT_TOUR:
        on_tour(g, e);
        break;
    case EFFECT_PARTICIPANT:
        glue_participant(g, e);
        break;
    case EFFECT_MUTED:
        glue_muted(g, e);
        break;
    case EFFECT_RECORD:
        glue_record(g, e);
        break;
    case EFFECT_ENTRY:
        glue_entry(g, e);
        break;
    case EFFECT_RECORD_PAUSE:
        glue_record_pause(g, e);
        break;
    }
}

void glue_effects(struct glue *g, us_t now) {
    struct signaling_effect e;
    g->now = now;
    while (signaling_effect(g->config.signaling, &e)) {
        obey(g, &e);
    }
}

/* ---- what workers and recorder report ---- */

/* Clients only see that somebody is not connected any more; why is for the log. */
static void note_peer(struct glue *g, const char *event, const struct media_event *e,
                      const char *why) {
    if (g->config.note) {
        g->config.note(g->config.ctx, event, e->tour, e->peer, why);
    }
}

static void on_offence(struct glue *g, us_t now, const struct media_event *e) {
    enum media_offence kind = (enum media_offence)e->reason;
    struct signaling_who who;
    char detail[sizeof(who) + 32];
    if (kind == OFFENCE_RATE) {
        signaling_excess(g->config.signaling, now, e->peer, (enum source_kind)e->source_kind);
    }
    if (signaling_peer_who(g->config.signaling, e->peer, &who) &&
        offenders_note(&g->offenders, now, &who, kind) && g->config.note) {
        snprintf(detail, sizeof(detail), "%s by %s in %s", media_offence_name(kind),
                 who.participant, who.tour);
        g->config.note(g->config.ctx, "media_offence", e->tour, e->peer, detail);
    }
}

static void on_media(struct glue *g, us_t now, const struct media_event *e) {
    struct signaling *s = g->config.signaling;
    switch ((enum media_event_type)e->type) {
    case MEDIA_PEER_CONNECTED:
        signaling_peer_connected(s, now, e->peer);
        break;
    case MEDIA_PEER_FAILED:
        note_peer(g, "peer_failed", e,
                  e->handshake ? dtls_failure_name((enum dtls_failure)e->handshake)
                               : err_name((enum err)e->reason));
        signaling_peer_gone(s, now, e->peer);
        break;
    case MEDIA_PEER_GONE:
        note_peer(g, "peer_gone", e, "timeout");
        signaling_peer_gone(s, now, e->peer);
        break;
    case MEDIA_SOURCE_ON:
    case MEDIA_SOURCE_OFF:
        signaling_source(s, now, e->peer, (enum source_kind)e->source_kind,
                         e->type == MEDIA_SOURCE_ON);
        break;
    case MEDIA_SLOT_CHANGED:
        signaling_slot(s, now, e->peer,
                       &(struct signaling_bound){e->mid, e->participant,
                                                 (enum source_kind)e->source_kind, e->paused});
        break;
    case MEDIA_LAYERS:
        signaling_layers(s, e->peer, (enum source_kind)e->source_kind, e->layers);
        break;
    case MEDIA_RECEPTION:
        signaling_reception(s, now, e->peer, (enum reception)e->reason);
        break;
    case MEDIA_SPEAKER:
        signaling_speaker(s, e->tour, e->participant);
        break;
    case MEDIA_OFFENCE:
        on_offence(g, now, e);
        break;
    }
}

static void note_recorder(struct glue *g, const struct recorder_event *e) {
    static const char *const name[] = {[RECORDER_STARTED] = "recording_started",
                                       [RECORDER_STOPPED] = "recording_stopped",
                                       [RECORDER_FAILING] = "recording_failing",
                                       [RECORDER_RECOVERED] = "recording_recovered",
                                       [RECORDER_UNFINISHED] = "recording_unfinished",
                                       [RECORDER_UNFORGOTTEN] = "erasure_unfinished",
                                       [RECORDER_CATALOGUE_LOST] = "catalogue_rebuilt"};
    char detail[80];
    const char *error = e->error ? err_name((enum err)e->error) : "";
    snprintf(detail, sizeof(detail), "%s%s%s", e->recording, *error && *e->recording ? " " : "",
             error);
    if (g->config.note) {
        g->config.note(g->config.ctx, name[e->type], e->tour, 0, detail);
    }
}

static void on_recorder(struct glue *g, const struct recorder_event *e) {
    static const enum signaling_recording_state state[] = {[RECORDER_STARTED] = RECORDING_ON,
                                                           [RECORDER_STOPPED] = RECORDING_OFF,
                                                           [RECORDER_FAILING] = RECORDING_FAILING,
                                                           [RECORDER_RECOVERED] = RECORDING_ON};
    note_recorder(g, e);
    glue_event_recorder(g, e);
    glue_failing_note(g, e);
    if (e->type == RECORDER_STARTED) {
        glue_recording_begins(g, e->tour, e->recording);
    }
    /* The others are of earlier runs and of no tour. What an old recording comes to, which could
     * not end for long, must not hide that the tour is recorded again. */
    if (e->type == RECORDER_STARTED && !e->superseded) {
        signaling_recording_started(g->config.signaling, e->tour);
    } else if (e->type < ARRAY_LEN(state) && !e->superseded) {
        signaling_recording(g->config.signaling, e->tour, state[e->type]);
    }
}

/* False when there may be more. Whoever makes reports in masses waits for the next turn with the
 * rest, so that the sockets get theirs: readers who are told a lot must have a chance to read. */
static bool take_media(struct glue *g, us_t now, struct worker *w) {
    struct media_event e;
    worker_listen(w);
    for (int i = 0; i < GLUE_TURN_EVENTS; i++) {
        if (!worker_event(w, &e)) {
            return true;
        }
        on_media(g, now, &e);
        glue_effects(g, now);
    }
    return false;
}

static bool take_recorder(struct glue *g, us_t now, struct recorder_thread *r) {
    struct recorder_event e;
    recorder_thread_listen(r);
    for (int i = 0; i < GLUE_TURN_EVENTS; i++) {
        if (!recorder_thread_event(r, &e)) {
            return true;
        }
        on_recorder(g, &e);
        glue_effects(g, now);
    }
    return false;
}

void glue_last_reports(struct glue *g) {
    struct recorder_event e;
    while (g && g->config.recorder && recorder_thread_event(g->config.recorder, &e)) {
        note_recorder(g, &e);
        glue_event_recorder(g, &e);
    }
}

void glue_end(struct glue *g) {
    if (g) {
        g->config.recorder = NULL;
        glue_events_end(g);
    }
}

void glue_service(struct glue *g, us_t now) {
    g->now = now;
    g->more = false;
    (void)backlog_flush(&g->orders);
    glue_taps(g);
    (void)backlog_flush(&g->mix);
    for (uint32_t i = 0; i < g->config.n_workers; i++) {
        (void)backlog_flush(&g->backlogs[i]);
        g->more |= !take_media(g, now, g->config.workers[i]);
    }
    g->more |= g->config.recorder && !take_recorder(g, now, g->config.recorder);
    glue_record_refused(g);
    glue_events_service(g);
    glue_effects(g, now);
    if (signaling_deadline(g->config.signaling) <= now) {
        signaling_timeout(g->config.signaling, now);
        glue_effects(g, now);
    }
}

uint64_t glue_refused(const struct glue *g) {
    return g->refused;
}

uint64_t glue_lost(const struct glue *g) {
    return g->lost;
}

uint64_t glue_unsaid(const struct glue *g) {
    return g->unsaid;
}

const struct offenders *glue_offenders(const struct glue *g) {
    return &g->offenders;
}

uint32_t glue_waiting(const struct glue *g) {
    uint32_t most = 0;
    for (uint32_t i = 0; i < g->config.n_workers; i++) {
        most = g->backlogs[i].n > most ? g->backlogs[i].n : most;
    }
    return most;
}

us_t glue_deadline(const struct glue *g) {
    us_t at = g->more ? g->now : signaling_deadline(g->config.signaling);
    at = us_min(at, g->tell_at);
    bool waits = g->taps_wait || !list_empty(&g->orders.waiting) || !list_empty(&g->mix.waiting);
    at = waits ? us_min(at, g->now + RETRY) : at;
    for (uint32_t i = 0; i < g->config.n_workers; i++) {
        at = list_empty(&g->backlogs[i].waiting) ? at : us_min(at, g->now + RETRY);
    }
    return at;
}
