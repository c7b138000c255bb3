/* DELETE /v1/recordings/{recording}, .../participants/{participant}, .../redactions and .../hold:
 * orders about recordings that cannot be undone, or keep others from being given. They are for
 * tokens of all tours only, and go to the jobs thread. */
#include "server/api/orders.h"

#include "base/utf8.h"
#include "server/api/body.h"
#include "server/api/recordings_schemas.h"
#include "server/api/refuse.h"
#include "server/api/tasks.h"
#include "server/http/respond.h"
#include "server/os/log.h"
#include "json/json_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What only a redaction meets. */
static bool refuse_redaction(struct request *r, const struct job_reply *reply) {
    switch ((enum err)reply->error) {
    case ERR_UNKNOWN:
        if (reply->number == 0) {
            return false;
        }
        respond_problem(r, 404, "track_unknown", "One of the tracks is not of this recording.");
        return true;
    case ERR_UNSUPPORTED:
        respond_problem(r, 409, "recording_inseparable",
                        "A track of an earlier release has one key: it can only be shredded as a"
                        " whole.");
        return true;
    case ERR_RANGE:
        respond_problem(r, 409, "span_empty", "None of the tracks has anything then.");
        return true;
    case ERR_FULL:
        respond_problem(r, 409, "redactions_full",
                        "There are too many gaps already: take out a longer span.");
        return true;
    case ERR_AUTH:
        respond_problem(r, 409, "recording_damaged",
                        "What is damaged can only be shredded as a whole.");
        return true;
    default:
        return false;
    }
}

static void answer_error(struct request *r, const struct job_reply *reply) {
    enum err e = (enum err)reply->error;
    bool redacts = reply->type == JOB_REDACT;
    if ((redacts && refuse_redaction(r, reply)) || tasks_refuse(r, e)) {
        return;
    }
    switch (e) {
    case ERR_DENIED:
        respond_problem(r, 409, "recording_held", "The recording is held: release it first.");
        return;
    case ERR_UNSUPPORTED:
        respond_problem(r, 409, "recording_inseparable",
                        "The person's tracks are of an earlier release, under the key of the"
                        " recording: it can only be shredded as a whole.");
        return;
    case ERR_BUSY:
        respond_header(r, "retry-after:", "5");
        respond_problem(r, 503, NULL, "The key database is busy: ask again.");
        return;
    default:
        respond_problem(r, 500, NULL, NULL);
    }
}

static void note(const struct request *r, uint8_t type) {
    static const char *const events[][2] = {
        [JOB_HOLD] = {"recording_hold", "A recording is held."},
        [JOB_RELEASE] = {"recording_release", "A recording is held no more."},
        [JOB_SHRED] = {"recording_shred", "A recording, or a person in it, was shredded."},
        [JOB_REDACT] = {"recording_redact", "Something was taken out of a recording."}};
    if (type != JOB_HELD) {
        LOG(LOG_LEVEL_INFO, events[type][0], events[type][1], LOG_STR("conn", r->label),
            LOG_STR("recording", r->args.v[0]), LOG_STR("sub", call_of(r)->claims.sub));
    }
}

static void answer(struct request *r, struct job_reply *reply) {
    if (reply->error != OK) {
        answer_error(r, reply);
        return;
    }
    note(r, reply->type);
    if (reply->data) {
        respond_header(r, "cache-control:", "no-store");
        respond_owned(r, 200, "application/json", reply->data, reply->len);
        reply->data = NULL;
        return;
    }
    /* 202: shredded, and something of it is still to be removed. */
    respond_status(r, reply->number ? 202 : 204);
}

/* Who orders a deletion is on the disk before anything is deleted: a crash in between leaves an
 * order without an outcome, and no deletion without an order. */
static void record_first(struct request *r, const struct job_request *q) {
    struct api *a = api_of(r);
    struct orders *o = &a->orders;
    const struct call *call = call_of(r);
    if (o->n == ORDERS_MAX) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "Too many requests are under way.");
        return;
    }
    uint64_t number = audit_await(
        a->audit, &(struct audit_act){.what = AUDIT_SHRED_ORDER,
                                      .who = &call->claims,
                                      .role = call->claims.scopes ? "service" : NULL,
                                      .from = call->has_client ? &call->client : NULL,
                                      .recording = r->args.v[0],
                                      .participant = q->participant ? r->args.v[1] : NULL,
                                      .detail = *call->detail ? call->detail : NULL,
                                      .trace = r->trace.id});
    o->waiting[o->n] = (struct order){.recorded = number ? number : UINT64_MAX, .q = *q};
    o->waiting[o->n++].q.req = r->id;
    orders_service(a);
}

static void go_on(struct api *a, struct order *o, bool recorded) {
    struct request *r = request_find(a->loop, o->q.req);
    if (!r || r->response.status) {
        return; /* the client is gone, and nothing was deleted */
    }
    if (recorded || !a->config->audit_mandatory) {
        tasks_ask(r, &o->q, answer);
        return;
    }
    respond_header(r, "retry-after:", "5");
    respond_problem(r, 503, "audit_unavailable", "It cannot be recorded who asks for this.");
}

void orders_service(struct api *a) {
    struct orders *o = &a->orders;
    for (size_t i = 0; i < o->n;) {
        struct order now = o->waiting[i];
        bool lost = now.recorded == UINT64_MAX;
        enum audit_awaited w = lost ? AUDIT_FAILS : audit_awaited(a->audit, now.recorded);
        if (w == AUDIT_WAITS) {
            i++;
            continue;
        }
        o->waiting[i] = o->waiting[--o->n];
        go_on(a, &now, w == AUDIT_ON_DISK);
    }
}

static void ask(struct request *r, struct job_request *q) {
    if (*call_of(r)->claims.tour) {
        refuse_code(r, CODE_FORBIDDEN);
        return;
    }
    snprintf(q->who, sizeof(q->who), "%s", call_of(r)->claims.sub);
    bool records = api_of(r)->audit && api_of(r)->jobs && call_names_recording(r->args.v[0]);
    if ((q->type == JOB_SHRED || q->type == JOB_REDACT) && records) {
        record_first(r, q);
    } else {
        tasks_ask(r, q, answer);
    }
}

void orders_shred(struct request *r) {
    struct job_request q = {.type = JOB_SHRED};
    ask(r, &q);
}

/* 16 hex digits, as details show them. */
static bool participant_of(const char *text, uint64_t *ret) {
    bool ok = strspn(text, "0123456789abcdef") == 16 && !text[16];
    *ret = ok ? strtoull(text, NULL, 16) : 0;
    return ok && *ret;
}

void orders_shred_person(struct request *r) {
    struct job_request q = {.type = JOB_SHRED};
    if (!participant_of(r->args.v[1], &q.participant)) {
        respond_problem(r, 404, NULL, NULL);
        return;
    }
    ask(r, &q);
}

/* The order as the audit log has it: what, and why. */
static void note_detail(struct request *r, const struct job_request *q) {
    char tracks[RECORDING_ID_LEN + 1], text[2 * LIBRARY_NOTE_MAX];
    struct call *call = call_of(r);
    snprintf(tracks, sizeof(tracks), "%" PRIu32 " tracks", q->n_tracks);
    int n = snprintf(text, sizeof(text), "%s, %.3f to %.3f s: %s",
                     q->n_tracks == 1 ? q->tracks[0] : tracks, (double)q->from / (double)US_PER_S,
                     (double)q->to / (double)US_PER_S, q->why);
    size_t most = utf8_cut(text, (size_t)n, sizeof(call->detail) - 1);
    snprintf(call->detail, sizeof(call->detail), "%.*s", (int)most, text);
}

static void take_redaction(const struct redaction_body *b, struct job_request *q) {
    q->from = b->from_ms * US_PER_MS;
    q->to = b->to_ms * US_PER_MS;
    q->n_tracks = (uint32_t)json_count(b->tracks); /* at most JOB_TRACKS_MAX, says the schema */
    for (uint32_t i = 0; i < q->n_tracks; i++) {
        (void)json_get_text(json_item(b->tracks, i), q->tracks[i], sizeof(q->tracks[i]));
    }
    snprintf(q->why, sizeof(q->why), "%s", b->reason);
}

void orders_redact(struct request *r) {
    struct job_request q = {.type = JOB_REDACT};
    const struct json *document;
    struct redaction_body b;
    struct faults f = {0};
    if (!body_read(r, &schema_redaction_new, false, &b, &document)) {
        return;
    }
    take_redaction(&b, &q);
    json_free(document);
    if (q.from >= q.to) {
        fault_add(&f, "/to_ms", "too_small", "It is not behind from_ms.");
        body_refuse(r, &f);
        return;
    }
    note_detail(r, &q);
    ask(r, &q);
}

/* {"reason":"..."}: a hold without a reason is one that nobody dares to release. */
static bool reason_of_body(const struct request *r, char *out, size_t cap) {
    const struct json_limits limits = {.bytes = 4096, .depth = 1, .values = 1};
    const struct json *o = NULL;
    *out = '\0';
    if (json_read(r->body.p, r->body.n, &limits, &o, NULL) != OK) {
        return false;
    }
    bool ok = json_get_text(json_member(o, "reason"), out, cap) && *out && json_count(o) == 1;
    json_free(o);
    return ok;
}

void orders_hold(struct request *r) {
    struct job_request q = {.type = JOB_HOLD};
    if (!reason_of_body(r, q.why, sizeof(q.why))) {
        respond_problem(r, 400, NULL, "Say {\"reason\":\"...\"}, with 1 to 128 bytes.");
        return;
    }
    ask(r, &q);
}

void orders_release(struct request *r) {
    struct job_request q = {.type = JOB_RELEASE};
    ask(r, &q);
}

void orders_held(struct request *r) {
    struct job_request q = {.type = JOB_HELD};
    ask(r, &q);
}
