#include "server/recorder_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/clock.h"
#include "server/thread.h"
#include "server/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define ORDERS 4096      /* messages; a start or stop per tour and a line per participant */
#define TAPS_AT_ONCE 256 /* from a mailbox, before the others and deadlines have their turn */
#define COUNTERS_EVERY (250 * US_PER_MS)

struct recorder_thread {
    /* Constant after the start. */
    struct mailbox *orders; /* control -> recorder */
    struct mailbox *events; /* recorder -> control */
    struct mailbox *taps[WORKERS_MAX];
    uint32_t workers;
    pthread_t thread;
    /* Shared. */
    atomic_bool stop;
    _Atomic uint64_t frames, segments, bytes_sealed, gaps, tap_dropped, store_errors;
    _Atomic uint64_t tap_refused, tracks_refused;
    _Atomic uint32_t recordings_open, unfinished;
    atomic_bool alarm;
    /* Owned by the recorder thread. */
    struct recorder *recorder;
    us_t counters_at;
};

/* ---- runs in the recorder thread ---- */

static void send_events(struct recorder_thread *t) {
    struct recorder_event e;
    bool any = false;
    while (recorder_event(t->recorder, &e)) {
        /* A full mailbox loses a state change of one tour; the alarm is also a metric. */
        (void)mailbox_push(t->events, &e);
        any = true;
    }
    if (any) {
        mailbox_flush(t->events);
    }
}

static void take_orders(struct recorder_thread *t, us_t now) {
    struct recorder_order o;
    while (mailbox_pop(t->orders, &o)) {
        recorder_order(t->recorder, now, clock_wall(), &o);
        send_events(t);
    }
}

/* Orders are looked at again before each tap is obeyed: the order to start a recording was posted
 * before the worker was told to tap, so a tap never overtakes the order it depends on. True: there
 * may be more; deadlines and counters have their turn first, with a time that is not stale, however
 * many taps wait. */
static bool take_taps(struct recorder_thread *t, uint32_t worker) {
    us_t now = clock_now();
    struct tap tap;
    mailbox_wake(t->taps[worker]);
    for (int i = 0; i < TAPS_AT_ONCE; i++) {
        if (!mailbox_pop(t->taps[worker], &tap)) {
            return false;
        }
        take_orders(t, now);
        recorder_tap(t->recorder, now, clock_wall(), &tap);
        send_events(t);
    }
    return true;
}

static void publish_counters(struct recorder_thread *t, us_t now) {
    if (now < t->counters_at) {
        return;
    }
    t->counters_at = now + COUNTERS_EVERY;
    struct recorder_counters c = recorder_counters(t->recorder);
    atomic_store(&t->frames, c.frames);
    atomic_store(&t->segments, c.segments);
    atomic_store(&t->bytes_sealed, c.bytes_sealed);
    atomic_store(&t->gaps, c.gaps);
    atomic_store(&t->tap_dropped, c.tap_dropped);
    atomic_store(&t->store_errors, c.store_errors);
    atomic_store(&t->tap_refused, c.tap_refused);
    atomic_store(&t->tracks_refused, c.tracks_refused);
    atomic_store(&t->recordings_open, c.recordings_open);
    atomic_store(&t->unfinished, c.unfinished);
    atomic_store(&t->alarm, c.alarm);
}

static void watch(struct recorder_thread *t, struct pollfd *fds) {
    for (uint32_t i = 0; i < t->workers; i++) {
        fds[i] = (struct pollfd){.fd = mailbox_fd(t->taps[i]), .events = POLLIN};
    }
    fds[t->workers] = (struct pollfd){.fd = mailbox_fd(t->orders), .events = POLLIN};
}

/* One look at everything. more: not all taps were taken the last time; the same of this time. */
static bool turn(struct recorder_thread *t, const struct pollfd *fds, bool more) {
    bool left = false;
    mailbox_wake(t->orders);
    take_orders(t, clock_now());
    for (uint32_t i = 0; i < t->workers; i++) {
        if (more || fds[i].revents) {
            left = take_taps(t, i) || left;
        }
    }
    us_t now = clock_now();
    if (recorder_deadline(t->recorder) <= now) {
        recorder_timeout(t->recorder, now, clock_wall());
        send_events(t);
    }
    publish_counters(t, now);
    return left;
}

static void *recorder_main(void *arg) {
    struct recorder_thread *t = arg;
    struct pollfd fds[WORKERS_MAX + 1];
    bool more = false;
    watch(t, fds);
    send_events(t); /* of recovery */
    while (!atomic_load(&t->stop)) {
        us_t due = us_min(recorder_deadline(t->recorder), t->counters_at);
        int n = poll(fds, t->workers + 1, more ? 0 : clock_wait_ms(clock_now(), due));
        CHECK(n >= 0 || errno == EINTR);
        more = turn(t, fds, more);
    }
    /* The workers are gone: what is in the mailboxes now is the last of every tour. */
    take_orders(t, clock_now());
    for (uint32_t i = 0; i < t->workers; i++) {
        while (take_taps(t, i)) {
        }
    }
    t->recorder = recorder_close(t->recorder, clock_now(), clock_wall());
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
        ok = ok && t->taps[i];
    }
    return ok;
}

static struct recorder_thread *recorder_thread_free(struct recorder_thread *t) {
    recorder_close(t->recorder, clock_now(), clock_wall());
    for (uint32_t i = 0; i < t->workers; i++) {
        mailbox_free(t->taps[i]);
    }
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
    struct recorder_config rc = c->recorder;
    rc.rng = clock_rng();
    enum err err = recorder_open(&rc, clock_wall(), &t->recorder, why);
    if (err == OK && !create_mailboxes(t, c)) {
        snprintf(why, WHY_MAX, "recorder: out of memory or descriptors");
        err = ERR_NOMEM;
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

struct recorder_thread *recorder_thread_stop(struct recorder_thread *t) {
    if (!t) {
        return NULL;
    }
    atomic_store(&t->stop, true);
    mailbox_flush(t->orders);
    pthread_join(t->thread, NULL);
    return recorder_thread_free(t);
}

struct mailbox *recorder_thread_taps(struct recorder_thread *t, uint32_t i) {
    CHECK(i < t->workers);
    return t->taps[i];
}

bool recorder_thread_post(struct recorder_thread *t, const struct recorder_order *o) {
    bool taken = mailbox_push(t->orders, o);
    mailbox_flush(t->orders);
    return taken;
}

void recorder_thread_listen(struct recorder_thread *t) {
    mailbox_wake(t->events);
}

bool recorder_thread_event(struct recorder_thread *t, struct recorder_event *ret) {
    return mailbox_pop(t->events, ret);
}

void recorder_thread_counters(const struct recorder_thread *t, struct recorder_counters *ret) {
    *ret = (struct recorder_counters){.frames = atomic_load(&t->frames),
                                      .segments = atomic_load(&t->segments),
                                      .bytes_sealed = atomic_load(&t->bytes_sealed),
                                      .gaps = atomic_load(&t->gaps),
                                      .tap_dropped = atomic_load(&t->tap_dropped),
                                      .store_errors = atomic_load(&t->store_errors),
                                      .tap_refused = atomic_load(&t->tap_refused),
                                      .tracks_refused = atomic_load(&t->tracks_refused),
                                      .recordings_open = atomic_load(&t->recordings_open),
                                      .unfinished = atomic_load(&t->unfinished),
                                      .alarm = atomic_load(&t->alarm)};
}
