#include "server/events/events_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/events/events_erase.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/queue/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

#define POSTED_MAX 16384 /* events that wait to be stored */
#define ASKED_MAX 64     /* questions under way */
#define BATCH 256        /* in one transaction */
#define RETRY (1 * US_PER_S)
#define PRUNE (3600 * US_PER_S)
#define ERASE (60 * US_PER_S)
#define LAST_TRIES (15 * US_PER_S) /* at the end, while another connection writes */

struct events_thread {
    /* Constant after the start. */
    struct mailbox *posted;  /* control -> thread: struct event *, owned */
    struct mailbox *asked;   /* control -> thread: struct events_request */
    struct mailbox *replies; /* thread -> control: struct events_reply */
    struct courier_thread *couriers[EVENT_SINKS_MAX];
    size_t n_couriers;
    us_t keep;
    char *recordings; /* NULL: none */
    pthread_t thread;
    /* Shared. */
    atomic_bool stop;
    atomic_bool unerased; /* it could not, the last time */
    _Atomic uint64_t stored;
    _Atomic uint32_t waiting;
    /* Owned by control. */
    struct rng rng;
    struct ulid_maker ulids;
    uint64_t lost;
    uint32_t under_way; /* questions */
    /* Owned by the thread. */
    struct event_store *store;
    struct event *batch[BATCH]; /* that are not stored yet */
    size_t n_batch;
    us_t retry_at, pruned, erased;
    enum err error; /* of the last batch */
    bool failing;
};

/* ---- runs in the thread ---- */

static void note(struct events_thread *t, enum err e) {
    if (e != OK && !t->failing) {
        LOG(LOG_LEVEL_ERROR, "events_not_stored",
            "Events cannot be stored; they wait in memory, and would be lost with the process.",
            LOG_STR("error", err_name(e)));
    } else if (e == OK && t->failing) {
        LOG(LOG_LEVEL_INFO, "events_stored", "Events are stored again.",
            LOG_NUM("waiting", atomic_load(&t->waiting)));
    }
    t->failing = e != OK;
}

static enum err store_batch(struct events_thread *t) {
    enum err e = event_store_begin(t->store);
    for (size_t i = 0; i < t->n_batch && e == OK; i++) {
        e = event_store_append(t->store, t->batch[i]);
    }
    e = e == OK ? event_store_commit(t->store) : e;
    event_store_rollback(t->store);
    return e;
}

static void wake_couriers(struct events_thread *t) {
    for (size_t i = 0; i < t->n_couriers; i++) {
        courier_thread_wake(t->couriers[i]);
    }
}

/* False: there is nothing more, or it cannot be stored now. */
static bool store_some(struct events_thread *t) {
    while (t->n_batch < BATCH && mailbox_pop(t->posted, &t->batch[t->n_batch])) {
        t->n_batch++;
    }
    if (t->n_batch == 0) {
        return false;
    }
    enum err e = store_batch(t);
    note(t, e);
    t->error = e;
    if (e != OK) {
        t->retry_at = clock_now() + RETRY;
        return false;
    }
    atomic_fetch_add(&t->stored, t->n_batch);
    atomic_fetch_sub(&t->waiting, (uint32_t)t->n_batch);
    while (t->n_batch > 0) {
        mem_free(t->batch[--t->n_batch]);
    }
    wake_couriers(t);
    return true;
}

static void prune(struct events_thread *t) {
    if (t->pruned >= 0 && clock_now() - t->pruned < PRUNE) {
        return;
    }
    bool more = false;
    enum err e = event_store_prune(t->store, (wall_t){clock_wall().us - t->keep}, &more);
    t->pruned = more ? clock_now() - PRUNE : clock_now();
    if (e != OK) {
        LOG(LOG_LEVEL_WARN, "events_not_pruned", "Old events could not be forgotten.",
            LOG_STR("error", err_name(e)));
    }
}

/* What another process shredded, or whoever did had no time to have erased. */
static void erase(struct events_thread *t) {
    char why[WHY_MAX] = "";
    if (!t->recordings || clock_now() - t->erased < ERASE) {
        return;
    }
    enum err e = events_erase_in(t->store, t->recordings, why);
    t->erased = clock_now();
    if (e != OK && !atomic_load(&t->unerased)) {
        LOG(LOG_LEVEL_WARN, "events_not_erased",
            "What was shredded is in the ledger of events still; it is tried again.",
            LOG_STR("why", why));
    }
    atomic_store(&t->unerased, e != OK);
}

/* One at a time: what is to be stored comes first. */
static bool serve_one(struct events_thread *t) {
    const struct events_query x = {t->store, t->couriers, t->n_couriers};
    struct events_request q;
    struct events_reply r;
    if (!t->asked || !mailbox_pop(t->asked, &q)) {
        return false;
    }
    events_query(&x, &q, &r);
    CHECK(mailbox_push(t->replies, &r)); /* there is room for all that are under way */
    mailbox_notify(t->replies);
    if (q.question == EVENTS_RETRY || q.question == EVENTS_REPLAY) {
        wake_couriers(t);
    }
    return true;
}

/* However much is asked, what is due is not put off. */
static void work(struct events_thread *t) {
    do {
        while (clock_now() >= t->retry_at && store_some(t)) {
        }
        prune(t);
        erase(t);
    } while (!atomic_load(&t->stop) && serve_one(t));
}

static void wait_for_work(struct events_thread *t) {
    us_t wake = us_min(t->pruned + PRUNE, t->n_batch > 0 ? t->retry_at : US_NEVER);
    wake = us_min(wake, t->recordings ? t->erased + ERASE : US_NEVER);
    struct pollfd fds[2] = {{.fd = mailbox_fd(t->posted), .events = POLLIN},
                            {.fd = t->asked ? mailbox_fd(t->asked) : -1, .events = POLLIN}};
    int n = poll(fds, 2, clock_wait_ms(clock_now(), wake));
    CHECK(n >= 0 || errno == EINTR);
    mailbox_ack(t->posted);
    if (t->asked) {
        mailbox_ack(t->asked);
    }
}

static void *events_main(void *arg) {
    struct events_thread *t = arg;
    while (!atomic_load(&t->stop)) {
        wait_for_work(t);
        work(t);
    }
    /* What was posted before the end. */
    us_t by = clock_now() + LAST_TRIES;
    while (store_some(t) || (t->n_batch > 0 && t->error == ERR_BUSY && clock_now() < by)) {
    }
    if (t->n_batch > 0) {
        LOG(LOG_LEVEL_ERROR, "events_lost", "Events that could not be stored are lost.",
            LOG_NUM("events", atomic_load(&t->waiting)));
    }
    t->store = event_store_close(t->store);
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct events_thread *thread_free(struct events_thread *t) {
    struct event *e;
    struct events_reply r;
    for (size_t i = 0; i < t->n_couriers; i++) {
        courier_thread_ring(t->couriers[i]);
    }
    for (size_t i = 0; i < t->n_couriers; i++) {
        courier_thread_stop(t->couriers[i]);
    }
    while (t->posted && mailbox_pop(t->posted, &e)) {
        mem_free(e);
    }
    while (t->n_batch > 0) {
        mem_free(t->batch[--t->n_batch]);
    }
    while (t->replies && mailbox_pop(t->replies, &r)) {
        mem_free(r.data);
    }
    mailbox_free(t->posted);
    mailbox_free(t->asked);
    mailbox_free(t->replies);
    mem_free(t->recordings);
    event_store_close(t->store);
    return mem_free(t);
}

/* The sinks are noted before the first event, so that each gets all from here on. */
static enum err start_couriers(struct events_thread *t, const struct events_thread_config *c,
                               char why[WHY_MAX]) {
    const char *names[EVENT_SINKS_MAX];
    CHECK(c->n_sinks <= EVENT_SINKS_MAX);
    for (size_t i = 0; i < c->n_sinks; i++) {
        names[i] = c->sinks[i].name;
    }
    enum err e = event_store_sinks(t->store, names, c->n_sinks);
    for (size_t i = 0; i < c->n_sinks && e == OK; i++) {
        struct courier_thread_config k = c->sinks[i];
        c->sinks[i].maker = (struct sink_maker){.settings = NULL};
        k.store = c->store;
        e = courier_thread_start(&k, &t->couriers[i], why);
        t->n_couriers += e == OK;
    }
    return e;
}

static bool make_mailboxes(struct events_thread *t, const struct events_thread_config *c) {
    if (!c->wake) {
        return true; /* nobody asks */
    }
    t->asked = mailbox_new(ASKED_MAX, sizeof(struct events_request));
    t->replies = mailbox_new_wake(ASKED_MAX, sizeof(struct events_reply), c->wake, c->wake_ctx);
    return t->asked && t->replies;
}

static enum err start_all(struct events_thread *t, const struct events_thread_config *c,
                          char why[WHY_MAX]) {
    t->keep = c->keep;
    t->rng = clock_rng();
    t->pruned = -1;
    t->erased = clock_now() - ERASE; /* at once */
    t->recordings = c->recordings ? mem_strdup(c->recordings) : NULL;
    t->posted = mailbox_new(POSTED_MAX, sizeof(struct event *));
    bool room = t->posted && (t->recordings || !c->recordings) && make_mailboxes(t, c);
    enum err e = room ? event_store_open(c->store, &t->store, why) : ERR_NOMEM;
    e = e == OK ? start_couriers(t, c, why) : e;
    return e == OK ? thread_start("oriel-events", events_main, t, &t->thread, why) : e;
}

enum err events_thread_start(const struct events_thread_config *c, struct events_thread **ret,
                             char why[WHY_MAX]) {
    struct events_thread *t = mem_zalloc(1, sizeof(*t));
    snprintf(why, WHY_MAX, "out of memory or descriptors");
    enum err e = t ? start_all(t, c, why) : ERR_NOMEM;
    for (size_t i = 0; i < c->n_sinks; i++) {
        sink_maker_free(&c->sinks[i].maker); /* of those that were not started */
    }
    if (e == OK) {
        *ret = t;
    } else if (t) {
        thread_free(t);
    }
    return e;
}

void events_thread_post(struct events_thread *t, struct event *e) {
    if (!t || !e) {
        mem_free(e);
        return;
    }
    if (!*e->id) {
        ulid_next(&t->ulids, e->at, &t->rng, e->id);
    }
    e->posted = clock_now();
    atomic_fetch_add(&t->waiting, 1);
    if (!mailbox_push(t->posted, &e)) {
        atomic_fetch_sub(&t->waiting, 1);
        t->lost++;
        mem_free(e);
        return;
    }
    mailbox_notify(t->posted);
}

bool events_thread_ask(struct events_thread *t, const struct events_request *q) {
    if (!t->asked || t->under_way == ASKED_MAX || !mailbox_push(t->asked, q)) {
        return false;
    }
    t->under_way++;
    mailbox_notify(t->asked);
    return true;
}

void events_thread_listen(struct events_thread *t) {
    if (t->replies) {
        mailbox_ack(t->replies);
    }
}

bool events_thread_reply(struct events_thread *t, struct events_reply *ret) {
    bool got = t->replies && mailbox_pop(t->replies, ret);
    t->under_way -= got;
    return got;
}

void events_thread_ring(struct events_thread *t) {
    if (t) {
        atomic_store(&t->stop, true);
        mailbox_notify(t->posted);
    }
}

struct events_thread *events_thread_stop(struct events_thread *t) {
    if (!t) {
        return NULL;
    }
    events_thread_ring(t);
    CHECK(pthread_join(t->thread, NULL) == 0);
    return thread_free(t);
}

void events_thread_state(const struct events_thread *t, struct events_state *ret) {
    *ret = (struct events_state){.stored = atomic_load(&t->stored),
                                 .lost = t->lost,
                                 .waiting = atomic_load(&t->waiting),
                                 .unerased = atomic_load(&t->unerased),
                                 .n_sinks = t->n_couriers};
    for (size_t i = 0; i < t->n_couriers; i++) {
        ret->sink[i].name = courier_thread_name(t->couriers[i]);
        ret->sink[i].state = courier_thread_state(t->couriers[i]);
    }
}
