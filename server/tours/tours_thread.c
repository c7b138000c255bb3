#include "server/tours/tours_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/thread.h"
#include "server/queue/exchange.h"
#include "server/tours/tours_db.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

struct order {
    uint64_t tag;
    struct tour_record *record;
    bool forget;
    struct kept_answer *answer; /* NULL: none */
};

struct tours_thread {
    pthread_t thread;
    struct exchange orders;
    atomic_bool stop;    /* when what was ordered before is done */
    size_t most_answers; /* constant */
    /* Owned by the thread. */
    struct tours_db *db;
};

/* ---- runs in the thread ---- */

static enum err do_one(struct tours_thread *t, const struct order *o) {
    enum err e = o->forget ? tours_db_remove(t->db, o->record->id) : tours_db_put(t->db, o->record);
    return e == OK && o->answer
               ? tours_db_put_answer(t->db, o->answer, clock_wall(), t->most_answers)
               : e;
}

/* All at once. A failure is everybody's. */
static enum err do_all(struct tours_thread *t, const struct order *orders, size_t n) {
    enum err e = tours_db_begin(t->db);
    for (size_t i = 0; i < n && e == OK; i++) {
        e = do_one(t, &orders[i]);
    }
    if (e == OK) {
        return tours_db_commit(t->db);
    }
    tours_db_undo(t->db);
    return e;
}

static void answer(struct tours_thread *t, struct order *o, enum err e) {
    const struct tours_reply reply = {o->tag, e};
    o->record = tour_record_free(o->record);
    o->answer = mem_free(o->answer);
    exchange_answer(&t->orders, &reply);
}

/* All that was ordered: no more can be under way. */
static void serve(struct tours_thread *t) {
    struct order orders[TOURS_ORDERS];
    size_t n = 0;
    while (n < TOURS_ORDERS && exchange_question(&t->orders, &orders[n])) {
        n++;
    }
    if (n == 0) {
        return;
    }
    enum err e = do_all(t, orders, n);
    if (e != OK) {
        LOG(LOG_LEVEL_ERROR, "tours_not_kept", "Changes of tours could not be written.",
            LOG_STR("error", err_name(e)), LOG_NUM("changes", n));
    }
    for (size_t i = 0; i < n; i++) {
        answer(t, &orders[i], e);
    }
}

static void *run(void *arg) {
    struct tours_thread *t = arg;
    struct pollfd fd = {.fd = exchange_fd(&t->orders), .events = POLLIN};
    bool stop = false;
    while (!stop) {
        int n = poll(&fd, 1, -1);
        CHECK(n >= 0 || errno == EINTR);
        exchange_wake(&t->orders);
        stop = atomic_load(&t->stop); /* before a last look at what was ordered before that */
        serve(t);
    }
    return NULL;
}

/* ---- runs in the control thread ---- */

static struct tours_thread *tours_thread_free(struct tours_thread *t) {
    exchange_close(&t->orders);
    tours_db_close(t->db);
    return mem_free(t);
}

static enum err give_answers(struct tours_thread *t, const struct tours_thread_config *c) {
    uint64_t seed = 0;
    enum err e = tours_db_seed(t->db, c->fresh, &seed);
    e = e == OK && !c->seed(c->ctx, seed) ? ERR_NOMEM : e;
    return e == OK ? tours_db_each_answer(t->db, c->take_answer, c->ctx) : e;
}

static enum err prepare(struct tours_thread *t, const struct tours_thread_config *c,
                        char why[WHY_MAX]) {
    const struct exchange_config x = {TOURS_ORDERS, sizeof(struct order),
                                      sizeof(struct tours_reply), c->wake, c->wake_ctx};
    if (!exchange_open(&t->orders, &x)) {
        snprintf(why, WHY_MAX, "out of memory or descriptors");
        return ERR_NOMEM;
    }
    t->most_answers = c->most_answers;
    enum err e = tours_db_open(c->path, &t->db, why);
    e = e == OK && c->seed ? give_answers(t, c) : e;
    e = e == OK ? tours_db_each(t->db, c->take, c->ctx) : e;
    if (e != OK && !*why) {
        snprintf(why, WHY_MAX, "%.300s: the tours cannot be read", c->path);
    }
    return e == OK ? thread_start("oriel-tours", run, t, &t->thread, why) : e;
}

enum err tours_thread_start(const struct tours_thread_config *c, struct tours_thread **ret,
                            char why[WHY_MAX]) {
    struct tours_thread *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    *why = '\0';
    enum err e = prepare(t, c, why);
    if (e != OK) {
        tours_thread_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

struct tours_thread *tours_thread_stop(struct tours_thread *t) {
    if (!t) {
        return NULL;
    }
    atomic_store(&t->stop, true);
    exchange_ring(&t->orders);
    pthread_join(t->thread, NULL);
    return tours_thread_free(t);
}

bool tours_thread_order(struct tours_thread *t, uint64_t tag, struct tour_record *r, bool forget,
                        struct kept_answer *answer) {
    const struct order o = {tag, r, forget, answer};
    return exchange_ask(&t->orders, &o);
}

void tours_thread_listen(struct tours_thread *t) {
    exchange_listen(&t->orders);
}

bool tours_thread_reply(struct tours_thread *t, struct tours_reply *ret) {
    return exchange_reply(&t->orders, ret);
}
