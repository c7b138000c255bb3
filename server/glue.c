#include "server/glue.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "server/backlog.h"
#include "server/order_backlog.h"

#include <stdio.h>
#include <string.h>

/* DESIGN. Glue keeps the little that neither side may know of the other: the name and title of a
 * tour and who is in it, so that a recording that starts in mid-tour begins with its people. */

struct person {
    struct recorder_order order; /* as it was announced */
    uint8_t muted;               /* bit per source_kind */
    struct link in_tour;
};

#define RETRY (10 * US_PER_MS) /* between looks for room in a full mailbox */

struct tour {
    uint64_t id;
    char name[65], title[129];
    bool unrecorded; /* an order to start could not be given */
    bool refused;    /* for the quota: it is given later, */
    uint32_t worker; /* with these two, */
    uint8_t codec;
    bool paused; /* and paused, if that was ordered meanwhile, by this one */
    uint64_t pauser;
    struct link people, in_glue;
};

struct glue {
    struct glue_config config;
    struct link tours; /* few enough per process; looked up on tour events only */
    us_t now;          /* of the call under way */
    bool more;         /* reports wait for the next turn */
    uint32_t waiting;  /* tours that are refused */
    uint64_t refused;  /* recordings in all */
    struct offenders offenders;
    struct backlog orders;     /* to the recorder */
    struct backlog mix;        /* orders to the mix */
    struct backlog backlogs[]; /* one for each worker */
};

static bool post_to_worker(void *ctx, const void *order) {
    return worker_post(ctx, order);
}

static void drop_worker_order(const void *order) {
    mem_free(((const struct worker_order *)order)->params);
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
    order_backlog_init(&g->orders, post_to_recorder, c->recorder);
    backlog_init(&g->mix, sizeof(struct mix_order), post_to_mix, c->mix);
    for (uint32_t i = 0; i < c->n_workers; i++) {
        backlog_init(&g->backlogs[i], sizeof(struct worker_order), post_to_worker, c->workers[i]);
        g->backlogs[i].drop = drop_worker_order;
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
    for (uint32_t i = 0; i < g->config.n_workers; i++) {
        backlog_free(&g->backlogs[i]);
    }
    backlog_free(&g->orders);
    backlog_free(&g->mix);
    return mem_free(g);
}

static void note(struct glue *g, const char *event, const struct sig_effect *e,
                 const char *detail) {
    if (g->config.note) {
        g->config.note(g->config.ctx, event, e->tour, e->peer, detail);
    }
}

static struct tour *find_tour(struct glue *g, uint64_t id) {
    LIST_EACH(l, &g->tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_glue);
        if (t->id == id) {
            return t;
        }
    }
    return NULL;
}

static struct person *find_person(struct tour *t, uint64_t participant) {
    LIST_EACH(l, &t->people) {
        struct person *p = LIST_ENTRY(l, struct person, in_tour);
        if (p->order.participant == participant) {
            return p;
        }
    }
    return NULL;
}

static void post(struct glue *g, const struct sig_effect *e, const struct worker_order *o) {
    CHECK(e->worker < g->config.n_workers);
    if (backlog_post(&g->backlogs[e->worker], o) != OK) {
        note(g, "out_of_memory", e, "order dropped");
    }
}

/* False: it could neither be given nor kept. */
static bool tell_recorder(struct glue *g, const struct sig_effect *e,
                          const struct recorder_order *o) {
    if (g->config.recorder && order_backlog_post(&g->orders, o) != OK) {
        note(g, "recorder_backlog_full", e, "order dropped");
        return false;
    }
    return true;
}

static void copy_text(char *out, size_t cap, const char *text) {
    snprintf(out, cap, "%s", text ? text : "");
}

/* ---- effects of signaling ---- */

static void on_tour_add(struct glue *g, const struct sig_effect *e) {
    struct tour *t = mem_zalloc(1, sizeof(*t));
    if (t) {
        t->id = e->tour;
        copy_text(t->name, sizeof(t->name), e->tour_name);
        copy_text(t->title, sizeof(t->title), e->title);
        list_init(&t->people);
        list_push(&g->tours, &t->in_glue);
    }
    post(g, e, &(struct worker_order){.type = WORKER_TOUR_ADD, .tour = e->tour});
    note(g, "tour_open", e, e->tour_name);
}

/* To every worker that has the tour. */
static void post_to_span(struct glue *g, const struct sig_effect *e, struct worker_order o) {
    for (uint64_t left = e->span; left; left &= left - 1) {
        struct sig_effect to = *e;
        to.worker = (uint32_t)__builtin_ctzll(left);
        o.others = e->span & ~(1ull << to.worker);
        post(g, &to, &o);
    }
}

/* Each learns of the others; the new one gets the tour first. */
static void on_tour_span(struct glue *g, const struct sig_effect *e) {
    struct sig_effect fresh = *e;
    fresh.worker = e->fresh;
    post(g, &fresh, &(struct worker_order){.type = WORKER_TOUR_ADD, .tour = e->tour});
    post_to_span(g, e,
                 (struct worker_order){
                     .type = WORKER_TOUR_SPAN, .tour = e->tour, .home = (uint8_t)e->worker});
}

static void on_tour_remove(struct glue *g, const struct sig_effect *e) {
    struct tour *t = find_tour(g, e->tour);
    post_to_span(g, e, (struct worker_order){.type = WORKER_TOUR_REMOVE, .tour = e->tour});
    note(g, "tour_closed", e, t ? t->name : NULL);
    if (t) {
        g->waiting -= t->refused;
        free_tour(t);
    }
}

static void on_tour_mix(struct glue *g, const struct sig_effect *e) {
    post_to_span(g, e,
                 (struct worker_order){.type = WORKER_TOUR_MIX, .tour = e->tour, .on = e->on});
}

/* The mix makes what the listener's worker is to show. */
static void on_mix(struct glue *g, const struct sig_effect *e) {
    struct mix_order o = {.tour = e->tour,
                          .peer = e->peer,
                          .without = e->participant,
                          .worker = (uint8_t)e->worker,
                          .on = e->on};
    if (!g->config.mix || backlog_post(&g->mix, &o) != OK) {
        note(g, "out_of_memory", e, "order to the mix dropped");
        return;
    }
    if (e->on) {
        post(g, e,
             &(struct worker_order){
                 .type = WORKER_WITHOUT, .peer = e->peer, .participant = e->participant});
    }
}

static void on_peer_add(struct glue *g, const struct sig_effect *e) {
    struct worker_order o = {.type = WORKER_PEER_ADD, .peer = e->params->peer};
    o.params = mem_alloc(sizeof(*o.params));
    if (!o.params) {
        note(g, "out_of_memory", e, "peer not added");
        return;
    }
    *o.params = *e->params;
    post(g, e, &o);
}

static void on_restart(struct glue *g, const struct sig_effect *e) {
    struct worker_order o = {.type = WORKER_PEER_RESTART, .peer = e->peer};
    o.ice = *e->ice;
    post(g, e, &o);
}

static void on_participant(struct glue *g, const struct sig_effect *e) {
    struct tour *t = find_tour(g, e->tour);
    struct recorder_order o = {
        .type = ORDER_PARTICIPANT, .tour = e->tour, .participant = e->participant, .on = e->on};
    copy_text(o.name, sizeof(o.name), e->name);
    copy_text(o.role, sizeof(o.role), e->role);
    copy_text(o.consent_version, sizeof(o.consent_version), e->consent_version);
    (void)tell_recorder(g, e, &o);
    if (!t) {
        return;
    }
    struct person *p = find_person(t, e->participant);
    if (p && !e->on) {
        list_remove(&p->in_tour);
        mem_free(p);
    } else if (p) {
        p->order = o;
    } else if (e->on && (p = mem_zalloc(1, sizeof(*p))) != NULL) {
        p->order = o;
        list_push(&t->people, &p->in_tour);
    }
}

static bool tell_mute(struct glue *g, const struct sig_effect *e, uint64_t participant,
                      enum source_kind kind) {
    struct recorder_order o = {
        .type = ORDER_MUTE, .tour = e->tour, .participant = participant, .on = e->on};
    copy_text(o.name, sizeof(o.name), source_kind_name(kind));
    return tell_recorder(g, e, &o);
}

/* Who is there when a recording begins, and whose sources are off by intent. */
static void tell_people(struct glue *g, const struct sig_effect *e, const struct tour *t) {
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
static void refuse_recording(struct glue *g, const struct sig_effect *e, struct tour *t) {
    g->refused++;
    note(g, "recording_refused", e, "quota");
    if (t) {
        g->waiting += !t->refused;
        t->refused = t->unrecorded = true;
        t->paused = false;
        t->worker = e->worker;
        t->codec = e->codec;
    }
    sig_recording(g->config.sig, g->now, e->tour, RECORDING_FAILING);
}

static void accept_recording(struct glue *g, struct tour *t) {
    g->waiting -= t->refused;
    t->refused = false;
}

/* The recorder tells when it has stopped, if it ever heard of the start. */
static void stop_recording(struct glue *g, const struct sig_effect *e, struct tour *t,
                           const struct recorder_order *stop) {
    if (t) {
        accept_recording(g, t);
    }
    (void)tell_recorder(g, e, stop);
    if (t && t->unrecorded) {
        t->unrecorded = false;
        sig_recording(g->config.sig, g->now, e->tour, RECORDING_OFF);
    }
}

/* Start: the recorder first, then the people, then the tap, so that the first tap finds an open
 * recording. Stop: the other way round. */
static void on_record(struct glue *g, const struct sig_effect *e) {
    struct tour *t = find_tour(g, e->tour);
    struct recorder_order o = {
        .type = e->on ? ORDER_START : ORDER_STOP, .tour = e->tour, .codec = e->codec};
    struct worker_order tap = {.type = WORKER_TOUR_TAP, .tour = e->tour, .on = e->on};
    if (!g->config.recorder) {
        sig_recording(g->config.sig, g->now, e->tour, RECORDING_FAILING);
        return;
    }
    if (!e->on) {
        post(g, e, &tap);
        stop_recording(g, e, t, &o);
        return;
    }
    if (is_full(g)) {
        refuse_recording(g, e, t);
        return;
    }
    copy_text(o.tour_name, sizeof(o.tour_name), t ? t->name : "");
    copy_text(o.title, sizeof(o.title), t ? t->title : "");
    bool given = tell_recorder(g, e, &o);
    if (t) {
        t->unrecorded = !given;
    }
    if (!given) {
        sig_recording(g->config.sig, g->now, e->tour, RECORDING_FAILING);
        return;
    }
    if (t) {
        tell_people(g, e, t);
    }
    post(g, e, &tap);
}

/* While it is paused the worker taps nothing: what is not to be recorded does not reach the
 * recorder. The recording goes on, with its time. */
static void on_record_pause(struct glue *g, const struct sig_effect *e) {
    struct recorder_order o = {
        .type = ORDER_PAUSE, .tour = e->tour, .participant = e->participant, .on = e->on};
    struct worker_order tap = {.type = WORKER_TOUR_TAP, .tour = e->tour, .on = !e->on};
    struct tour *t = find_tour(g, e->tour);
    if (t && t->refused) {
        t->paused = e->on;
        t->pauser = e->participant;
    } else if (g->config.recorder) {
        (void)tell_recorder(g, e, &o);
        post(g, e, &tap);
    }
}

/* There is room again. */
static void begin_refused(struct glue *g) {
    if (!g->waiting || is_full(g)) {
        return;
    }
    LIST_EACH(l, &g->tours) {
        struct tour *t = LIST_ENTRY(l, struct tour, in_glue);
        struct sig_effect e = {.type = EFFECT_RECORD,
                               .tour = t->id,
                               .worker = t->worker,
                               .codec = t->codec,
                               .on = true};
        if (!t->refused) {
            continue;
        }
        accept_recording(g, t);
        on_record(g, &e);
        if (t->paused && !t->unrecorded) {
            e.type = EFFECT_RECORD_PAUSE;
            e.participant = t->pauser;
            on_record_pause(g, &e);
        }
    }
}

static void pass_to_worker(struct glue *g, const struct sig_effect *e) {
    static const uint8_t type[] = {[EFFECT_PEER_REMOVE] = WORKER_PEER_REMOVE,
                                   [EFFECT_PEER_CONSENT] = WORKER_PEER_CONSENT,
                                   [EFFECT_MUTE] = WORKER_MUTE,
                                   [EFFECT_PIN] = WORKER_PIN};
    struct worker_order o = {.type = type[e->type],
                             .kind = e->kind,
                             .on = e->on,
                             .tour = e->tour,
                             .peer = e->peer,
                             .participant = e->participant};
    post(g, e, &o);
}

static void on_mute(struct glue *g, const struct sig_effect *e) {
    struct tour *t = find_tour(g, e->tour);
    struct person *p = t ? find_person(t, e->participant) : NULL;
    if (p) {
        uint8_t bit = (uint8_t)(1u << e->kind);
        p->muted = (uint8_t)(e->on ? p->muted | bit : p->muted & ~bit);
    }
    (void)tell_mute(g, e, e->participant, (enum source_kind)e->kind);
    if (e->peer) {
        pass_to_worker(g, e);
    }
}

static void obey(struct glue *g, const struct sig_effect *e) {
    switch ((enum sig_effect_type)e->type) {
    case EFFECT_SEND:
    case EFFECT_CLOSE:
    case EFFECT_HTTP:
        g->config.deliver(g->config.ctx, e);
        break;
    case EFFECT_TOUR_ADD:
        on_tour_add(g, e);
        break;
    case EFFECT_TOUR_SPAN:
        on_tour_span(g, e);
        break;
    case EFFECT_TOUR_REMOVE:
        on_tour_remove(g, e);
        break;
    case EFFECT_TOUR_MIX:
        on_tour_mix(g, e);
        break;
    case EFFECT_MIX:
        on_mix(g, e);
        break;
    case EFFECT_PEER_ADD:
        on_peer_add(g, e);
        break;
    case EFFECT_PEER_RESTART:
        on_restart(g, e);
        break;
    case EFFECT_RECORD:
        on_record(g, e);
        break;
    case EFFECT_RECORD_PAUSE:
        on_record_pause(g, e);
        break;
    case EFFECT_PARTICIPANT:
        on_participant(g, e);
        break;
    case EFFECT_MUTE:
        on_mute(g, e);
        break;
    case EFFECT_PEER_REMOVE:
    case EFFECT_PEER_CONSENT:
    case EFFECT_PIN:
        pass_to_worker(g, e);
        break;
    }
}

void glue_effects(struct glue *g, us_t now) {
    struct sig_effect e;
    g->now = now;
    while (sig_effect(g->config.sig, &e)) {
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
    struct sig_who who;
    char detail[sizeof(who) + 32];
    if (sig_peer_who(g->config.sig, e->peer, &who) &&
        offenders_note(&g->offenders, now, &who, kind) && g->config.note) {
        snprintf(detail, sizeof(detail), "%s by %s in %s", media_offence_name(kind),
                 who.participant, who.tour);
        g->config.note(g->config.ctx, "media_offence", e->tour, e->peer, detail);
    }
}

static void on_media(struct glue *g, us_t now, const struct media_event *e) {
    struct sig *s = g->config.sig;
    switch ((enum media_event_type)e->type) {
    case MEDIA_PEER_CONNECTED:
        sig_peer_connected(s, now, e->peer);
        break;
    case MEDIA_PEER_FAILED:
        note_peer(g, "peer_failed", e, err_name((enum err)e->reason));
        sig_peer_gone(s, now, e->peer);
        break;
    case MEDIA_PEER_GONE:
        note_peer(g, "peer_gone", e, "timeout");
        sig_peer_gone(s, now, e->peer);
        break;
    case MEDIA_SOURCE_ON:
    case MEDIA_SOURCE_OFF:
        sig_source(s, now, e->peer, (enum source_kind)e->source_kind, e->type == MEDIA_SOURCE_ON);
        break;
    case MEDIA_SLOT_CHANGED:
        sig_slot(s, now, e->peer,
                 &(struct sig_bound){e->mid, e->participant, (enum source_kind)e->source_kind});
        break;
    case MEDIA_SPEAKER:
        sig_speaker(s, now, e->tour, e->participant);
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
                                       [RECORDER_CATALOGUE_LOST] = "catalogue_rebuilt"};
    char detail[80];
    const char *error = e->error ? err_name((enum err)e->error) : "";
    snprintf(detail, sizeof(detail), "%s%s%s", e->recording, *error && *e->recording ? " " : "",
             error);
    if (g->config.note) {
        g->config.note(g->config.ctx, name[e->type], e->tour, 0, detail);
    }
}

static void on_recorder(struct glue *g, us_t now, const struct recorder_event *e) {
    static const enum recording_state state[] = {[RECORDER_STARTED] = RECORDING_ON,
                                                 [RECORDER_STOPPED] = RECORDING_OFF,
                                                 [RECORDER_FAILING] = RECORDING_FAILING,
                                                 [RECORDER_RECOVERED] = RECORDING_ON};
    note_recorder(g, e);
    /* The others are of earlier runs and of no tour. What an old recording comes to, which could
     * not end for long, must not hide that the tour is recorded again. */
    if (e->type < ARRAY_LEN(state) && !e->superseded) {
        sig_recording(g->config.sig, now, e->tour, state[e->type]);
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
        on_recorder(g, now, &e);
        glue_effects(g, now);
    }
    return false;
}

void glue_service(struct glue *g, us_t now) {
    g->now = now;
    g->more = false;
    (void)backlog_flush(&g->orders);
    (void)backlog_flush(&g->mix);
    for (uint32_t i = 0; i < g->config.n_workers; i++) {
        (void)backlog_flush(&g->backlogs[i]);
        g->more |= !take_media(g, now, g->config.workers[i]);
    }
    g->more |= g->config.recorder && !take_recorder(g, now, g->config.recorder);
    begin_refused(g);
    glue_effects(g, now);
    if (sig_deadline(g->config.sig) <= now) {
        sig_timeout(g->config.sig, now);
        glue_effects(g, now);
    }
}

uint64_t glue_refused(const struct glue *g) {
    return g->refused;
}

const struct offenders *glue_offenders(const struct glue *g) {
    return &g->offenders;
}

us_t glue_deadline(const struct glue *g) {
    us_t at = g->more ? g->now : sig_deadline(g->config.sig);
    bool waits = !list_empty(&g->orders.waiting) || !list_empty(&g->mix.waiting);
    at = waits ? us_min(at, g->now + RETRY) : at;
    for (uint32_t i = 0; i < g->config.n_workers; i++) {
        at = list_empty(&g->backlogs[i].waiting) ? at : us_min(at, g->now + RETRY);
    }
    return at;
}
