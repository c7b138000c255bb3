#include "server/recording/writer_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/seqlock.h"
#include "server/os/clock.h"
#include "server/os/thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#define JOBS 8192    /* between the threads; more wait with the recorder */
#define REPORTS 8192 /* likewise with the writer */
#define COUNTERS_EVERY (250 * US_PER_MS)

struct writer_thread {
    /* Constant after the start. */
    struct mailbox *jobs;    /* recorder -> writer: pointers */
    struct mailbox *reports; /* writer -> recorder */
    pthread_t thread;
    /* Shared. */
    atomic_bool stop;
    shared_word counters[SEQLOCK_WORDS(sizeof(struct writer_counters))];
    struct link *rest; /* set before `stop` */
    /* Owned by the writer thread. */
    struct writer *writer;
    us_t counters_at;
};

/* ---- runs in the writer thread ---- */

static void publish(struct writer_thread *t, us_t now) {
    if (now >= t->counters_at) {
        struct seqlock l = {t->counters, sizeof(struct writer_counters)};
        struct writer_counters n = writer_counters(t->writer);
        seqlock_write(&l, &n, sizeof(n));
        t->counters_at = now + COUNTERS_EVERY;
    }
}

/* False: there was no room for all. */
static bool send_reports(struct writer_thread *t) {
    struct write_report p;
    bool any = false, all = true;
    while ((all = mailbox_room(t->reports) > 0) && writer_report(t->writer, &p)) {
        CHECK(mailbox_push(t->reports, &p));
        any = true;
    }
    if (any) {
        mailbox_notify(t->reports);
    }
    return all;
}

static void take_jobs(struct writer_thread *t) {
    struct write_job *j;
    mailbox_ack(t->jobs);
    while (mailbox_pop(t->jobs, &j)) {
        writer_take(t->writer, j);
    }
}

static void take_rest(struct writer_thread *t) {
    take_jobs(t);
    if (t->rest) {
        LIST_EACH(l, t->rest) {
            list_remove(l);
            writer_take(t->writer, LIST_ENTRY(l, struct write_job, link));
        }
    }
}

static void *writer_main(void *arg) {
    struct writer_thread *t = arg;
    struct pollfd fd = {.fd = mailbox_fd(t->jobs), .events = POLLIN};
    bool more = false, told = true;
    while (!atomic_load(&t->stop)) {
        us_t due = us_min(writer_deadline(t->writer), t->counters_at);
        due = told ? due : us_min(due, clock_now() + 10 * US_PER_MS);
        int n = poll(&fd, 1, more ? 0 : clock_wait_ms(clock_now(), due));
        CHECK(n >= 0 || errno == EINTR);
        take_jobs(t);
        more = writer_step(t->writer, clock_now());
        told = send_reports(t);
        publish(t, clock_now());
    }
    take_rest(t);
    t->writer = writer_close(t->writer, clock_now());
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct writer_thread *writer_thread_free(struct writer_thread *t) {
    writer_close(t->writer, clock_now());
    mailbox_free(t->jobs);
    mailbox_free(t->reports);
    return mem_free(t);
}

enum err writer_thread_start(const struct writer_config *c, struct writer_thread **ret,
                             char why[WHY_MAX]) {
    struct writer_thread *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    struct writer_config wc = *c;
    wc.rng = clock_rng();
    enum err err = writer_open(&wc, &t->writer, why);
    if (err == OK) {
        t->jobs = mailbox_new(JOBS, sizeof(struct write_job *));
        t->reports = mailbox_new(REPORTS, sizeof(struct write_report));
        if (!t->jobs || !t->reports) {
            snprintf(why, WHY_MAX, "recorder: out of memory or descriptors");
            err = ERR_NOMEM;
        }
    }
    if (err == OK) {
        err = thread_start("oriel-writer", writer_main, t, &t->thread, why);
    }
    if (err != OK) {
        writer_thread_free(t);
        return err;
    }
    *ret = t;
    return OK;
}

struct writer_thread *writer_thread_stop(struct writer_thread *t, struct link *rest) {
    if (!t) {
        return NULL;
    }
    t->rest = rest;
    atomic_store(&t->stop, true);
    mailbox_notify(t->jobs);
    pthread_join(t->thread, NULL);
    return writer_thread_free(t);
}

void writer_thread_counters(const struct writer_thread *t, struct writer_counters *ret) {
    struct seqlock l = {(shared_word *)t->counters, sizeof(*ret)};
    (void)seqlock_get(&l, ret);
}

/* ---- runs in the recorder thread ---- */

bool writer_thread_post(struct writer_thread *t, struct write_job *j) {
    return mailbox_push(t->jobs, &j);
}

void writer_thread_flush(struct writer_thread *t) {
    mailbox_notify(t->jobs);
}

struct mailbox *writer_thread_reports(struct writer_thread *t) {
    return t->reports;
}
