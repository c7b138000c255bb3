#include "server/recording/keeper_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/seqlock.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/recording/configured_library.h"
#include "server/recording/keeper_config.h"
#include "server/recording/stores.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define OPEN_AGAIN (60 * US_PER_S) /* [us] after a library that could not be opened */

struct keeper_thread {
    /* Constant after the start. */
    struct keeper_thread_config config;
    int bell; /* eventfd: the end */
    pthread_t thread;
    /* Shared. */
    atomic_bool stop, full;
    shared_word state[SEQLOCK_WORDS(sizeof(struct keeper_state))];
    /* Owned by the thread. */
    struct stores *stores; /* NULL: a local folder */
    struct library *library;
    struct keeper *keeper;
};

/* ---- runs in the keeper thread ---- */

static us_t now(void *ctx) {
    (void)ctx;
    return clock_now();
}

static wall_t wall(void *ctx) {
    (void)ctx;
    return clock_wall();
}

static uint64_t space_at(const char *dir) {
    struct statvfs v;
    return statvfs(dir, &v) == 0 ? (uint64_t)v.f_bavail * v.f_frsize : UINT64_MAX;
}

uint64_t keeper_space(const struct config *c) {
    bool spools = c->recording_store == STORE_PLACE_S3 && *c->recording_spool_dir;
    uint64_t here = space_at(c->recording_dir);
    uint64_t there = spools ? space_at(c->recording_spool_dir) : UINT64_MAX;
    return there < here ? there : here;
}

static uint64_t space(void *ctx) {
    return keeper_space(((const struct keeper_thread *)ctx)->config.config);
}

static bool go_on(void *ctx) {
    return !atomic_load(&((struct keeper_thread *)ctx)->stop);
}

static bool stops(void *ctx) {
    return !go_on(ctx);
}

static void note_put(void *ctx) {
    struct keeper_thread *t = ctx;
    if (t->config.uploaders) {
        uploader_threads_wake(t->config.uploaders);
    }
}

static void publish(void *ctx, const struct keeper_state *s) {
    struct keeper_thread *t = ctx;
    struct seqlock l = {t->state, sizeof(*s)};
    seqlock_write(&l, s, sizeof(*s));
    if (atomic_exchange(&t->full, s->quota_reached) != s->quota_reached) {
        t->config.wake(t->config.wake_ctx);
    }
}

static void shredded(void *ctx) {
    struct keeper_thread *t = ctx;
    if (t->config.shredded) {
        t->config.shredded(t->config.ctx);
    }
}

static void did(void *ctx, const char *of, const char *what) {
    struct keeper_thread *t = ctx;
    if (t->config.did) {
        t->config.did(t->config.did_ctx, of, what);
    }
}

static bool may(void *ctx, const char *of) {
    struct keeper_thread *t = ctx;
    return !t->config.may || t->config.may(t->config.did_ctx, of);
}

static enum err open_library(struct keeper_thread *t, char why[WHY_MAX]) {
    return configured_library_open(&(struct configured_library){.config = t->config.config,
                                                                .stores = t->stores,
                                                                .rng = clock_rng(),
                                                                .stop = stops,
                                                                .ctx = t},
                                   &t->library, why);
}

static enum err make_keeper(struct keeper_thread *t) {
    const struct keeper_config c = keeper_configured(t->config.config);
    const struct keeper_hooks hooks = {now, wall, go_on, space, publish, shredded, t, did, may};
    t->keeper = keeper_new(&c, t->library, &hooks);
    return t->keeper ? OK : ERR_NOMEM;
}

/* False: later. */
static bool try_to_open(struct keeper_thread *t) {
    char why[WHY_MAX] = "";
    enum err e = t->library ? OK : open_library(t, why);
    e = e == OK ? make_keeper(t) : e;
    if (e != OK && go_on(t)) {
        LOG(LOG_LEVEL_WARN, "keeper_waits",
            "Recordings cannot be looked at: nothing is swept, and no quota holds.",
            LOG_STR("error", err_name(e)), LOG_STR("why", why));
    }
    return e == OK;
}

static void wait_until(struct keeper_thread *t, us_t at) {
    struct pollfd fd = {.fd = t->bell, .events = POLLIN};
    int n = poll(&fd, 1, clock_wait_ms(clock_now(), at));
    CHECK(n >= 0 || errno == EINTR);
}

static void *keeper_main(void *arg) {
    struct keeper_thread *t = arg;
    us_t open_at = 0;
    while (go_on(t)) {
        if (t->keeper) {
            keeper_step(t->keeper);
        } else if (clock_now() >= open_at && !try_to_open(t)) {
            open_at = clock_now() + OPEN_AGAIN;
        }
        wait_until(t, t->keeper ? keeper_deadline(t->keeper) : open_at);
    }
    t->keeper = keeper_free(t->keeper);
    t->library = library_close(t->library);
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct keeper_thread *keeper_thread_free(struct keeper_thread *t) {
    stores_close(t->stores);
    if (t->bell >= 0) {
        close(t->bell);
    }
    return mem_free(t);
}

static enum err prepare(struct keeper_thread *t, char why[WHY_MAX]) {
    const struct stores_hooks hooks = {.note = note_put, .stop = stops, .ctx = t};
    t->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->bell < 0) {
        snprintf(why, WHY_MAX, "out of descriptors");
        return ERR_NOMEM;
    }
    return stores_open(t->config.config, STORES_READ, &hooks, &t->stores, why);
}

enum err keeper_thread_start(const struct keeper_thread_config *c, struct keeper_thread **ret,
                             char why[WHY_MAX]) {
    struct keeper_thread *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    t->config = *c;
    t->bell = -1;
    enum err e = prepare(t, why);
    e = e == OK ? thread_start("oriel-keeper", keeper_main, t, &t->thread, why) : e;
    if (e != OK) {
        keeper_thread_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

void keeper_thread_ring(struct keeper_thread *t) {
    const uint64_t one = 1;
    if (t) {
        atomic_store(&t->stop, true);
        ssize_t n = write(t->bell, &one, sizeof(one));
        CHECK(n == sizeof(one));
    }
}

struct keeper_thread *keeper_thread_stop(struct keeper_thread *t) {
    if (!t) {
        return NULL;
    }
    keeper_thread_ring(t);
    pthread_join(t->thread, NULL);
    return keeper_thread_free(t);
}

void keeper_thread_state(const struct keeper_thread *t, struct keeper_state *ret) {
    struct seqlock l = {(shared_word *)t->state, sizeof(*ret)};
    (void)seqlock_get(&l, ret);
}

bool keeper_thread_full(const struct keeper_thread *t) {
    return atomic_load(&t->full);
}
