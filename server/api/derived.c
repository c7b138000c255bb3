/* /v1/recordings/{recording}/thumbnails, .../exports: what is made of recordings. Lists, states and
 * orders go to the jobs thread; bytes come from the reader thread, as those of the media do. */
#include "server/api/derived.h"

#include "recorder/derived/task.h"
#include "recorder/library/library_derived.h"
#include "server/api/playback.h"
#include "server/api/refuse.h"
#include "server/api/tasks.h"
#include "server/http/respond.h"
#include "server/os/log.h"
#include "json/json_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void answer_error(struct request *r, enum err e) {
    if (tasks_refuse(r, e)) {
        return;
    }
    switch (e) {
    case ERR_DENIED:
        refuse_code(r, CODE_TOKEN_TOUR);
        return;
    case ERR_BUSY:
        respond_problem(r, 503, NULL, "Nothing is made of recordings here (derived.helpers).");
        return;
    case ERR_FULL:
        respond_header(r, "retry-after:", "60");
        respond_problem(r, 503, NULL, "Too many exports wait.");
        return;
    case ERR_AUTH:
        respond_problem(r, 500, "recording_damaged", "The stored data is not authentic.");
        return;
    default:
        respond_problem(r, 500, NULL, NULL);
    }
}

static void answer(struct request *r, struct job_reply *reply) {
    char location[128];
    bool post = r->method == HTTP_POST;
    if (reply->error != OK) {
        answer_error(r, (enum err)reply->error);
        return;
    }
    if (post || r->method == HTTP_DELETE) {
        LOG(LOG_LEVEL_INFO, post ? "export_ordered" : "export_removed",
            post ? "An export was ordered." : "An export was removed.", LOG_STR("conn", r->label),
            LOG_STR("recording", r->args.v[0]), LOG_STR("sub", call_of(r)->claims.sub));
    }
    if (!reply->data) {
        respond_status(r, 204);
        return;
    }
    if (post) {
        snprintf(location, sizeof(location), "/v1/recordings/%.32s/exports/%" PRIu32, r->args.v[0],
                 reply->number);
        respond_header(r, "location:", location);
    }
    respond_header(r, "cache-control:", "no-store");
    respond_owned(r, post ? 202 : 200, "application/json", reply->data, reply->len);
    reply->data = NULL;
}

void derived_thumbnails(struct request *r) {
    struct job_request q = {.type = JOB_THUMBNAILS};
    tasks_ask(r, &q, answer);
}

void derived_exports(struct request *r) {
    struct job_request q = {.type = JOB_EXPORT_LIST};
    tasks_ask(r, &q, answer);
}

/* {"layout":"faces"}, which is also what an empty body means; -1: something else. */
static int layout_of_body(const struct request *r) {
    if (r->body.n == 0) {
        return TASK_LAYOUT_FACES;
    }
    const struct json_limits limits = {.bytes = 4096, .depth = 1, .values = 1};
    const struct json *o = NULL;
    if (json_read(r->body.p, r->body.n, &limits, &o, NULL) != OK) {
        return -1;
    }
    const struct json *value = json_member(o, "layout");
    const char *name = value ? json_get_string(value, NULL) : "faces";
    bool ok = name && json_count(o) == (size_t)(value != NULL);
    int layout = ok ? library_layout_from_name(name) : -1;
    json_free(o);
    return layout;
}

void derived_export_start(struct request *r) {
    struct job_request q = {.type = JOB_EXPORT_START};
    int layout = layout_of_body(r);
    if (layout < 0) {
        respond_problem(r, 400, NULL, "Say {\"layout\":\"faces\"} or {\"layout\":\"stage\"}.");
        return;
    }
    q.layout = (uint8_t)layout;
    tasks_ask(r, &q, answer);
}

void derived_export(struct request *r) {
    bool remove = r->method == HTTP_DELETE;
    struct job_request q = {.type = remove ? JOB_EXPORT_REMOVE : JOB_EXPORT_GET};
    if (!url_number(r->args.v[1], &q.number)) {
        respond_problem(r, 404, NULL, NULL);
        return;
    }
    tasks_ask(r, &q, answer);
}

/* What has a number, of the type. */
static void play_number(struct request *r, enum read_type type) {
    struct read_request q = {.type = (uint8_t)type};
    if (url_number(r->args.v[1], &q.epoch)) {
        playback_start(r, &q, NULL);
    } else {
        respond_problem(r, 404, NULL, NULL);
    }
}

void derived_thumbnail(struct request *r) {
    play_number(r, READ_THUMBNAIL);
}

void derived_export_media(struct request *r) {
    play_number(r, READ_EXPORT);
}

void derived_waveform(struct request *r) {
    struct read_request q = {.type = READ_WAVEFORM};
    snprintf(q.track, sizeof(q.track), "%.32s", r->args.v[1]);
    if (strlen(r->args.v[1]) <= RECORDING_ID_LEN) {
        playback_start(r, &q, NULL);
    } else {
        respond_problem(r, 404, NULL, NULL);
    }
}
