#include "server/relay/worker.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/clock.h"
#include "server/os/thread.h"
#include "server/os/usage.h"
#include "server/relay/tap_budget.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define COUNTERS_EVERY (250 * US_PER_MS) /* how stale a published counter may be */
#define BEHIND_WAIT (5 * US_PER_MS)      /* until a full mailbox is tried again */
#define READY_MAX 8
#define READY_ORDERS UINT32_MAX /* what an epoll event is about; else the worker that tells */
#define READY_UDP (UINT32_MAX - 1)
#define READY_ASKS (UINT32_MAX - 2)
#define READY_TCP (UINT32_MAX - 3)
#define PORT_TRIES 16 /* until TCP has the port that the system chose for UDP */
#define RECV_ROUNDS 8 /* batches read before orders and timers get their turn */

/* The mix has the number after the last worker. */
_Static_assert(WORKERS_MAX <= RELAY_MIX, "numbers of workers");

#define N_MEDIA (sizeof(struct engine_counters) / sizeof(uint64_t))
#define N_RIM (sizeof(struct worker_rim_counters) / sizeof(uint64_t))

struct worker {
    /* Set before the thread starts, then constant. */
    struct worker_config config;
    struct mailbox *orders; /* control -> worker */
    struct mailbox *events; /* worker -> control */
    pthread_t thread;
    bool running;
    uint16_t port;
    /* Shared. */
    atomic_bool stop;
    _Atomic uint64_t media_counters[N_MEDIA];
    _Atomic uint64_t rim_counters[N_RIM];
    /* Owned by the worker thread. */
    struct packet_pool *pool;
    struct engine *engine;
    struct udp *udp;
    struct ice_tcp *tcp; /* NULL: UDP only */
    int epoll;
    us_t counters_at;
    struct tap_budget *tap_budget; /* NULL: no recorder */
    uint64_t relays_left;          /* bit per worker whose mailbox still has something for us */
    struct adoption *adoption;     /* NULL: there was nothing to go on with */
    bool behind; /* the control thread has not read its events: no place is left */
    struct worker_rim_counters rim;
};

/* ---- runs in the worker thread ---- */

static void send_outputs(struct worker *w, us_t now) {
    struct train *t;
    while (engine_output(w->engine, now, t = udp_slot(w->udp))) {
        if (t->to.via == 0) {
            udp_keep(w->udp);
        } else {
            ice_tcp_send(w->tcp, now, t);
        }
    }
}

static void report_event(struct worker *w, const struct media_event *e) {
    if (!mailbox_push(w->events, e)) {
        w->rim.events_dropped++;
    }
}

/* What finds no room stays in the engine, which keeps slot changes as state and not as a queue: a
 * tour of many viewers changes more slots at once than a mailbox holds, and behind them may come
 * the end of a peer, whose seat would never be free again. */
static bool send_events(struct worker *w) {
    struct media_event e;
    bool any = false;
    while (mailbox_room(w->events) > 0 && engine_event(w->engine, &e)) {
        report_event(w, &e);
        any = true;
    }
    w->behind = mailbox_room(w->events) == 0;
    return any;
}

static bool pass_tap(struct worker *w, struct tap *t) {
    struct mailbox *to = w->config.taps;
    return to && tap_budget_admit(w->tap_budget, mailbox_room(to), t) && mailbox_push(to, t);
}

static bool send_taps(struct worker *w) {
    struct tap t;
    bool any = false;
    while (engine_tap(w->engine, &t)) {
        any = true;
        if (!pass_tap(w, &t)) {
            packet_unref(t.packet);
            w->rim.tap_dropped++;
        }
    }
    return any;
}

/* NULL: nothing is mixed. */
static struct mailbox *box_to(const struct worker *w, uint32_t to) {
    return to == RELAY_MIX ? w->config.to_mix : peering_box(w->config.peering, w->config.index, to);
}

static struct mailbox *box_from(const struct worker *w, uint32_t from) {
    return from == RELAY_MIX ? w->config.from_mix
                             : peering_box(w->config.peering, from, w->config.index);
}

/* Packets leave some places to what tells of changes: lost, it comes a second later. */
static bool pass_relay(struct worker *w, const struct relay *m) {
    struct mailbox *to = box_to(w, m->to);
    size_t reserved = relay_may_be_lost((enum relay_type)m->type) ? PEERING_RESERVED : 0;
    reserved = m->type == RELAY_KEPT ? PEERING_LIVE : reserved;
    return to && mailbox_room(to) > reserved && mailbox_push(to, m);
}

static void send_relays(struct worker *w) {
    struct relay m;
    uint64_t told = 0;
    while (engine_relay(w->engine, &m)) {
        if (pass_relay(w, &m)) {
            told |= 1ull << m.to;
            continue;
        }
        w->rim.relay_lost++;
        packet_unref(relay_carries(&m));
    }
    for (; told; told &= told - 1) {
        mailbox_notify(box_to(w, (uint32_t)__builtin_ctzll(told)));
    }
}

/* The law of media.h: after every batch of input, command or timeout, drain all three. */
static void drain(struct worker *w, us_t now) {
    if (w->config.peering || w->config.to_mix) {
        send_relays(w); /* first: others can work on it meanwhile */
    }
    send_outputs(w, now);
    if (send_events(w)) {
        mailbox_notify(w->events);
    }
    if (send_taps(w) && w->config.taps) {
        mailbox_notify(w->config.taps);
    }
}

/* Refused: signaling already believes that this peer exists, and is told that it does not. Of other
 * errors nobody is told: the peer or tour has just gone by itself, which signaling learns from the
 * event that is on its way. */
static void refuse_peer(struct worker *w, const struct session_params *p, enum err why) {
    report_event(w, &(struct media_event){.type = MEDIA_PEER_FAILED,
                                          .reason = (uint8_t)why,
                                          .tour = p->tour,
                                          .peer = p->peer,
                                          .participant = p->participant});
    mailbox_notify(w->events);
}

/* Where the next one is kept, before it comes: this may take a system call. */
static void make_place(struct worker *w, const struct command *c) {
    if (w->config.live && c->type == COMMAND_PEER_ADD && engine_slots_idle(w->engine) == 0) {
        engine_slots(w->engine, live_file_grow(w->config.live));
    }
}

/* An order may cause an event of its own, so it waits for room. */
static void take_orders(struct worker *w, us_t now) {
    struct command c;
    mailbox_ack(w->orders);
    while (mailbox_room(w->events) > 0 && mailbox_pop(w->orders, &c)) {
        make_place(w, &c);
        if (w->adoption) {
            adoption_command(w->adoption, &c);
        }
        enum err err = engine_command(w->engine, now, &c);
        if (err != OK && c.params) {
            refuse_peer(w, c.params, err);
        }
        command_drop(&c);
        drain(w, now);
    }
    w->behind = mailbox_room(w->events) == 0;
}

/* What is not tapped any more needs no key frame. */
static void take_asks(struct worker *w, us_t now) {
    struct tap_ask a;
    mailbox_ack(w->config.asks);
    while (mailbox_pop(w->config.asks, &a)) {
        (void)engine_tap_ask(w->engine, now, &a);
        drain(w, now);
    }
}

/* The control thread may have made room since. */
static void catch_up(struct worker *w, us_t now) {
    if (w->behind) {
        drain(w, now);
        take_orders(w, now);
    }
}

/* When to look again: soon while events find no place, for place may be made meanwhile. */
static us_t next_look(const struct worker *w, us_t now) {
    us_t due = us_min(engine_deadline(w->engine), w->counters_at);
    due = us_min(us_min(due, ice_tcp_deadline(w->tcp)), adoption_deadline(w->adoption));
    if (w->relays_left || ice_tcp_waits(w->tcp)) {
        return now;
    }
    return w->behind ? now + BEHIND_WAIT : due;
}

/* A batch of ENGINE_BATCH_MAX, or less when nothing is left. */
_Static_assert(UDP_BATCH == ENGINE_BATCH_MAX && ICE_TCP_BATCH == ENGINE_BATCH_MAX, "one size");
typedef size_t (*receiving)(struct worker *w, us_t now, struct packet **ret);

static size_t from_udp(struct worker *w, us_t now, struct packet **ret) {
    return udp_recv(w->udp, w->pool, now, ret);
}

static size_t from_tcp(struct worker *w, us_t now, struct packet **ret) {
    (void)now;
    return ice_tcp_recv(w->tcp, w->pool, ret);
}

/* Each batch has a time of its own: what arrives while one is worked off would else seem to have
 * come before, and the senders' estimates of their bandwidth are made of these times. */
static void take_packets(struct worker *w, receiving receive) {
    struct packet *in[ENGINE_BATCH_MAX];
    size_t n = ENGINE_BATCH_MAX;
    for (int round = 0; round < RECV_ROUNDS && n == ENGINE_BATCH_MAX; round++) {
        us_t now = clock_now();
        n = receive(w, now, in);
        for (size_t i = 0; i < n; i++) {
            engine_input(w->engine, now, in[i]);
        }
        drain(w, now);
    }
}

static void take_datagrams(struct worker *w) {
    take_packets(w, from_udp);
}

/* What is left waits for the next turn of the loop, which comes at once. */
static void take_streams(struct worker *w) {
    ice_tcp_poll(w->tcp, clock_now());
    take_packets(w, from_tcp);
}

/* Both for n counters: published one by one as atomics. A reader may see one a batch older than
 * another, which metrics can bear, and the packet path takes no lock. */
static void publish(_Atomic uint64_t *to, const uint64_t *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        atomic_store_explicit(&to[i], from[i], memory_order_relaxed);
    }
}

static void published(uint64_t *ret, const _Atomic uint64_t *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ret[i] = atomic_load_explicit(&from[i], memory_order_relaxed);
    }
}

static void publish_counters(struct worker *w, us_t now) {
    if (now < w->counters_at) {
        return;
    }
    w->counters_at = now + COUNTERS_EVERY;
    w->rim.udp = *udp_counters(w->udp);
    if (w->tcp) {
        w->rim.tcp = *ice_tcp_counters(w->tcp);
    }
    uint64_t media[N_MEDIA], rim[N_RIM];
    memcpy(media, engine_counters(w->engine), sizeof(media));
    memcpy(rim, &w->rim, sizeof(rim));
    publish(w->media_counters, media, N_MEDIA);
    publish(w->rim_counters, rim, N_RIM);
}

/* What another worker has for our viewers. What is left after some rounds is remembered: datagrams,
 * orders and timers get their turn, and no wake-up tells of it again. */
static void take_relays(struct worker *w, uint32_t from) {
    struct mailbox *box = box_from(w, from);
    struct relay m;
    unsigned n = ENGINE_BATCH_MAX;
    mailbox_ack(box);
    w->relays_left &= ~(1ull << from);
    for (int round = 0; round < RECV_ROUNDS && n == ENGINE_BATCH_MAX; round++) {
        us_t now = clock_now();
        for (n = 0; n < ENGINE_BATCH_MAX && mailbox_pop(box, &m); n++) {
            engine_relay_input(w->engine, now, &m);
        }
        drain(w, now);
    }
    w->relays_left |= n == ENGINE_BATCH_MAX ? 1ull << from : 0;
}

static void take_relays_left(struct worker *w) {
    for (uint64_t left = w->relays_left; left; left &= left - 1) {
        take_relays(w, (uint32_t)__builtin_ctzll(left));
    }
}

static void serve_ready(struct worker *w, const struct epoll_event *ready, int n) {
    for (int i = 0; i < n; i++) {
        if (ready[i].data.u32 == READY_ORDERS) {
            take_orders(w, clock_now());
        } else if (ready[i].data.u32 == READY_UDP) {
            take_datagrams(w);
        } else if (ready[i].data.u32 == READY_ASKS) {
            take_asks(w, clock_now());
        } else if (ready[i].data.u32 == READY_TCP) {
            take_streams(w);
        } else {
            take_relays(w, ready[i].data.u32);
        }
    }
}

/* Signaling has had its time. */
static void end_unclaimed(struct worker *w, us_t now) {
    if (adoption_deadline(w->adoption) > now) {
        return;
    }
    w->rim.unclaimed += adoption_timeout(w->adoption, w->engine, now);
    drain(w, now);
}

static void *worker_main(void *arg) {
    struct worker *w = arg;
    struct epoll_event ready[READY_MAX];
    drain(w, clock_now()); /* for what was adopted */
    udp_flush(w->udp, clock_now());
    while (!atomic_load(&w->stop)) {
        us_t before = clock_now();
        int n = epoll_wait(w->epoll, ready, READY_MAX, clock_wait_ms(before, next_look(w, before)));
        CHECK(n >= 0 || errno == EINTR);
        take_relays_left(w);
        serve_ready(w, ready, n);
        if (ice_tcp_waits(w->tcp)) {
            take_streams(w);
        }
        us_t now = clock_now();
        catch_up(w, now);
        if (engine_deadline(w->engine) <= now) {
            engine_timeout(w->engine, now);
            drain(w, now);
        }
        end_unclaimed(w, now);
        udp_flush(w->udp, now);
        ice_tcp_timeout(w->tcp, now);
        publish_counters(w, now);
    }
    return NULL;
}

/* ---- runs in the control thread ---- */

static bool watch(struct worker *w, int fd, uint32_t what) {
    struct epoll_event e = {.events = EPOLLIN, .data = {.u32 = what}};
    return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool watch_all(struct worker *w) {
    uint32_t n = w->config.peering ? peering_workers(w->config.peering) : 0;
    bool ok = watch(w, mailbox_fd(w->orders), READY_ORDERS) && watch(w, udp_fd(w->udp), READY_UDP);
    ok = ok && (!w->tcp || watch(w, ice_tcp_fd(w->tcp), READY_TCP));
    ok = ok && (!w->config.asks || watch(w, mailbox_fd(w->config.asks), READY_ASKS));
    for (uint32_t i = 0; ok && i < n; i++) {
        ok = i == w->config.index || watch(w, mailbox_fd(box_from(w, i)), i);
    }
    return ok && (!w->config.from_mix || watch(w, mailbox_fd(w->config.from_mix), RELAY_MIX));
}

static enum err create_budget(struct worker *w, const struct rng *rng, char why[WHY_MAX]) {
    uint64_t seed;
    if (!w->config.taps) {
        return OK;
    }
    rng_fill(rng, (uint8_t *)&seed, sizeof(seed));
    w->tap_budget = tap_budget_new(mailbox_room(w->config.taps), w->config.engine.max_tours, seed);
    if (!w->tap_budget) {
        snprintf(why, WHY_MAX, "worker %u: out of memory", w->config.index);
        return ERR_NOMEM;
    }
    return OK;
}

static struct socket_place place_of(const struct worker *w, const char *what) {
    struct socket_place p = {.store = w->config.store};
    snprintf(p.name, sizeof(p.name), "media-%u-%s", w->config.index, what);
    return p;
}

/* UDP and TCP on the same port number. When the system chooses it, it knows of UDP only. */
static enum err open_sockets(struct worker *w, const struct rng *rng, char why[WHY_MAX]) {
    const struct socket_place udp = place_of(w, "udp");
    struct ice_tcp_config tcp = w->config.tcp;
    enum err err = ERR_EXISTS;
    bool chosen = w->config.bind.port == 0;
    tcp.place = place_of(w, "tcp");
    for (int i = 0; err == ERR_EXISTS && i < (chosen ? PORT_TRIES : 1); i++) {
        if (w->udp) {
            w->udp = udp_close(w->udp);
            socket_store_forget(&udp);
        }
        err = udp_open(&w->config.bind, &udp, &w->udp, why);
        if (err != OK || !tcp.enabled) {
            return err;
        }
        struct addr bind = w->config.bind;
        bind.port = udp_port(w->udp);
        err = ice_tcp_open(&tcp, &bind, rng, &w->tcp, why);
    }
    return err;
}

/* The old file is true until the new one has its name; nothing has been sent until then. */
static enum err adopt_old(struct worker *w, char why[WHY_MAX]) {
    us_t now = clock_now();
    if (!w->config.old) {
        return OK;
    }
    if (adoption_new(w->engine, now, w->config.old, w->config.live, &w->adoption) != OK) {
        snprintf(why, WHY_MAX, "worker %u: out of memory", w->config.index);
        return ERR_NOMEM;
    }
    w->rim.adopted = adoption_count(w->adoption);
    w->rim.adopt_refused = adoption_refused(w->adoption);
    adoption_wait(w->adoption, now + w->config.claim);
    engine_release(w->engine);
    return live_file_settle(w->config.live, why);
}

static enum err create_parts(struct worker *w, char why[WHY_MAX]) {
    struct engine_config ec = w->config.engine;
    ec.rng = clock_rng();
    ec.worker = w->config.index;
    ec.slots = w->config.live ? live_file_slots(w->config.live) : NULL;
    w->orders = mailbox_new(w->config.mailbox, sizeof(struct command));
    w->events = mailbox_new_wake(w->config.mailbox, sizeof(struct media_event),
                                 w->config.wake_control, w->config.wake_ctx);
    w->pool = packet_pool_new(w->config.packets);
    w->engine = engine_new(&ec);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!w->orders || !w->events || !w->pool || !w->engine || w->epoll < 0) {
        snprintf(why, WHY_MAX, "worker %u: out of memory or descriptors", w->config.index);
        return ERR_NOMEM;
    }
    enum err err = create_budget(w, &ec.rng, why);
    if (err == OK) {
        err = open_sockets(w, &ec.rng, why);
    }
    if (err != OK) {
        return err;
    }
    w->port = udp_port(w->udp);
    if (!watch_all(w)) {
        snprintf(why, WHY_MAX, "worker %u: epoll: %s", w->config.index, strerror(errno));
        return ERR_IO;
    }
    return adopt_old(w, why);
}

static enum err create_thread(struct worker *w, char why[WHY_MAX]) {
    char name[THREAD_NAME_MAX];
    snprintf(name, sizeof(name), "oriel-media-%u", w->config.index % 1000);
    return thread_start(name, worker_main, w, &w->thread, why);
}

enum err worker_start(const struct worker_config *c, struct worker **ret, char why[WHY_MAX]) {
    struct worker *w = mem_zalloc(1, sizeof(*w));
    if (!w) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    w->config = *c;
    w->epoll = -1;
    enum err err = create_parts(w, why);
    if (err == OK) {
        err = create_thread(w, why);
    }
    if (err != OK) {
        worker_free(w);
        return err;
    }
    w->running = true;
    *ret = w;
    return OK;
}

static void drop_orders(struct worker *w) {
    struct command c;
    while (w->orders && mailbox_pop(w->orders, &c)) {
        command_drop(&c);
    }
}

void worker_stop(struct worker *w) {
    if (!w) {
        return;
    }
    if (w->running) {
        atomic_store(&w->stop, true);
        mailbox_notify(w->orders);
        pthread_join(w->thread, NULL);
        w->running = false;
    }
    w->engine = engine_free(w->engine);
    w->udp = udp_close(w->udp);
    w->tcp = ice_tcp_close(w->tcp);
}

struct worker *worker_free(struct worker *w) {
    if (!w) {
        return NULL;
    }
    worker_stop(w);
    if (w->epoll >= 0) {
        close(w->epoll);
    }
    drop_orders(w);
    mailbox_free(w->orders);
    mailbox_free(w->events);
    packet_pool_free(w->pool);
    tap_budget_free(w->tap_budget);
    adoption_free(w->adoption);
    return mem_free(w);
}

bool worker_adopted(const struct worker *w, uint32_t i, struct adopted *ret) {
    if (!w->adoption || i >= adoption_count(w->adoption)) {
        return false;
    }
    *ret = *adoption_at(w->adoption, i);
    return true;
}

uint64_t worker_processor(const struct worker *w) {
    return usage_processor(w->thread);
}

uint16_t worker_port(const struct worker *w) {
    return w->port;
}

bool worker_post(struct worker *w, const struct command *c) {
    bool taken = mailbox_push(w->orders, c);
    mailbox_notify(w->orders);
    return taken;
}

void worker_listen(struct worker *w) {
    mailbox_ack(w->events);
}

bool worker_event(struct worker *w, struct media_event *ret) {
    return mailbox_pop(w->events, ret);
}

void worker_counters(const struct worker *w, struct engine_counters *ret) {
    uint64_t v[N_MEDIA];
    published(v, w->media_counters, N_MEDIA);
    memcpy(ret, v, sizeof(v));
}

void worker_rim_counters(const struct worker *w, struct worker_rim_counters *ret) {
    uint64_t v[N_RIM];
    published(v, w->rim_counters, N_RIM);
    memcpy(ret, v, sizeof(v));
}
