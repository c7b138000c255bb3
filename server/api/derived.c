/* /v1/recordings/{recording}/thumbnails, .../exports: what is made of recordings. Lists, states and
 * orders go to the jobs thread; bytes come from the reader thread, as those of the media do. */
#include "base/alloc.h"
#include "recorder/derived/task.h"
#include "recorder/library/library_derived.h"
#include "server/api/routes.h"
#include "server/http/respond.h"
#include "server/os/log.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

bool derived_read_request(const struct request *r, struct read_request *q) {
    void (*handle)(struct control *, struct request *) = r->route->handle;
    *q = (struct read_request){.type = handle == derived_thumbnail  ? READ_THUMBNAIL
                                       : handle == derived_waveform ? READ_WAVEFORM
                                                                    : READ_EXPORT};
    if (handle == derived_waveform) {
        snprintf(q->track, sizeof(q->track), "%.32s", r->args.v[1]);
        return strlen(r->args.v[1]) <= RECORDING_ID_LEN;
    }
    return url_number(r->args.v[1], &q->epoch);
}

void derived_ask(struct request *r, struct job_request *q) {
    struct control *c = r->control;
    bool named = strspn(r->args.v[0], "0123456789abcdef") == RECORDING_ID_LEN &&
                 !r->args.v[0][RECORDING_ID_LEN];
    q->req = r->id;
    snprintf(q->recording, sizeof(q->recording), "%.32s", r->args.v[0]);
    snprintf(q->tour, sizeof(q->tour), "%s", r->claims.tour);
    if (!c->jobs) {
        respond_problem(r, 404, "recording_off", "Recording is switched off.");
    } else if (!named) {
        respond_problem(r, 404, "recording_unknown", NULL);
    } else if (!jobs_thread_post(c->jobs, q)) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "Too many requests are under way.");
    }
}

void derived_thumbnails(struct control *c, struct request *r) {
    struct job_request q = {.type = JOB_THUMBNAILS};
    (void)c;
    derived_ask(r, &q);
}

void derived_exports(struct control *c, struct request *r) {
    struct job_request q = {.type = JOB_EXPORT_LIST};
    (void)c;
    derived_ask(r, &q);
}

/* {"layout":"faces"}, which is also what an empty body means; -1: something else. */
static int layout_of_body(const struct request *r) {
    if (r->body.n == 0) {
        return TASK_LAYOUT_FACES;
    }
    json_t *o = json_loadb(r->body.p, r->body.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *value = json_object_get(o, "layout");
    const char *name = json_string_value(value);
    int layout = !json_is_object(o) ? -1
                 : json_object_size(o) == (size_t)(value != NULL) && (name || !value)
                     ? library_layout_from_name(name ? name : "faces")
                     : -1;
    json_decref(o);
    return layout;
}

void derived_export_start(struct control *c, struct request *r) {
    struct job_request q = {.type = JOB_EXPORT_START};
    int layout = layout_of_body(r);
    (void)c;
    if (layout < 0) {
        respond_problem(r, 400, NULL, "Say {\"layout\":\"faces\"} or {\"layout\":\"stage\"}.");
        return;
    }
    q.layout = (uint8_t)layout;
    derived_ask(r, &q);
}

void derived_export(struct control *c, struct request *r) {
    bool remove = r->method == HTTP_DELETE;
    struct job_request q = {.type = remove ? JOB_EXPORT_REMOVE : JOB_EXPORT_GET};
    (void)c;
    if (!url_number(r->args.v[1], &q.number)) {
        respond_problem(r, 404, NULL, NULL);
        return;
    }
    derived_ask(r, &q);
}

bool derived_answer_error(struct request *r, enum err e) {
    if (e == ERR_KEY_DENIED) {
        recordings_key_denied(r);
    } else if (e == ERR_UNKNOWN || e == ERR_FORMAT) {
        respond_problem(r, 404, r->args.n > 1 ? NULL : "recording_unknown", NULL);
    } else if (e == ERR_WRONG_STATE) {
        respond_problem(r, 409, "recording_open", "The recording is not finished yet.");
    } else {
        return false;
    }
    return true;
}

static void answer_error(struct request *r, enum err e) {
    if (derived_answer_error(r, e)) {
        return;
    }
    switch (e) {
    case ERR_DENIED:
        respond_code(r, SIG_TOKEN_TOUR);
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
            LOG_STR("recording", r->args.v[0]), LOG_STR("sub", r->claims.sub));
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

void derived_reply(struct control *c, struct job_reply *reply) {
    struct request *r = http_find(c, reply->req);
    if (r && !r->response.status) {
        (reply->type >= JOB_HOLD ? orders_answer : answer)(r, reply);
    }
    mem_free(reply->data);
}
