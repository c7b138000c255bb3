/* DESIGN. What runs and waits is in memory only: a task that was under way when the process ended
 * is asked for again by whoever wants it. What it has stored by then is found by a marker, a file
 * DIR/derived/RECORDING that is made before the first object is stored, and swept at the next
 * start. The marker stays as long as a recording has exports, so that those to be removed are found
 * without looking at every recording. */
#include "server/jobs/jobs_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"
#include "server/jobs/job.h"
#include "server/jobs/job_orders.h"
#include "server/jobs/markers.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/queue/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define REQUESTS 64 /* under way at once */
#define HELPERS_MAX 8
#define FAILED_KEPT (3600 * US_PER_S) /* how long a failure can be asked for [us] */
#define SWEEP (3600 * US_PER_S)       /* exports to be removed are looked for [us] */
#define TICK (1 * US_PER_S)           /* of the library's keys [us] */

struct jobs_thread {
    struct mailbox *requests; /* control -> jobs */
    struct mailbox *replies;  /* jobs -> control */
    pthread_t thread;
    atomic_bool stop;
    uint32_t under_way;             /* owned by the control thread */
    struct library_signers signers; /* likewise, and constant */
    _Atomic uint64_t done, failed;
    _Atomic uint32_t running, waiting;
    /* Owned by the jobs thread. */
    struct jobs_thread_config config;
    char *dir, *program;
    struct library *library;
    struct job *jobs; /* config.helpers + config.queue of them */
    uint32_t n_jobs;
    uint64_t count;
    struct job_orders orders;
    us_t swept; /* when last; -1: never */
};

/* ---- runs in the jobs thread ---- */

static struct job *find(struct jobs_thread *t, const char *recording, uint8_t kind,
                        uint32_t number) {
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        struct job *j = &t->jobs[i];
        if (j->state != JOB_FREE && j->kind == kind && strcmp(j->recording, recording) == 0 &&
            (kind != JOB_KIND_EXPORT || j->number == number)) {
            return j;
        }
    }
    return NULL;
}

/* A free place, or that of the oldest failure. */
static struct job *place(struct jobs_thread *t) {
    struct job *best = NULL;
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        struct job *j = &t->jobs[i];
        if (j->state == JOB_FREE) {
            return j;
        }
        if (j->state == JOB_FAILED && (!best || j->ended < best->ended)) {
            best = j;
        }
    }
    return best;
}

static enum err enqueue(struct jobs_thread *t, const struct job *wanted) {
    struct job *j = t->config.helpers ? place(t) : NULL;
    if (!j) {
        return t->config.helpers ? ERR_FULL : ERR_BUSY;
    }
    *j = *wanted;
    j->state = JOB_WAITING;
    j->order = ++t->count;
    return OK;
}

static void fail(struct jobs_thread *t, struct job *j) {
    LOG(LOG_LEVEL_WARN, "derived_failed", "Something could not be made of a recording.",
        LOG_STR("recording", j->recording),
        LOG_STR("what", j->kind == JOB_KIND_EXPORT ? "export" : "thumbnails"),
        LOG_STR("why", j->why));
    j->state = JOB_FAILED;
    j->ended = clock_now();
    atomic_fetch_add(&t->failed, 1);
}

static void settle(struct jobs_thread *t, struct job *j, enum err e) {
    if (e == OK) {
        j->state = JOB_FREE;
        atomic_fetch_add(&t->done, 1);
    } else if (e != ERR_AGAIN) {
        fail(t, j);
    }
}

/* The one that has waited longest. */
static struct job *next_waiting(struct jobs_thread *t) {
    struct job *first = NULL;
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        struct job *j = &t->jobs[i];
        if (j->state == JOB_WAITING && (!first || j->order < first->order)) {
            first = j;
        }
    }
    return first;
}

static uint32_t count_state(const struct jobs_thread *t, uint8_t state) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        n += t->jobs[i].state == state;
    }
    return n;
}

static void start_jobs(struct jobs_thread *t) {
    struct job *j;
    while (count_state(t, JOB_RUNNING) < t->config.helpers && (j = next_waiting(t))) {
        enum err e = markers_put(t->dir, j->recording);
        if (e != OK) {
            snprintf(j->why, WHY_MAX, "%s", err_name(e));
        }
        e = e == OK ? job_begin(j, t->library, &t->config) : e;
        j->state = JOB_RUNNING;
        if (e != OK) {
            fail(t, j);
        }
    }
    atomic_store(&t->running, count_state(t, JOB_RUNNING));
    atomic_store(&t->waiting, count_state(t, JOB_WAITING));
}

/* ---- requests ---- */

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
static enum err thumbnails(struct jobs_thread *t, const struct job_request *q,
                           struct job_reply *r) {
    struct job wanted = {.kind = JOB_KIND_LOOKS};
    struct buffer b = {0};
    bool made = false;
    char *list = NULL;
    enum err e = library_thumbnails_json(t->library, q->recording, &made, &list);
    bool open = e == ERR_WRONG_STATE;
    if (e != OK && !open) {
        return e;
    }
    struct job *j = find(t, q->recording, JOB_KIND_LOOKS, 0);
    memcpy(wanted.recording, q->recording, sizeof(wanted.recording));
    if (!made && !open && !j && enqueue(t, &wanted) == OK) {
        j = find(t, q->recording, JOB_KIND_LOOKS, 0);
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
static enum err free_number(struct jobs_thread *t, const char *recording, uint32_t *ret) {
    enum err e = library_export_next(t->library, recording, ret);
    for (uint32_t i = 0; e == OK && i < t->n_jobs; i++) {
        const struct job *j = &t->jobs[i];
        if (j->state != JOB_FREE && j->kind == JOB_KIND_EXPORT && j->number >= *ret &&
            strcmp(j->recording, recording) == 0) {
            *ret = j->number + 1;
        }
    }
    return e;
}

static enum err export_start(struct jobs_thread *t, const struct job_request *q,
                             struct job_reply *r) {
    struct job wanted = {.kind = JOB_KIND_EXPORT, .layout = q->layout};
    struct buffer b = {0};
    enum err e = free_number(t, q->recording, &wanted.number);
    memcpy(wanted.recording, q->recording, sizeof(wanted.recording));
    e = e == OK ? enqueue(t, &wanted) : e;
    if (e != OK) {
        return e;
    }
    r->number = wanted.number;
    put_job(&b, find(t, q->recording, JOB_KIND_EXPORT, wanted.number));
    return take(&b, r);
}

static enum err export_list(struct jobs_thread *t, const struct job_request *q,
                            struct job_reply *r) {
    struct buffer b = {0};
    char *stored = NULL;
    size_t n = 0;
    enum err e = library_exports_json(t->library, q->recording, NULL, &n, &stored);
    if (e != OK) {
        return e;
    }
    json_open(&b, NULL, '{');
    json_open(&b, "exports", '[');
    buffer_str(&b, stored);
    b.comma = n > 0;
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        const struct job *j = &t->jobs[i];
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

static enum err export_get(struct jobs_thread *t, const struct job_request *q,
                           struct job_reply *r) {
    struct job *j = find(t, q->recording, JOB_KIND_EXPORT, q->number);
    struct buffer b = {0};
    size_t n = 0;
    if (j) {
        put_job(&b, j);
        return take(&b, r);
    }
    enum err e = library_exports_json(t->library, q->recording, &q->number, &n, &r->data);
    if (e == OK && n == 0) {
        r->data = mem_free(r->data);
        e = ERR_UNKNOWN;
    }
    r->len = e == OK ? strlen(r->data) : 0;
    return e;
}

static enum err export_remove(struct jobs_thread *t, const struct job_request *q) {
    struct job *j = find(t, q->recording, JOB_KIND_EXPORT, q->number);
    if (!j) {
        return library_export_remove(t->library, q->recording, q->number);
    }
    job_drop(j);
    j->state = JOB_FREE;
    return OK;
}

/* What is being made of it cannot go on without its keys, and must leave nothing. */
static void give_up(struct jobs_thread *t, const char *recording) {
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        struct job *j = &t->jobs[i];
        if (j->state != JOB_FREE && strcmp(j->recording, recording) == 0) {
            job_drop(j);
            j->state = JOB_FREE;
        }
    }
}

static enum err order(struct jobs_thread *t, const struct job_request *q, struct job_reply *r) {
    enum err e = job_order(&t->orders, t->library, q, r);
    if (e == OK && q->type == JOB_SHRED) {
        give_up(t, q->recording);
    }
    return e;
}

static enum err obey(struct jobs_thread *t, const struct job_request *q, struct job_reply *r) {
    enum err e = library_allowed(t->library, q->recording, q->tour);
    if (e != OK) {
        return e;
    }
    switch ((enum job_request_type)q->type) {
    case JOB_THUMBNAILS:
        return thumbnails(t, q, r);
    case JOB_EXPORT_START:
        return export_start(t, q, r);
    case JOB_EXPORT_LIST:
        return export_list(t, q, r);
    case JOB_EXPORT_GET:
        return export_get(t, q, r);
    case JOB_EXPORT_REMOVE:
        return export_remove(t, q);
    case JOB_HOLD:
    case JOB_RELEASE:
    case JOB_HELD:
    case JOB_SHRED:
        return order(t, q, r);
    }
    return ERR_UNSUPPORTED;
}

static void serve(struct jobs_thread *t) {
    struct job_request q;
    mailbox_ack(t->requests);
    while (!atomic_load(&t->stop) && mailbox_pop(t->requests, &q)) {
        struct job_reply r = {.req = q.req, .type = q.type};
        r.error = (uint8_t)obey(t, &q, &r);
        if (r.error != OK) {
            r.data = mem_free(r.data);
            r.len = 0;
        }
        /* There is room: requests under way never exceed the mailbox. */
        CHECK(mailbox_push(t->replies, &r));
        mailbox_notify(t->replies);
    }
}

/* ---- what time brings ---- */

static void sweep_one(void *ctx, const char *recording) {
    struct jobs_thread *t = ctx;
    wall_t before = {clock_wall().us - t->config.keep};
    bool left = true;
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        if (t->jobs[i].state == JOB_RUNNING && strcmp(t->jobs[i].recording, recording) == 0) {
            return; /* its leftovers are not left yet */
        }
    }
    enum err e = library_derived_sweep(t->library, recording, before, &left);
    if (e == ERR_UNKNOWN || (e == OK && !left)) {
        markers_remove(t->dir, recording);
    } else if (e != OK) {
        LOG(LOG_LEVEL_WARN, "derived_sweep", "What was made of a recording could not be swept.",
            LOG_STR("recording", recording), LOG_STR("error", err_name(e)));
    }
}

static void pass_time(struct jobs_thread *t, us_t now) {
    library_tick(t->library, now);
    job_orders_tick(&t->orders, t->library, now);
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        struct job *j = &t->jobs[i];
        if (j->state == JOB_FAILED && now - j->ended >= FAILED_KEPT) {
            j->state = JOB_FREE;
        }
    }
    if (t->swept < 0 || now - t->swept >= SWEEP) {
        t->swept = now;
        markers_each(t->dir, sweep_one, t);
    }
}

static void step_jobs(struct jobs_thread *t) {
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        struct job *j = &t->jobs[i];
        if (j->state == JOB_RUNNING) {
            settle(t, j, job_step(j, t->library, &t->config));
        }
    }
}

static void wait_for_work(struct jobs_thread *t) {
    struct pollfd fds[1 + HELPERS_MAX] = {{.fd = mailbox_fd(t->requests), .events = POLLIN}};
    nfds_t n = 1;
    us_t now = clock_now(), until = now + TICK;
    for (uint32_t i = 0; i < t->n_jobs && n < ARRAY_LEN(fds); i++) {
        const struct job *j = &t->jobs[i];
        if (j->state == JOB_RUNNING) {
            fds[n].fd = helper_fd(j->helper);
            fds[n++].events = helper_events(j->helper);
            until = us_min(until, helper_deadline(j->helper));
        }
    }
    us_t ms = us_max(until - now, 0) / US_PER_MS;
    int got = poll(fds, n, (int)ms + (until > now));
    CHECK(got >= 0 || errno == EINTR);
}

static void close_library(struct jobs_thread *t) {
    for (uint32_t i = 0; i < t->n_jobs; i++) {
        job_drop(&t->jobs[i]);
    }
    t->library = library_close(t->library);
}

static void *jobs_main(void *arg) {
    struct jobs_thread *t = arg;
    job_orders_begin(&t->orders, t->library);
    while (!atomic_load(&t->stop)) {
        wait_for_work(t);
        serve(t);
        step_jobs(t);
        start_jobs(t);
        pass_time(t, clock_now());
    }
    close_library(t);
    return NULL;
}

/* ---- runs in the control thread ---- */

/* Asked by the thread, of a key service that lets it wait. */
static bool stops(void *ctx) {
    return atomic_load(&((struct jobs_thread *)ctx)->stop);
}

static struct jobs_thread *jobs_thread_free(struct jobs_thread *t) {
    struct job_reply r;
    while (t->replies && mailbox_pop(t->replies, &r)) {
        mem_free(r.data);
    }
    if (t->library) {
        close_library(t);
    }
    mailbox_free(t->requests);
    mailbox_free(t->replies);
    mem_free(t->jobs);
    mem_free(t->dir);
    mem_free(t->program);
    return mem_free(t);
}

static bool prepare(struct jobs_thread *t, const struct jobs_thread_config *c) {
    t->config = *c;
    t->config.helpers = c->helpers < HELPERS_MAX ? c->helpers : HELPERS_MAX;
    t->config.dir = t->dir = mem_strdup(c->dir);
    t->config.helper.program = t->program = mem_strdup(c->helper.program);
    t->n_jobs = t->config.helpers + c->queue;
    t->jobs = mem_zalloc(t->n_jobs, sizeof(*t->jobs));
    t->requests = mailbox_new(REQUESTS, sizeof(struct job_request));
    t->replies = mailbox_new_wake(REQUESTS, sizeof(struct job_reply), c->wake, c->wake_ctx);
    t->swept = -1;
    return t->dir && t->program && t->jobs && t->requests && t->replies;
}

enum err jobs_thread_start(const struct jobs_thread_config *c, struct jobs_thread **ret,
                           char why[WHY_MAX]) {
    struct jobs_thread *t = mem_zalloc(1, sizeof(*t));
    struct key_config keys = c->keys ? *c->keys : (struct key_config){0};
    struct library_config l = {.dir = c->dir,
                               .kek_file = c->kek_file,
                               .keys = c->keys ? &keys : NULL,
                               .store = c->store,
                               .store_known = true, /* by the writer, which is always first */
                               .rng = clock_rng()};
    snprintf(why, WHY_MAX, "out of memory or descriptors");
    if (!t) {
        return ERR_NOMEM;
    }
    keys.kms.stop = stops;
    keys.kms.stop_ctx = t;
    enum err e = prepare(t, c) ? library_open(&l, &t->library, why) : ERR_NOMEM;
    if (e == OK) {
        e = library_signers(t->library, &t->signers);
        snprintf(why, WHY_MAX, "the public keys cannot be read: %s", err_name(e));
        library_hand_over(t->library);
    }
    e = e == OK ? thread_start("oriel-jobs", jobs_main, t, &t->thread, why) : e;
    if (e != OK) {
        jobs_thread_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

void jobs_thread_ring(struct jobs_thread *t) {
    if (t) {
        atomic_store(&t->stop, true);
        mailbox_notify(t->requests);
    }
}

struct jobs_thread *jobs_thread_stop(struct jobs_thread *t) {
    if (!t) {
        return NULL;
    }
    jobs_thread_ring(t);
    pthread_join(t->thread, NULL);
    return jobs_thread_free(t);
}

bool jobs_thread_post(struct jobs_thread *t, const struct job_request *q) {
    if (t->under_way == REQUESTS || !mailbox_push(t->requests, q)) {
        return false;
    }
    t->under_way++;
    mailbox_notify(t->requests);
    return true;
}

void jobs_thread_listen(struct jobs_thread *t) {
    mailbox_ack(t->replies);
}

bool jobs_thread_reply(struct jobs_thread *t, struct job_reply *ret) {
    if (!mailbox_pop(t->replies, ret)) {
        return false;
    }
    t->under_way--;
    return true;
}

const struct library_signers *jobs_thread_signers(const struct jobs_thread *t) {
    return &t->signers;
}

struct jobs_counters jobs_thread_counters(const struct jobs_thread *t) {
    return (struct jobs_counters){.done = atomic_load(&t->done),
                                  .failed = atomic_load(&t->failed),
                                  .running = atomic_load(&t->running),
                                  .waiting = atomic_load(&t->waiting)};
}
