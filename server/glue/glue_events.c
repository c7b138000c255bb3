#include "server/glue/glue_events.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"
#include "server/os/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Members of `data` are written as an object; its braces are left out. */
static void begin(struct buffer *data) {
    *data = (struct buffer){0};
    json_open(data, NULL, '{');
}

static void post(struct glue *g, enum event_type type, const struct tour *t, const char *user,
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
    glue_copy(e->user, sizeof(e->user), user);
    snprintf(e->session, sizeof(e->session), "%016" PRIx64, t->id);
    events_thread_post(g->config.events, e);
}

static bool tells(const struct glue *g, const struct tour *t) {
    return g->config.events && t;
}

static void put_person(struct buffer *b, uint32_t number, const char *name, const char *role) {
    char id[16];
    snprintf(id, sizeof(id), "p%" PRIu32, number);
    json_open(b, "participant", '{');
    json_put_string(b, "id", id);
    json_put_string(b, "name", name);
    json_put_string(b, "role", role);
    json_close(b, '}');
}

static void put_consent(struct buffer *b, const char *version) {
    json_open(b, "consent", '{');
    json_put_bool(b, "recording", version && *version);
    json_put_string(b, "version", version && *version ? version : NULL);
    json_close(b, '}');
}

void glue_event_tour(struct glue *g, const struct signaling_effect *e, const struct tour *t) {
    struct buffer data;
    if (!tells(g, t)) {
        return;
    }
    begin(&data);
    json_put_string(&data, "title", t->title);
    post(g, e->on ? EVENT_TOUR_STARTED : EVENT_TOUR_ENDED, t, NULL, &data);
}

void glue_event_participant(struct glue *g, const struct signaling_effect *e, const struct tour *t,
                            const struct person *before) {
    struct buffer data;
    const char *consent = e->consent_version ? e->consent_version : "";
    bool stays = before && e->on;
    if (!tells(g, t) || (stays && strcmp(before->order.consent_version, consent) == 0)) {
        return;
    }
    begin(&data);
    put_person(&data, e->number, e->name, e->role);
    if (e->on) {
        put_consent(&data, consent);
    }
    post(g,
         stays   ? EVENT_PARTICIPANT_CONSENT
         : e->on ? EVENT_PARTICIPANT_JOINED
                 : EVENT_PARTICIPANT_LEFT,
         t, e->sub, &data);
}

void glue_event_muted(struct glue *g, const struct signaling_effect *e, const struct tour *t,
                      const struct person *p) {
    struct buffer data;
    if (!tells(g, t) || !p) {
        return;
    }
    begin(&data);
    put_person(&data, p->number, p->order.name, p->order.role);
    json_put_string(&data, "source", source_kind_name((enum source_kind)e->kind));
    json_put_bool(&data, "muted", e->on);
    post(g, EVENT_PARTICIPANT_MUTED, t, p->sub, &data);
}

void glue_event_paused(struct glue *g, const struct signaling_effect *e, const struct tour *t) {
    struct buffer data;
    if (tells(g, t)) {
        begin(&data);
        json_put_bool(&data, "paused", e->on);
        post(g, EVENT_RECORDING_PAUSED, t, NULL, &data);
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

static struct recorded *remember(struct glue *g, const struct recorder_event *e) {
    const struct tour *t = glue_tour(g, e->tour);
    struct recorded *r = recorded_as(g, e->recording);
    if (r || !t) {
        return r;
    }
    r = mem_zalloc(1, sizeof(*r));
    if (r) {
        r->tour = e->tour;
        glue_copy(r->recording, sizeof(r->recording), e->recording);
        glue_copy(r->name, sizeof(r->name), t->name);
        list_push(&g->recorded, &r->in_glue);
    }
    return r;
}

void glue_event_recorder(struct glue *g, const struct recorder_event *e) {
    static const enum event_type types[] = {[RECORDER_STARTED] = EVENT_RECORDING_STARTED,
                                            [RECORDER_STOPPED] = EVENT_RECORDING_COMPLETED,
                                            [RECORDER_FAILING] = EVENT_RECORDING_FAILING,
                                            [RECORDER_RECOVERED] = EVENT_RECORDING_FAILING};
    struct buffer data;
    if (!g->config.events || e->type >= ARRAY_LEN(types)) {
        return;
    }
    struct recorded *r = *e->recording ? remember(g, e) : NULL;
    const struct tour *live = glue_tour(g, e->tour);
    struct tour t = {.id = e->tour};
    glue_copy(t.name, sizeof(t.name), r ? r->name : live ? live->name : "");
    if (!*t.name) {
        return; /* it never began */
    }
    begin(&data);
    json_put_string(&data, "recording", *e->recording ? e->recording : NULL);
    if (types[e->type] == EVENT_RECORDING_FAILING) {
        json_put_bool(&data, "failing", e->type == RECORDER_FAILING);
        json_put_string(&data, "error", e->error ? err_name((enum err)e->error) : NULL);
    }
    post(g, types[e->type], &t, NULL, &data);
    if (r && e->type == RECORDER_STOPPED) {
        forget(r);
    }
}

void glue_events_free(struct glue *g) {
    LIST_EACH(l, &g->recorded) {
        forget(LIST_ENTRY(l, struct recorded, in_glue));
    }
}
