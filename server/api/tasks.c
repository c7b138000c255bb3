#include "server/api/tasks.h"

#include "base/alloc.h"
#include "server/api/refuse.h"

#include <stdio.h>

void tasks_ask(struct request *r, struct job_request *q,
               void (*on_job)(struct request *r, struct job_reply *reply)) {
    struct jobs_thread *jobs = api_of(r)->jobs;
    q->req = r->id;
    snprintf(q->recording, sizeof(q->recording), "%.32s", r->args.v[0]);
    snprintf(q->tour, sizeof(q->tour), "%s", call_of(r)->claims.tour);
    call_of(r)->on_job = on_job;
    if (!jobs) {
        refuse_recording_off(r);
    } else if (!call_names_recording(r->args.v[0])) {
        refuse_recording_unknown(r);
    } else if (!jobs_thread_post(jobs, q)) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 503, NULL, "Too many requests are under way.");
    }
}

bool tasks_refuse(struct request *r, enum err e) {
    if (e == ERR_KEY_DENIED) {
        refuse_key_denied(r);
    } else if (e == ERR_AWAY) {
        refuse_database_away(r);
    } else if (e == ERR_UNKNOWN || e == ERR_FORMAT) {
        respond_problem(r, 404, r->args.n > 1 ? NULL : "recording_unknown", NULL);
    } else if (e == ERR_WRONG_STATE) {
        respond_problem(r, 409, "recording_open", "The recording is not finished yet.");
    } else {
        return false;
    }
    return true;
}

void tasks_reply(struct api *a, struct job_reply *reply) {
    struct request *r = request_find(a->loop, reply->req);
    if (r && !r->response.status) {
        call_of(r)->on_job(r, reply);
    }
    mem_free(reply->data);
}
