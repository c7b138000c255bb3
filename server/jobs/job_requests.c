#include "server/jobs/job_requests.h"

#include "base/alloc.h"
#include "base/json_write.h"

#include <string.h>

static void put_job(struct buffer *b, const struct job *j) {
    static const char *const states[] = {
        [JOB_WAITING] = "waiting", [JOB_RUNNING] = "running", [JOB_FAILED] = "failed"};
    json_open(b, NULL, '{');
    json_put_uint(b, "number", j->number);
    json_put_string(b, "state", states[j->state]);
    json_put_string(b, "layout", library_layout_name(j->layout));
    json_put_uint(b, "permille", j->permille);
    if (j->state == JOB_FAILED) {
        json_put_string(b, "error", j->why);
    }
    json_close(b, '}');
}

static enum err take(struct buffer *b, struct job_reply *r) {
    r->len = b->n;
    r->data = buffer_take(b);
    if (!r->data) {
        buffer_free(b);
        r->len = 0;
    }
    return r->data ? OK : ERR_NOMEM;
}

/* Thumbnails in the middle of being made again are as good as they were. */
static enum err thumbnails(struct job_list *jobs, struct library *l, const struct job_request *q,
                           struct job_reply *r) {
    struct job wanted = {.kind = JOB_KIND_LOOKS};
    struct buffer b = {0};
    bool made = false;
    char *list = NULL;
    enum err e = library_thumbnails_json(l, q->recording, &made, &list);
    bool open = e == ERR_WRONG_STATE;
    if (e != OK && !open) {
        return e;
    }
    struct job *j = job_list_find(jobs, q->recording, JOB_KIND_LOOKS, 0);
    memcpy(wanted.recording, q->recording, sizeof(wanted.recording));
    if (!made && !open && !j) {
        j = job_list_add(jobs, &wanted);
    }
    bool failed = !made && j && j->state == JOB_FAILED;
    json_open(&b, NULL, '{');
    json_put_string(&b, "state",
                    made     ? "ready"
                    : open   ? "recording"
                    : failed ? "failed"
                    : j      ? "making"
                             : "off");
    if (failed) {
        json_put_string(&b, "error", j->why);
    }
    json_key(&b, "thumbnails");
    buffer_str(&b, list ? list : "[]");
    json_close(&b, '}');
    mem_free(list);
    return take(&b, r);
}

/* The next number that neither the store nor a task here has. */
static enum err free_number(struct job_list *jobs, struct library *l, const char *recording,
                            uint32_t *ret) {
    enum err e = library_export_next(l, recording, ret);
    for (uint32_t i = 0; e == OK && i < jobs->n; i++) {
        const struct job *j = &jobs->jobs[i];
        if (j->state != JOB_FREE && j->kind == JOB_KIND_EXPORT && j->number >= *ret &&
            strcmp(j->recording, recording) == 0) {
            *ret = j->number + 1;
        }
    }
    return e;
}

static enum err export_start(struct job_list *jobs, struct library *l, const struct job_request *q,
                             struct job_reply *r) {
    struct job wanted = {.kind = JOB_KIND_EXPORT, .layout = q->layout};
    struct buffer b = {0};
    enum err e = free_number(jobs, l, q->recording, &wanted.number);
    memcpy(wanted.recording, q->recording, sizeof(wanted.recording));
    if (e != OK) {
        return e;
    }
    const struct job *j = job_list_add(jobs, &wanted);
    if (!j) {
        return jobs->off ? ERR_BUSY : ERR_FULL;
    }
    r->number = wanted.number;
    put_job(&b, j);
    return take(&b, r);
}

static enum err export_list(struct job_list *jobs, struct library *l, const struct job_request *q,
                            struct job_reply *r) {
    struct buffer b = {0};
    char *stored = NULL;
    size_t n = 0;
    enum err e = library_exports_json(l, q->recording, NULL, &n, &stored);
    if (e != OK) {
        return e;
    }
    json_open(&b, NULL, '{');
    json_open(&b, "exports", '[');
    buffer_str(&b, stored);
    b.comma = n > 0;
    for (uint32_t i = 0; i < jobs->n; i++) {
        const struct job *j = &jobs->jobs[i];
        if (j->state != JOB_FREE && j->kind == JOB_KIND_EXPORT &&
            strcmp(j->recording, q->recording) == 0) {
            put_job(&b, j);
        }
    }
    json_close(&b, ']');
    json_close(&b, '}');
    mem_free(stored);
    return take(&b, r);
}

static enum err export_get(struct job_list *jobs, struct library *l, const struct job_request *q,
                           struct job_reply *r) {
    struct job *j = job_list_find(jobs, q->recording, JOB_KIND_EXPORT, q->number);
    struct buffer b = {0};
    size_t n = 0;
    if (j) {
        put_job(&b, j);
        return take(&b, r);
    }
    enum err e = library_exports_json(l, q->recording, &q->number, &n, &r->data);
    if (e == OK && n == 0) {
        r->data = mem_free(r->data);
        e = ERR_UNKNOWN;
    }
    r->len = e == OK ? strlen(r->data) : 0;
    return e;
}

static enum err export_remove(struct job_list *jobs, struct library *l,
                              const struct job_request *q) {
    struct job *j = job_list_find(jobs, q->recording, JOB_KIND_EXPORT, q->number);
    if (!j) {
        return library_export_remove(l, q->recording, q->number);
    }
    job_drop(j);
    j->state = JOB_FREE;
    return OK;
}

enum err job_request(struct job_list *jobs, struct library *l, const struct job_request *q,
                     struct job_reply *r) {
    switch ((enum job_request_type)q->type) {
    case JOB_THUMBNAILS:
        return thumbnails(jobs, l, q, r);
    case JOB_EXPORT_START:
        return export_start(jobs, l, q, r);
    case JOB_EXPORT_LIST:
        return export_list(jobs, l, q, r);
    case JOB_EXPORT_GET:
        return export_get(jobs, l, q, r);
    case JOB_EXPORT_REMOVE:
        return export_remove(jobs, l, q);
    default:
        return ERR_UNSUPPORTED;
    }
}
