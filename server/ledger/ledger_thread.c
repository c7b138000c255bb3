#include "server/ledger/ledger_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LOOK_MS 1000         /* how often */
#define SLICE (US_PER_S / 5) /* how long a stop may wait for a database that says nothing */

struct ledger_thread {
    /* Constant after the start. */
    const struct audit *audit;
    struct postgres_config real, database; /* as it was given; with waiting that ends at a stop */
    int bell;                              /* eventfd */
    pthread_t thread;
    /* Shared. */
    atomic_bool stop, away;
    _Atomic uint64_t events, audit_behind;
    /* Owned by the thread. */
    struct ledger *ledger;
    bool failing;
};

/* ---- runs in the thread ---- */

static us_t clock_of(void *ctx) {
    const struct ledger_thread *t = ctx;
    return t->real.clock(t->real.ctx);
}

static enum err password_of(void *ctx, char out[POSTGRES_PASSWORD_MAX]) {
    const struct ledger_thread *t = ctx;
    return t->real.password(t->real.ctx, out);
}

static bool wait_or_stop(void *ctx, int socket, bool write, us_t until) {
    const struct ledger_thread *t = ctx;
    for (us_t now = clock_of(ctx); now < until && !atomic_load(&t->stop); now = clock_of(ctx)) {
        if (t->real.wait(t->real.ctx, socket, write, us_min(until, now + SLICE))) {
            return true;
        }
    }
    return false;
}

/* A line when it begins to fail, and one when that is over. */
static void note(struct ledger_thread *t, enum err e) {
    const struct ledger_behind b = ledger_behind(t->ledger);
    atomic_store(&t->events, b.events);
    atomic_store(&t->audit_behind, b.audit);
    atomic_store(&t->away, e != OK);
    if (e != OK && !t->failing) {
        const char *why = ledger_why(t->ledger);
        LOG(LOG_LEVEL_WARN, "database_away",
            "The database cannot be used. Events and audit records wait on the disk, the catalogue"
            " follows later.",
            LOG_STR("error", err_name(e)), LOG_STR("why", *why ? why : err_name(e)));
    } else if (e == OK && t->failing) {
        LOG(LOG_LEVEL_INFO, "database_back", "The database can be used again.",
            LOG_NUM("events", b.events), LOG_NUM("records", b.audit));
    }
    t->failing = e != OK;
}

static void work(struct ledger_thread *t) {
    bool more = true;
    enum err e = OK;
    while (more && e == OK && !atomic_load(&t->stop)) {
        struct audit_state s = {.last = 0};
        if (t->audit) {
            audit_state(t->audit, &s);
        }
        const struct ledger_turn turn = {clock_wall(), clock_now(), s.last};
        e = ledger_step(t->ledger, &turn, &more);
        if (!atomic_load(&t->stop)) { /* what was broken off says nothing */
            note(t, e);
        }
    }
}

static void *ledger_main(void *arg) {
    struct ledger_thread *t = arg;
    struct pollfd fd = {.fd = t->bell, .events = POLLIN};
    while (!atomic_load(&t->stop)) {
        work(t);
        int n = poll(&fd, 1, LOOK_MS);
        CHECK(n >= 0 || errno == EINTR);
    }
    t->ledger = ledger_close(t->ledger);
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct ledger_thread *thread_free(struct ledger_thread *t) {
    if (t->bell >= 0) {
        close(t->bell);
    }
    ledger_close(t->ledger);
    return mem_free(t);
}

enum err ledger_thread_start(const struct ledger_thread_config *c, struct ledger_thread **ret,
                             char why[WHY_MAX]) {
    struct ledger_thread *t = mem_zalloc(1, sizeof(*t));
    snprintf(why, WHY_MAX, "out of memory or descriptors");
    if (!t) {
        return ERR_NOMEM;
    }
    t->audit = c->audit;
    t->away = true; /* until it was reached */
    t->real = t->database = *c->ledger.database;
    t->database.clock = clock_of;
    t->database.wait = wait_or_stop;
    t->database.password = t->real.password ? password_of : NULL;
    t->database.ctx = t;
    struct ledger_config l = c->ledger;
    l.database = &t->database;
    t->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum err e = t->bell >= 0 ? ledger_open(&l, &t->ledger) : ERR_NOMEM;
    e = e == OK ? thread_start("oriel-ledger", ledger_main, t, &t->thread, why) : e;
    if (e != OK) {
        thread_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

struct ledger_thread *ledger_thread_stop(struct ledger_thread *t) {
    uint64_t one = 1;
    if (!t) {
        return NULL;
    }
    atomic_store(&t->stop, true);
    (void)!write(t->bell, &one, sizeof(one)); /* it is new: there is room */
    CHECK(pthread_join(t->thread, NULL) == 0);
    return thread_free(t);
}

struct ledger_state ledger_thread_state(const struct ledger_thread *t) {
    return (struct ledger_state){
        .away = atomic_load(&t->away),
        .behind = {atomic_load(&t->events), atomic_load(&t->audit_behind)}};
}
