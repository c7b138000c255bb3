#include "server/recording/recorder_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/seqlock.h"
#include "server/config/config_keys.h"
#include "server/os/clock.h"
#include "server/os/thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define ORDERS 4096      /* messages; a start or stop per tour and a line per participant */
#define ASKS 256         /* messages to a worker; what finds no room is asked again later */
#define TAPS_AT_ONCE 256 /* from a mailbox, before the others and deadlines have their turn */
#define COUNTERS_EVERY (250 * US_PER_MS)

struct recorder_thread {
    /* Constant after the start. */
    struct mailbox *orders; /* control -> recorder */
    struct mailbox *events; /* recorder -> control */
    struct mailbox *taps[WORKERS_MAX];
    struct mailbox *asks[WORKERS_MAX]; /* recorder -> worker */
    uint32_t workers;
    struct writer_thread *writer;
    pthread_t thread;
    bool finished; /* of control: it is joined */
    /* Shared. */
    atomic_bool stop;
    shared_word counters[SEQLOCK_WORDS(sizeof(struct recorder_counters))];
    /* Owned by the recorder thread. */
    struct recorder *recorder;
    struct write_job *unsent; /* the next for the writer, for which it had no room; NULL: none */
    struct link rest;         /* at the end: what is left for it */
    us_t counters_at;
};

/* ---- runs in the recorder thread ---- */

static void send_events(struct recorder_thread *t) {
    struct recorder_event e;
    bool any = false;
    while (mailbox_room(t->events) > 0 && recorder_event(t->recorder, &e)) {
        CHECK(mailbox_push(t->events, &e));
        any = true;
    }
    if (any) {
        mailbox_notify(t->events);
    }
}

static void send_asks(struct recorder_thread *t) {
    struct tap_ask a;
    uint64_t told = 0;
    while (recorder_ask(t->recorder, &a)) {
        CHECK(a.worker < t->workers);
        if (mailbox_push(t->asks[a.worker], &a)) {
            told |= 1ull << a.worker;
        }
    }
    for (; told; told &= told - 1) {
        mailbox_notify(t->asks[__builtin_ctzll(told)]);
    }
}

static void send_jobs(struct recorder_thread *t) {
    bool any = false;
    for (;;) {
        t->unsent = t->unsent ? t->unsent : recorder_job(t->recorder);
        if (!t->unsent || !writer_thread_post(t->writer, t->unsent)) {
            break;
        }
        t->unsent = NULL;
        any = true;
    }
    if (any) {
        writer_thread_flush(t->writer);
    }
}

static void take_reports(struct recorder_thread *t) {
    struct mailbox *reports = writer_thread_reports(t->writer);
    struct write_report p;
    mailbox_ack(reports);
    while (mailbox_pop(reports, &p)) {
        recorder_report(t->recorder, &p);
    }
}

static void take_orders(struct recorder_thread *t, us_t now) {
    struct recorder_order o;
    while (mailbox_pop(t->orders, &o)) {
        recorder_order(t->recorder, now, clock_wall_at(now), &o);
    }
}

/* Orders are looked at again before each tap is obeyed: the order to start a recording was posted
 * before the worker was told to tap, so a tap never overtakes the order it depends on. True: there
 * may be more; deadlines and counters have their turn first, with a time that is not stale, however
 * many taps wait. */
static bool take_taps(struct recorder_thread *t, uint32_t worker) {
    us_t now = clock_now();
    struct tap tap;
    mailbox_ack(t->taps[worker]);
    for (int i = 0; i < TAPS_AT_ONCE; i++) {
        if (!mailbox_pop(t->taps[worker], &tap)) {
            return false;
        }
        take_orders(t, now);
        recorder_tap(t->recorder, now, &tap);
    }
    return true;
}

static void publish_counters(struct recorder_thread *t, us_t now) {
    if (now >= t->counters_at) {
        struct seqlock l = {t->counters, sizeof(struct recorder_counters)};
        struct recorder_counters n = recorder_counters(t->recorder);
        seqlock_write(&l, &n, sizeof(n));
        t->counters_at = now + COUNTERS_EVERY;
    }
}

static void watch(struct recorder_thread *t, struct pollfd *fds) {
    for (uint32_t i = 0; i < t->workers; i++) {
        fds[i] = (struct pollfd){.fd = mailbox_fd(t->taps[i]), .events = POLLIN};
    }
    fds[t->workers] = (struct pollfd){.fd = mailbox_fd(t->orders), .events = POLLIN};
    fds[t->workers + 1] =
        (struct pollfd){.fd = mailbox_fd(writer_thread_reports(t->writer)), .events = POLLIN};
}

/* One look at everything. more: not all taps were taken the last time; the same of this time. */
static bool turn(struct recorder_thread *t, const struct pollfd *fds, bool more) {
    bool left = false;
    mailbox_ack(t->orders);
    take_orders(t, clock_now());
    for (uint32_t i = 0; i < t->workers; i++) {
        if (more || fds[i].revents) {
            left = take_taps(t, i) || left;
        }
    }
    us_t now = clock_now();
    if (recorder_deadline(t->recorder) <= now) {
        recorder_timeout(t->recorder, now);
    }
    take_reports(t);
    send_asks(t);
    send_jobs(t);
    send_events(t);
    publish_counters(t, now);
    return left;
}

static void *recorder_main(void *arg) {
    struct recorder_thread *t = arg;
    struct pollfd fds[WORKERS_MAX + 2];
    bool more = false;
    watch(t, fds);
    while (!atomic_load(&t->stop)) {
        us_t due = us_min(recorder_deadline(t->recorder), t->counters_at);
        int n = poll(fds, t->workers + 2, more ? 0 : clock_wait_ms(clock_now(), due));
        CHECK(n >= 0 || errno == EINTR);
        more = turn(t, fds, more);
    }
    /* The workers are gone: what is in the mailboxes now is the last of every tour. */
    take_orders(t, clock_now());
    for (uint32_t i = 0; i < t->workers; i++) {
        while (take_taps(t, i)) {
        }
    }
    take_reports(t);
    send_events(t);
    recorder_end_all(t->recorder, clock_now());
    for (struct write_job *j = t->unsent; j || (j = recorder_job(t->recorder)); j = NULL) {
        list_push(&t->rest, &j->link);
    }
    t->recorder = recorder_free(t->recorder);
    return NULL;
}

/* ---- runs in the control thread ---- */

static bool create_mailboxes(struct recorder_thread *t, const struct recorder_thread_config *c) {
    t->orders = mailbox_new(ORDERS, sizeof(struct recorder_order));
    t->events =
        mailbox_new_wake(ORDERS, sizeof(struct recorder_event), c->wake_control, c->wake_ctx);
    bool ok = t->orders && t->events;
    for (uint32_t i = 0; i < c->workers; i++) {
        t->taps[i] = mailbox_new(c->tap_mailbox, sizeof(struct tap));
        t->asks[i] = mailbox_new(ASKS, sizeof(struct tap_ask));
        ok = ok && t->taps[i] && t->asks[i];
    }
    return ok;
}

/* Those that came too late: the thread is gone. */
static void drop_orders(struct recorder_thread *t) {
    struct recorder_order o;
    while (t->orders && mailbox_pop(t->orders, &o)) {
        mem_free(o.said);
    }
}

static struct recorder_thread *recorder_thread_free(struct recorder_thread *t) {
    writer_thread_stop(t->writer, &t->rest);
    recorder_free(t->recorder);
    for (uint32_t i = 0; i < t->workers; i++) {
        mailbox_free(t->taps[i]);
        mailbox_free(t->asks[i]);
    }
    drop_orders(t);
    mailbox_free(t->orders);
    mailbox_free(t->events);
    return mem_free(t);
}

enum err recorder_thread_start(const struct recorder_thread_config *c, struct recorder_thread **ret,
                               char why[WHY_MAX]) {
    CHECK(c->workers <= WORKERS_MAX);
    struct recorder_thread *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    t->workers = c->workers;
    list_init(&t->rest);
    struct recorder_config rc = c->recorder;
    rc.rng = clock_rng();
    t->recorder = recorder_new(&rc);
    enum err err = OK;
    if (!t->recorder || !create_mailboxes(t, c)) {
        snprintf(why, WHY_MAX, "recorder: out of memory or descriptors");
        err = ERR_NOMEM;
    }
    if (err == OK) {
        err = writer_thread_start(&c->writer, &t->writer, why);
    }
    if (err == OK) {
        err = thread_start("oriel-recorder", recorder_main, t, &t->thread, why);
    }
    if (err != OK) {
        recorder_thread_free(t);
        return err;
    }
    *ret = t;
    return OK;
}

void recorder_thread_finish(struct recorder_thread *t) {
    if (t && !t->finished) {
        t->finished = true;
        atomic_store(&t->stop, true);
        mailbox_notify(t->orders);
        pthread_join(t->thread, NULL);
    }
}

struct recorder_thread *recorder_thread_stop(struct recorder_thread *t) {
    if (!t) {
        return NULL;
    }
    recorder_thread_finish(t);
    return recorder_thread_free(t);
}

struct mailbox *recorder_thread_taps(struct recorder_thread *t, uint32_t i) {
    CHECK(i < t->workers);
    return t->taps[i];
}

struct mailbox *recorder_thread_asks(struct recorder_thread *t, uint32_t i) {
    CHECK(i < t->workers);
    return t->asks[i];
}

bool recorder_thread_post(struct recorder_thread *t, const struct recorder_order *o) {
    bool taken = mailbox_push(t->orders, o);
    mailbox_notify(t->orders);
    return taken;
}

void recorder_thread_listen(struct recorder_thread *t) {
    mailbox_ack(t->events);
}

bool recorder_thread_event(struct recorder_thread *t, struct recorder_event *ret) {
    return mailbox_pop(t->events, ret);
}

void recorder_thread_counters(const struct recorder_thread *t,
                              struct recorder_thread_counters *ret) {
    struct seqlock l = {(shared_word *)t->counters, sizeof(ret->capture)};
    (void)seqlock_get(&l, &ret->capture);
    writer_thread_counters(t->writer, &ret->writer);
}
