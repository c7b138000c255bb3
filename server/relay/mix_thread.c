#include "server/relay/mix_thread.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/seqlock.h"
#include "server/os/clock.h"
#include "server/os/thread.h"
#include "server/relay/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define ORDERS 4096
#define COUNTERS_EVERY (250 * US_PER_MS)
#define RELAYS_RESERVED 64 /* places that packets leave to what tells of changes */
#define FRAMES_AT_ONCE 64  /* after a stall, before orders and counters have their turn */

struct mix_thread {
    /* Constant after the start. */
    struct mailbox *orders;            /* control -> mix */
    struct mailbox *from[WORKERS_MAX]; /* workers -> mix */
    struct mailbox *to[WORKERS_MAX];   /* mix -> workers */
    uint32_t workers, cap;             /* cap: of a mailbox [messages] */
    pthread_t thread;
    bool running;
    /* Shared. */
    atomic_bool stop;
    shared_word counters[SEQLOCK_WORDS(sizeof(struct mix_thread_counters))];
    /* Owned by the mix thread. */
    struct packet_pool *pool;
    struct mixes *mixes;
    struct mix_thread_counters n;
    us_t counters_at;
};

/* ---- runs in the mix thread ---- */

static bool pass(struct mix_thread *t, const struct relay *m) {
    struct mailbox *to = m->to < t->workers ? t->to[m->to] : NULL;
    size_t reserved = relay_may_be_lost((enum relay_type)m->type) ? RELAYS_RESERVED : 0;
    return to && mailbox_room(to) > reserved && mailbox_push(to, m);
}

/* The law of mixes.h. */
static void drain(struct mix_thread *t) {
    struct relay m;
    uint64_t told = 0;
    while (mixes_output(t->mixes, &m)) {
        if (pass(t, &m)) {
            told |= 1ull << m.to;
            continue;
        }
        t->n.relay_lost++;
        packet_unref(relay_carries(&m));
    }
    for (; told; told &= told - 1) {
        mailbox_notify(t->to[__builtin_ctzll(told)]);
    }
}

static void take_orders(struct mix_thread *t, us_t now) {
    struct mix_order o;
    while (mailbox_pop(t->orders, &o)) {
        t->n.refused += mixes_order(t->mixes, now, &o) != OK;
        drain(t);
    }
}

/* What worker i has told, at most as much as was there: who pushes meanwhile is not waited for.
 * Orders are looked at before each message, so that none is of a tour whose order is still to come.
 */
static void take_relays(struct mix_thread *t, us_t now, uint32_t i) {
    struct relay m;
    for (uint32_t left = t->cap; left > 0 && mailbox_pop(t->from[i], &m); left--) {
        take_orders(t, now);
        mixes_input(t->mixes, now, &m);
        drain(t);
    }
}

static void take_frames(struct mix_thread *t, us_t now) {
    for (int i = 0; i < FRAMES_AT_ONCE && mixes_deadline(t->mixes) <= now; i++) {
        mixes_timeout(t->mixes, now);
        drain(t);
    }
}

static void publish_counters(struct mix_thread *t, us_t now) {
    if (now >= t->counters_at) {
        struct seqlock l = {t->counters, sizeof(struct mix_thread_counters)};
        t->n.mix = mixes_counters(t->mixes);
        seqlock_write(&l, &t->n, sizeof(t->n));
        t->counters_at = now + COUNTERS_EVERY;
    }
}

static void *mix_main(void *arg) {
    struct mix_thread *t = arg;
    struct pollfd fd = {.fd = mailbox_fd(t->orders), .events = POLLIN};
    while (!atomic_load(&t->stop)) {
        us_t due = us_min(mixes_deadline(t->mixes), t->counters_at);
        int n = poll(&fd, 1, clock_wait_ms(clock_now(), due));
        CHECK(n >= 0 || errno == EINTR);
        us_t now = clock_now();
        mailbox_ack(t->orders);
        take_orders(t, now);
        for (uint32_t i = 0; i < t->workers; i++) {
            take_relays(t, now, i);
        }
        take_frames(t, now);
        publish_counters(t, now);
    }
    return NULL;
}

/* ---- runs in the control thread ---- */

/* For what workers tell the thread wakes by itself. */
static void nobody(void *ctx) {
    (void)ctx;
}

static bool create(struct mix_thread *t, const struct mix_thread_config *c) {
    struct mixes_config mc = c->mixes;
    t->pool = packet_pool_new((size_t)MIX_PACKETS * mc.listeners);
    mc.pool = t->pool;
    t->mixes = mixes_new(&mc);
    t->orders = mailbox_new(ORDERS, sizeof(struct mix_order));
    bool ok = t->pool && t->mixes && t->orders;
    for (uint32_t i = 0; i < c->workers; i++) {
        t->from[i] = mailbox_new_wake(c->mailbox, sizeof(struct relay), nobody, NULL);
        t->to[i] = mailbox_new(c->mailbox, sizeof(struct relay));
        ok = ok && t->from[i] && t->to[i];
    }
    return ok;
}

enum err mix_thread_start(const struct mix_thread_config *c, struct mix_thread **ret,
                          char why[WHY_MAX]) {
    CHECK(c->workers <= WORKERS_MAX);
    struct mix_thread *t = mem_zalloc(1, sizeof(*t));
    if (!t) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    t->workers = c->workers;
    t->cap = c->mailbox;
    enum err err = OK;
    if (!create(t, c)) {
        snprintf(why, WHY_MAX, "mix: out of memory or descriptors");
        err = ERR_NOMEM;
    }
    err = err == OK ? thread_start("oriel-mix", mix_main, t, &t->thread, why) : err;
    t->running = err == OK;
    if (err != OK) {
        mix_thread_free(t);
        return err;
    }
    *ret = t;
    return OK;
}

static void empty(struct mailbox *box) {
    struct relay m;
    while (box && mailbox_pop(box, &m)) {
        packet_unref(relay_carries(&m));
    }
}

void mix_thread_stop(struct mix_thread *t) {
    if (!t || !t->running) {
        return;
    }
    atomic_store(&t->stop, true);
    mailbox_notify(t->orders);
    pthread_join(t->thread, NULL);
    t->running = false;
    t->mixes = mixes_free(t->mixes);
    for (uint32_t i = 0; i < t->workers; i++) {
        empty(t->from[i]);
        empty(t->to[i]);
    }
}

struct mix_thread *mix_thread_free(struct mix_thread *t) {
    if (!t) {
        return NULL;
    }
    mix_thread_stop(t);
    mixes_free(t->mixes);
    for (uint32_t i = 0; i < t->workers; i++) {
        mailbox_free(t->from[i]);
        mailbox_free(t->to[i]);
    }
    mailbox_free(t->orders);
    packet_pool_free(t->pool);
    return mem_free(t);
}

struct mailbox *mix_thread_from(struct mix_thread *t, uint32_t i) {
    CHECK(i < t->workers);
    return t->from[i];
}

struct mailbox *mix_thread_to(struct mix_thread *t, uint32_t i) {
    CHECK(i < t->workers);
    return t->to[i];
}

bool mix_thread_post(struct mix_thread *t, const struct mix_order *o) {
    bool taken = mailbox_push(t->orders, o);
    mailbox_notify(t->orders);
    return taken;
}

void mix_thread_counters(const struct mix_thread *t, struct mix_thread_counters *ret) {
    struct seqlock l = {(shared_word *)t->counters, sizeof(*ret)};
    (void)seqlock_get(&l, ret);
}
