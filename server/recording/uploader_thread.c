#include "server/recording/uploader_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/seqlock.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/recording/stores.h"
#include "server/recording/stores_config.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct uploader_thread {
    /* Constant after the start. */
    int bell; /* eventfd */
    pthread_t thread;
    bool started;
    /* Shared. */
    atomic_bool stop;
    shared_word counters[SEQLOCK_WORDS(sizeof(struct uploader_counters))];
    /* Owned by the thread. */
    struct stores *stores;
    struct uploader *uploader;
    bool told_open;          /* the log knows that the breaker is open */
    uint32_t told_conflicts; /* and of so many conflicts */
};

struct uploader_threads {
    uint32_t n;
    struct uploader_thread each[UPLOADERS_MAX];
};

/* ---- runs in an uploader thread ---- */

static void publish(struct uploader_thread *t, const struct uploader_counters *c) {
    struct seqlock l = {t->counters, sizeof(*c)};
    seqlock_write(&l, c, sizeof(*c));
}

static void tell(struct uploader_thread *t, const struct uploader_counters *c) {
    if (c->breaker_open && !t->told_open) {
        LOG(LOG_LEVEL_WARN, "store_failing",
            "the object store does not take recordings; they wait on disk",
            LOG_STR("why", uploader_why(t->uploader)), LOG_NUM("waiting", c->waiting_objects));
    } else if (!c->breaker_open && t->told_open) {
        LOG(LOG_LEVEL_INFO, "store_recovered", "the object store takes recordings again",
            LOG_NUM("waiting", c->waiting_objects));
    }
    if (c->conflicts > t->told_conflicts) {
        LOG(LOG_LEVEL_ERROR, "store_conflict", "the object store has an object with other contents",
            LOG_STR("object", uploader_conflict(t->uploader, c->conflicts - 1)),
            LOG_NUM("conflicts", c->conflicts));
    }
    t->told_open = c->breaker_open;
    t->told_conflicts = c->conflicts;
}

static void *uploader_main(void *arg) {
    struct uploader_thread *t = arg;
    struct pollfd fd = {.fd = t->bell, .events = POLLIN};
    while (!atomic_load(&t->stop)) {
        int n = poll(&fd, 1, clock_wait_ms(clock_now(), uploader_deadline(t->uploader)));
        CHECK(n >= 0 || errno == EINTR);
        uint64_t rung;
        if (n > 0 && read(t->bell, &rung, sizeof(rung)) == sizeof(rung)) {
            uploader_wake(t->uploader, clock_now());
        }
        if (uploader_deadline(t->uploader) <= clock_now() && !atomic_load(&t->stop)) {
            uploader_step(t->uploader, clock_now(), clock_wall());
        }
        struct uploader_counters c = uploader_counters(t->uploader);
        publish(t, &c);
        tell(t, &c);
    }
    return NULL;
}

/* Asked during a request. */
static bool is_stopping(void *ctx) {
    struct uploader_thread *t = ctx;
    return atomic_load(&t->stop);
}

/* ---- runs in the control thread ---- */

void uploader_threads_wake(void *ctx) {
    struct uploader_threads *t = ctx;
    const uint64_t one = 1;
    for (uint32_t i = 0; i < t->n; i++) {
        /* It cannot be full before 2^64 puts. */
        CHECK(write(t->each[i].bell, &one, sizeof(one)) == sizeof(one));
    }
}

static void thread_end(struct uploader_thread *t) {
    if (t->started) {
        atomic_store(&t->stop, true);
        pthread_join(t->thread, NULL);
    }
    t->uploader = uploader_free(t->uploader);
    t->stores = stores_close(t->stores);
    if (t->bell >= 0) {
        close(t->bell);
    }
}

struct uploader_threads *uploader_threads_stop(struct uploader_threads *t) {
    if (!t) {
        return NULL;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        atomic_store(&t->each[i].stop, true);
    }
    uploader_threads_wake(t);
    for (uint32_t i = 0; i < t->n; i++) {
        thread_end(&t->each[i]);
    }
    return mem_free(t);
}

enum err uploader_threads_new(uint32_t n, struct uploader_threads **ret, char why[WHY_MAX]) {
    CHECK(n > 0 && n <= UPLOADERS_MAX);
    struct uploader_threads *t = mem_zalloc(1, sizeof(*t));
    for (uint32_t i = 0; t && i < n; i++) {
        t->each[i].bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (t->each[i].bell < 0) {
            t = uploader_threads_stop(t);
        } else {
            t->n++;
        }
    }
    if (!t) {
        snprintf(why, WHY_MAX, "uploader: out of memory or descriptors");
        return ERR_NOMEM;
    }
    *ret = t;
    return OK;
}

static enum err thread_begin(struct uploader_threads *all, uint32_t i, const struct config *c,
                             char why[WHY_MAX]) {
    struct uploader_thread *t = &all->each[i];
    const struct stores_hooks hooks = {.stop = is_stopping, .ctx = t};
    char name[THREAD_NAME_MAX];
    enum err e = stores_open(c, STORES_UPLOAD, &hooks, &t->stores, why);
    if (e != OK) {
        return e;
    }
    struct uploader_config u = uploader_configured(c);
    u.local = stores_local(t->stores);
    u.remote = stores_remote(t->stores);
    u.rng = clock_rng();
    u.share = i;
    u.shares = all->n;
    e = uploader_new(&u, &t->uploader);
    if (e != OK) {
        snprintf(why, WHY_MAX, "uploader: out of memory");
        return e;
    }
    snprintf(name, sizeof(name), "oriel-upload-%u", i % 100);
    e = thread_start(name, uploader_main, t, &t->thread, why);
    t->started = e == OK;
    return e;
}

enum err uploader_threads_start(struct uploader_threads *t, const struct config *c,
                                char why[WHY_MAX]) {
    enum err e = OK;
    for (uint32_t i = 0; i < t->n && e == OK; i++) {
        e = thread_begin(t, i, c, why);
    }
    return e;
}

struct uploader_counters uploader_threads_counters(const struct uploader_threads *t) {
    struct uploader_counters sum = {0};
    for (uint32_t i = 0; i < t->n; i++) {
        struct uploader_counters c = {0};
        struct seqlock l = {(shared_word *)t->each[i].counters, sizeof(c)};
        if (!seqlock_get(&l, &c)) {
            continue; /* nothing was published yet */
        }
        sum.waiting_objects += c.waiting_objects;
        sum.waiting_bytes += c.waiting_bytes;
        sum.uploads += c.uploads;
        sum.uploaded_bytes += c.uploaded_bytes;
        sum.retries += c.retries;
        sum.failures += c.failures;
        sum.conflicts += c.conflicts;
        sum.removals += c.removals;
        sum.breaker_open = sum.breaker_open || c.breaker_open;
        sum.alarm = sum.alarm || c.alarm;
        if (c.oldest.us && (!sum.oldest.us || c.oldest.us < sum.oldest.us)) {
            sum.oldest = c.oldest;
        }
    }
    return sum;
}
