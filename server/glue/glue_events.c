#include "server/glue/glue_events.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"
#include "server/os/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TELL_EVERY US_PER_S /* of what one participant may change as often as they like */

/* Members of `data` are written as an object; its braces are left out. */
static void begin(struct buffer *data) {
    *data = (struct buffer){0};
    json_open(data, NULL, '{');
}

/* What it is about, beside the tour. */
struct about {
    const struct person *person; /* NULL: nobody */
    const char *recording;       /* NULL: none */
};

static void post(struct glue *g, enum event_type type, const struct tour *t, struct about about,
                 struct buffer *data) {
    json_close(data, '}');
    struct event *e = data->bad ? NULL : event_new(type, data->p + 1, data->n - 2);
    buffer_free(data);
    if (!e) {
        g->unsaid++;
        return;
    }
    e->at = clock_wall();
    glue_copy(e->tour, sizeof(e->tour), t->name);
    glue_copy(e->session, sizeof(e->session), t->run);
    glue_copy(e->correlation, sizeof(e->correlation), g->trace);
    glue_copy(e->recording, sizeof(e->recording), about.recording);
    if (about.person) {
        glue_copy(e->user, sizeof(e->user), about.person->sub);
        e->person = about.person->order.participant;
        e->number = about.person->number;
    }
    events_thread_post(g->config.events, e);
}

void glue_trace(struct glue *g, const char *id) {
    if (g) {
        glue_copy(g->trace, sizeof(g->trace), id);
    }
}

#define NOTHING ((struct about){0})

static bool tells(const struct glue *g, const struct tour *t) {
    return g->config.events && t;
}

static void put_person(struct buffer *b, const struct person *p) {
    char id[16];
    snprintf(id, sizeof(id), "p%" PRIu32, p->number);
    json_open(b, "participant", '{');
    json_put_string(b, "id", id);
    json_put_string(b, "name", p->order.name);
    json_put_string(b, "role", p->order.role);
    json_close(b, '}');
}

static void put_consent(struct buffer *b, const char *version) {
    json_open(b, "consent", '{');
    json_put_bool(b, "recording", version && *version);
    json_put_string(b, "version", version && *version ? version : NULL);
    json_close(b, '}');
}

void glue_event_run(struct glue *g, struct tour *t) {
    struct rng rng = clock_rng();
    ulid_next(&g->runs, clock_wall(), &rng, t->run);
}

void glue_event_tour(struct glue *g, const struct signaling_effect *e, const struct tour *t) {
    struct buffer data;
    if (!tells(g, t)) {
        return;
    }
    begin(&data);
    json_put_string(&data, "title", t->title);
    post(g, e->on ? EVENT_TOUR_STARTED : EVENT_TOUR_ENDED, t, NOTHING, &data);
}

/* ---- who is in it ---- */

static void post_person(struct glue *g, enum event_type type, const struct tour *t,
                        const struct person *p) {
    struct buffer data;
    begin(&data);
    put_person(&data, p);
    if (type != EVENT_PARTICIPANT_LEFT) {
        put_consent(&data, p->order.consent_version);
    }
    post(g, type, t, (struct about){.person = p}, &data);
}

static void post_muted(struct glue *g, const struct tour *t, const struct person *p,
                       enum source_kind kind) {
    struct buffer data;
    begin(&data);
    put_person(&data, p);
    json_put_string(&data, "source", source_kind_name(kind));
    json_put_bool(&data, "muted", p->muted & 1u << kind);
    post(g, EVENT_PARTICIPANT_MUTED, t, (struct about){.person = p}, &data);
}

static bool is_told(const struct person *p) {
    return p->muted == p->muted_told && strcmp(p->order.consent_version, p->consent_told) == 0;
}

static void note_told(struct person *p) {
    p->muted_told = p->muted;
    glue_copy(p->consent_told, sizeof(p->consent_told), p->order.consent_version);
}

/* The net change since they were told last. */
static void tell_changes(struct glue *g, const struct tour *t, struct person *p) {
    if (strcmp(p->order.consent_version, p->consent_told) != 0) {
        post_person(g, EVENT_PARTICIPANT_CONSENT, t, p);
    }
    for (unsigned kind = 0; kind < SOURCE_KIND_COUNT; kind++) {
        if ((p->muted ^ p->muted_told) & 1u << kind) {
            post_muted(g, t, p, (enum source_kind)kind);
        }
    }
    note_told(p);
    p->tell_at = g->now + TELL_EVERY;
}

void glue_event_joined(struct glue *g, const struct tour *t, struct person *p) {
    if (tells(g, t)) {
        post_person(g, EVENT_PARTICIPANT_JOINED, t, p);
        note_told(p);
    }
}

void glue_event_changed(struct glue *g, const struct tour *t, struct person *p) {
    if (!tells(g, t) || is_told(p)) {
        return;
    }
    if (p->tell_at <= g->now) {
        tell_changes(g, t, p);
    } else {
        g->tell_at = us_min(g->tell_at, p->tell_at);
    }
}

void glue_event_left(struct glue *g, const struct tour *t, struct person *p) {
    if (tells(g, t)) {
        tell_changes(g, t, p);
        post_person(g, EVENT_PARTICIPANT_LEFT, t, p);
    }
}

void glue_events_service(struct glue *g) {
    if (g->now < g->tell_at) {
        return;
    }
    g->tell_at = US_NEVER;
    LIST_EACH(l, &g->tours) {
        const struct tour *t = LIST_ENTRY(l, struct tour, in_glue);
        LIST_EACH(m, &t->people) {
            glue_event_changed(g, t, LIST_ENTRY(m, struct person, in_tour));
        }
    }
}

/* ---- what is said ---- */

static bool is_message(const char *kind) {
    static const char *const kinds[] = {"chat", "question", "answer", "chapter", "retract"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

void glue_event_entry(struct glue *g, const struct signaling_effect *e, const struct tour *t,
                      const struct person *by) {
    struct buffer data;
    if (!tells(g, t) || !g->config.messages || e->again || !is_message(e->name)) {
        return;
    }
    begin(&data);
    if (by) {
        put_person(&data, by);
    } else {
        json_put_null(&data, "participant");
    }
    json_put_uint(&data, "entry", e->seq);
    json_put_string(&data, "kind", e->name);
    json_put_string(&data, "text", e->title && *e->title ? e->title : NULL);
    json_put_raw(&data, "fields", e->text);
    post(g, EVENT_MESSAGE, t, (struct about){.person = by}, &data);
}

void glue_event_paused(struct glue *g, const struct signaling_effect *e, const struct tour *t) {
    struct buffer data;
    if (tells(g, t)) {
        begin(&data);
        json_put_bool(&data, "paused", e->on);
        post(g, EVENT_RECORDING_PAUSED, t, NOTHING, &data);
    }
}

/* ---- recordings ---- */

static struct recorded *recorded_as(struct glue *g, const char *recording) {
    LIST_EACH(l, &g->recorded) {
        struct recorded *r = LIST_ENTRY(l, struct recorded, in_glue);
        if (strcmp(r->recording, recording) == 0) {
            return r;
        }
    }
    return NULL;
}

static void forget(struct recorded *r) {
    list_remove(&r->in_glue);
    mem_free(r);
}

static struct recorded *new_recorded(struct glue *g, const struct tour *t) {
    struct recorded *r = mem_zalloc(1, sizeof(*r));
    if (r) {
        r->tour = t->id;
        glue_copy(r->name, sizeof(r->name), t->name);
        glue_copy(r->run, sizeof(r->run), t->run);
        list_push(&g->recorded, &r->in_glue);
    } else {
        g->unsaid++;
    }
    return r;
}

/* The one that was ordered first of those that the tour has, and has not begun. */
static struct recorded *ordered(struct glue *g, uint64_t tour) {
    LIST_EACH(l, &g->recorded) {
        struct recorded *r = LIST_ENTRY(l, struct recorded, in_glue);
        if (r->tour == tour && !*r->recording) {
            return r;
        }
    }
    return NULL;
}

void glue_event_ordered(struct glue *g, const struct tour *t) {
    if (tells(g, t)) {
        (void)new_recorded(g, t);
    }
}

void glue_event_refused(struct glue *g, const struct tour *t) {
    struct buffer data;
    if (tells(g, t)) {
        begin(&data);
        json_put_null(&data, "recording");
        json_put_bool(&data, "failing", true);
        json_put_string(&data, "error", "quota");
        post(g, EVENT_RECORDING_FAILING, t, NOTHING, &data);
    }
}

/* NULL: nothing is known of it. */
static struct recorded *remember(struct glue *g, const struct recorder_event *e) {
    const struct tour *t = glue_tour(g, e->tour);
    struct recorded *r = *e->recording ? recorded_as(g, e->recording) : NULL;
    r = r ? r : ordered(g, e->tour);
    r = r || !t || !*e->recording ? r : new_recorded(g, t);
    if (r && *e->recording) {
        glue_copy(r->recording, sizeof(r->recording), e->recording);
    }
    return r;
}

static void post_recorder(struct glue *g, const struct recorder_event *e, const struct tour *t) {
    static const enum event_type types[] = {[RECORDER_STARTED] = EVENT_RECORDING_STARTED,
                                            [RECORDER_STOPPED] = EVENT_RECORDING_COMPLETED,
                                            [RECORDER_FAILING] = EVENT_RECORDING_FAILING,
                                            [RECORDER_RECOVERED] = EVENT_RECORDING_FAILING};
    struct buffer data;
    begin(&data);
    json_put_string(&data, "recording", *e->recording ? e->recording : NULL);
    if (types[e->type] == EVENT_RECORDING_FAILING) {
        json_put_bool(&data, "failing", e->type == RECORDER_FAILING);
        json_put_string(&data, "error", e->error ? err_name((enum err)e->error) : NULL);
    }
    post(g, types[e->type], t, (struct about){.recording = e->recording}, &data);
}

void glue_event_recorder(struct glue *g, const struct recorder_event *e) {
    if (!g->config.events || e->type > RECORDER_RECOVERED) {
        return;
    }
    struct recorded *r = remember(g, e);
    const struct tour *live = glue_tour(g, e->tour);
    struct tour t = {.id = e->tour};
    glue_copy(t.name, sizeof(t.name), r ? r->name : live ? live->name : "");
    glue_copy(t.run, sizeof(t.run), r ? r->run : live ? live->run : "");
    bool began = *e->recording || e->type == RECORDER_FAILING || e->type == RECORDER_RECOVERED;
    if (*t.name && began) {
        post_recorder(g, e, &t);
    }
    if (r && e->type == RECORDER_STOPPED) {
        forget(r);
    }
}

/* ---- the end ---- */

static void end_tour(struct glue *g, const struct tour *t) {
    struct buffer data;
    LIST_EACH(l, &t->people) {
        glue_event_left(g, t, LIST_ENTRY(l, struct person, in_tour));
    }
    begin(&data);
    json_put_string(&data, "title", t->title);
    json_put_string(&data, "reason", "shutdown");
    post(g, EVENT_TOUR_ENDED, t, NOTHING, &data);
}

void glue_events_end(struct glue *g) {
    if (!g->config.events) {
        return;
    }
    LIST_EACH(l, &g->tours) {
        end_tour(g, LIST_ENTRY(l, struct tour, in_glue));
    }
    LIST_EACH(l, &g->recorded) {
        const struct recorded *r = LIST_ENTRY(l, struct recorded, in_glue);
        struct recorder_event e = {.type = RECORDER_STOPPED, .tour = r->tour};
        glue_copy(e.recording, sizeof(e.recording), r->recording);
        glue_event_recorder(g, &e);
    }
}

void glue_events_free(struct glue *g) {
    LIST_EACH(l, &g->recorded) {
        forget(LIST_ENTRY(l, struct recorded, in_glue));
    }
}
