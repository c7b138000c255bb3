/* DESIGN. What runs and waits is in memory only: a task that was under way when the process ended
 * is asked for again by whoever wants it. What it has stored by then is found by a marker, a file
 * DIR/derived/RECORDING that is made before the first object is stored, and swept at the next
 * start. The marker stays as long as a recording has exports, so that those to be removed are found
 * without looking at every recording. */
#include "server/jobs/jobs_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/config/config_keys.h"
#include "server/jobs/job_list.h"
#include "server/jobs/job_orders.h"
#include "server/jobs/job_requests.h"
#include "server/jobs/markers.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/queue/exchange.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define REQUESTS 64                   /* under way at once */
#define FAILED_KEPT (3600 * US_PER_S) /* how long a failure can be asked for [us] */
#define SWEEP (3600 * US_PER_S)       /* exports to be removed are looked for [us] */
#define TICK (1 * US_PER_S)           /* of the library's keys [us] */

struct jobs_thread {
    struct exchange requests;
    pthread_t thread;
    atomic_bool stop;
    struct library_signers signers; /* owned by the control thread, and constant */
    _Atomic uint64_t done, failed;
    _Atomic uint32_t running, waiting;
    /* Owned by the jobs thread. */
    struct jobs_thread_config config;
    char *dir, *program;
    struct library *library;
    struct job_list jobs; /* config.helpers + config.queue of them */
    struct job_orders orders;
    us_t swept; /* when last; -1: never */
};

/* ---- runs in the jobs thread ---- */

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

static void start_jobs(struct jobs_thread *t) {
    struct job *j;
    while (job_list_count(&t->jobs, JOB_RUNNING) < t->config.helpers &&
           (j = job_list_next(&t->jobs))) {
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
    atomic_store(&t->running, job_list_count(&t->jobs, JOB_RUNNING));
    atomic_store(&t->waiting, job_list_count(&t->jobs, JOB_WAITING));
}

static enum err order(struct jobs_thread *t, const struct job_request *q, struct job_reply *r) {
    enum err e = job_order(&t->orders, t->library, q, r);
    if (t->orders.destroyed) {
        job_list_drop(&t->jobs, q->recording); /* what is being made of it must leave nothing */
    }
    if (e == OK && q->type == JOB_SHRED && t->config.shredded) {
        t->config.shredded(t->config.ctx);
    }
    return e;
}

static enum err obey(struct jobs_thread *t, const struct job_request *q, struct job_reply *r) {
    enum err e = library_allowed(t->library, q->recording, q->tour);
    if (e != OK) {
        return e;
    }
    return q->type >= JOB_HOLD ? order(t, q, r) : job_request(&t->jobs, t->library, q, r);
}

static void serve(struct jobs_thread *t) {
    struct job_request q;
    exchange_wake(&t->requests);
    while (!atomic_load(&t->stop) && exchange_question(&t->requests, &q)) {
        struct job_reply r = {.req = q.req, .type = q.type};
        r.error = (uint8_t)library_asked(t->library, obey(t, &q, &r));
        if (r.error != OK) {
            r.data = mem_free(r.data);
            r.len = 0;
        }
        exchange_answer(&t->requests, &r);
    }
}

/* ---- what time brings ---- */

static void sweep_one(void *ctx, const char *recording) {
    struct jobs_thread *t = ctx;
    wall_t before = {clock_wall().us - t->config.keep};
    bool left = true;
    if (job_list_runs(&t->jobs, recording)) {
        return; /* its leftovers are not left yet */
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
    for (uint32_t i = 0; i < t->jobs.n; i++) {
        struct job *j = &t->jobs.jobs[i];
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
    for (uint32_t i = 0; i < t->jobs.n; i++) {
        struct job *j = &t->jobs.jobs[i];
        if (j->state == JOB_RUNNING) {
            settle(t, j, job_step(j, t->library, &t->config));
        }
    }
}

static void wait_for_work(struct jobs_thread *t) {
    struct pollfd fds[1 + HELPERS_MAX] = {{.fd = exchange_fd(&t->requests), .events = POLLIN}};
    nfds_t n = 1;
    us_t now = clock_now(), until = now + TICK;
    for (uint32_t i = 0; i < t->jobs.n && n < ARRAY_LEN(fds); i++) {
        const struct job *j = &t->jobs.jobs[i];
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
    job_list_close(&t->jobs);
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
    while (exchange_reply(&t->requests, &r)) {
        mem_free(r.data);
    }
    if (t->library) {
        close_library(t);
    }
    exchange_close(&t->requests);
    job_list_close(&t->jobs);
    mem_free(t->dir);
    mem_free(t->program);
    return mem_free(t);
}

static bool prepare(struct jobs_thread *t, const struct jobs_thread_config *c) {
    t->config = *c;
    t->config.helpers = c->helpers < HELPERS_MAX ? c->helpers : HELPERS_MAX;
    t->config.dir = t->dir = mem_strdup(c->dir);
    t->config.helper.program = t->program = mem_strdup(c->helper.program);
    bool room = job_list_open(&t->jobs, t->config.helpers + c->queue, !t->config.helpers);
    const struct exchange_config x = {REQUESTS, sizeof(struct job_request),
                                      sizeof(struct job_reply), c->wake, c->wake_ctx};
    room = exchange_open(&t->requests, &x) && room;
    t->swept = -1;
    return t->dir && t->program && room;
}

enum err jobs_thread_start(const struct jobs_thread_config *c, struct jobs_thread **ret,
                           char why[WHY_MAX]) {
    struct jobs_thread *t = mem_zalloc(1, sizeof(*t));
    struct key_config keys = c->keys ? *c->keys : (struct key_config){0};
    struct library_config l = {.dir = c->dir,
                               .kek_file = c->kek_file,
                               .keys = c->keys ? &keys : NULL,
                               .database = c->database,
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
        exchange_ring(&t->requests);
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
    return exchange_ask(&t->requests, q);
}

void jobs_thread_listen(struct jobs_thread *t) {
    exchange_listen(&t->requests);
}

bool jobs_thread_reply(struct jobs_thread *t, struct job_reply *ret) {
    return exchange_reply(&t->requests, ret);
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
