#include "server/events/courier_thread.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/seqlock.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define COUNT_EVERY US_PER_S
#define OPEN_AGAIN (5 * US_PER_S) /* [us] after a store that could not be opened */

struct courier_thread {
    /* Constant after the start. */
    struct courier_thread_config c; /* its texts are copies */
    int bell;                       /* eventfd */
    pthread_t thread;
    /* Shared. */
    atomic_bool stop, failing;
    _Atomic uint64_t sent, refused, dead, behind;
    shared_word why[SEQLOCK_WORDS(EVENT_WHY_MAX)]; /* of the last failure */
    /* Owned by the thread. */
    struct event_store *store; /* NULL: not open */
    struct sink sink;          /* open when its ctx is set */
    struct courier courier;
    us_t open_at; /* [us] not before that */
    us_t counted; /* [us] when `behind` was; 0: never */
    bool noted;   /* that it fails */
};

/* ---- runs in the thread ---- */

static bool stops(void *ctx) {
    return atomic_load(&((struct courier_thread *)ctx)->stop);
}

static enum sink_verdict send_timed(void *ctx, const struct event_row *r, wall_t wall,
                                    struct sink_answer *ret) {
    struct courier_thread *t = ctx;
    us_t from = clock_now();
    enum sink_verdict v = t->sink.send(t->sink.ctx, r, wall, ret);
    ret->took = clock_now() - from;
    return v;
}

static enum err open_all(struct courier_thread *t, char why[WHY_MAX]) {
    const struct sink_run run = {.timeout = t->c.timeout, .stop = stops, .stop_ctx = t};
    const struct courier_config c = {.name = t->c.name,
                                     .types = t->c.types,
                                     .attempts = t->c.attempts,
                                     .retry = t->c.retry,
                                     .rng = clock_rng()};
    enum err e = event_store_open(t->c.store, &t->store, why);
    e = e == OK ? t->c.maker.open(t->c.maker.settings, &run, &t->sink, why) : e;
    if (e != OK) {
        return e;
    }
    const struct sink timed = {.ctx = t, .send = send_timed};
    e = courier_init(&t->courier, &c, t->store, &timed);
    if (e != OK) {
        snprintf(why, WHY_MAX, "the store: %s", err_name(e));
    }
    return e;
}

static void close_all(struct courier_thread *t) {
    if (t->sink.ctx) {
        t->sink.close(t->sink.ctx);
    }
    t->sink = (struct sink){.ctx = NULL};
    t->store = event_store_close(t->store);
}

/* One line when it begins to fail, and one when that is over. */
static void note(struct courier_thread *t, bool failing, const char *why) {
    char text[EVENT_WHY_MAX] = "";
    if (failing || t->noted) {
        snprintf(text, sizeof(text), "%s", failing ? why : "");
        seqlock_write(&(struct seqlock){t->why, sizeof(text)}, text, sizeof(text));
    }
    if (failing && !t->noted) {
        LOG(LOG_LEVEL_WARN, "events_not_delivered",
            "Events do not get to a receiver; they wait for it.", LOG_STR("sink", t->c.name),
            LOG_STR("why", why));
    } else if (!failing && t->noted) {
        LOG(LOG_LEVEL_INFO, "events_delivered", "Events get to the receiver again.",
            LOG_STR("sink", t->c.name));
    }
    t->noted = failing;
    atomic_store(&t->failing, failing);
}

static bool is_open(struct courier_thread *t) {
    char why[WHY_MAX] = "";
    if (t->store || clock_now() < t->open_at) {
        return t->store != NULL;
    }
    if (open_all(t, why) == OK) {
        return true;
    }
    close_all(t);
    t->open_at = clock_now() + OPEN_AGAIN;
    note(t, true, why);
    return false;
}

static void count_behind(struct courier_thread *t) {
    struct event_counts n;
    if (t->counted != 0 && clock_now() - t->counted < COUNT_EVERY) {
        return;
    }
    t->counted = clock_now();
    if (event_store_counts(t->store, t->c.name, &n) == OK) {
        atomic_store(&t->behind, n.held + n.waiting);
    }
}

static void work(struct courier_thread *t) {
    struct courier *k = &t->courier;
    bool more = true;
    while (more && !stops(t)) {
        more = courier_step(k, clock_wall());
        if (stops(t)) {
            return; /* what was broken off says nothing about the receiver */
        }
        if (k->dead > atomic_load(&t->dead)) {
            LOG(LOG_LEVEL_ERROR, "event_given_up",
                "An event was refused so often that it is not sent any more.",
                LOG_STR("sink", t->c.name), LOG_STR("why", k->why));
        }
        atomic_store(&t->sent, k->sent);
        atomic_store(&t->refused, k->refused);
        atomic_store(&t->dead, k->dead);
        note(t, k->why[0] != '\0', k->why);
        count_behind(t);
    }
}

/* [ms] until something is due; poll's. */
static int sleep_ms(const struct courier_thread *t) {
    if (!t->store) {
        return clock_wait_ms(clock_now(), t->open_at);
    }
    int64_t left = t->courier.next.us - clock_wall().us;
    return left <= 0 ? 0 : left < US_PER_S ? (int)(left / US_PER_MS) + 1 : 1000;
}

static void *courier_main(void *arg) {
    struct courier_thread *t = arg;
    while (!stops(t)) {
        uint64_t rings;
        struct pollfd fd = {.fd = t->bell, .events = POLLIN};
        if (is_open(t)) {
            work(t);
        }
        int n = poll(&fd, 1, sleep_ms(t));
        CHECK(n >= 0 || errno == EINTR);
        if (n > 0) {
            CHECK(read(t->bell, &rings, sizeof(rings)) == sizeof(rings));
        } else if (t->sink.idle) {
            t->sink.idle(t->sink.ctx);
        }
    }
    close_all(t);
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct courier_thread *thread_free(struct courier_thread *t) {
    if (t->bell >= 0) {
        close(t->bell);
    }
    mem_free((char *)t->c.store);
    mem_free((char *)t->c.name);
    sink_maker_free(&t->c.maker);
    return mem_free(t);
}

static bool copy_config(struct courier_thread *t, const struct courier_thread_config *c) {
    t->c = *c;
    t->c.store = mem_strdup(c->store);
    t->c.name = mem_strdup(c->name);
    return t->c.store && t->c.name;
}

enum err courier_thread_start(const struct courier_thread_config *c, struct courier_thread **ret,
                              char why[WHY_MAX]) {
    struct courier_thread *t = mem_zalloc(1, sizeof(*t));
    snprintf(why, WHY_MAX, "out of memory or descriptors");
    if (!t) {
        struct sink_maker m = c->maker;
        sink_maker_free(&m);
        return ERR_NOMEM;
    }
    t->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum err e = copy_config(t, c) && t->bell >= 0 ? OK : ERR_NOMEM;
    e = e == OK ? thread_start("oriel-courier", courier_main, t, &t->thread, why) : e;
    if (e != OK) {
        thread_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

void courier_thread_wake(struct courier_thread *t) {
    uint64_t one = 1;
    if (t) {
        (void)!write(t->bell, &one, sizeof(one)); /* one that is full has rung already */
    }
}

void courier_thread_ring(struct courier_thread *t) {
    if (t) {
        atomic_store(&t->stop, true);
        courier_thread_wake(t);
    }
}

struct courier_thread *courier_thread_stop(struct courier_thread *t) {
    if (!t) {
        return NULL;
    }
    courier_thread_ring(t);
    CHECK(pthread_join(t->thread, NULL) == 0);
    return thread_free(t);
}

struct courier_state courier_thread_state(const struct courier_thread *t) {
    return (struct courier_state){.sent = atomic_load(&t->sent),
                                  .refused = atomic_load(&t->refused),
                                  .dead = atomic_load(&t->dead),
                                  .behind = atomic_load(&t->behind),
                                  .failing = atomic_load(&t->failing)};
}

void courier_thread_why(const struct courier_thread *t, char ret[EVENT_WHY_MAX]) {
    const struct seqlock l = {(shared_word *)t->why, EVENT_WHY_MAX};
    if (!seqlock_get(&l, ret)) {
        ret[0] = '\0';
    }
}

const char *courier_thread_name(const struct courier_thread *t) {
    return t->c.name;
}
