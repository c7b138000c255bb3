#include "server/net/ice_tcp.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "media/wire/framing.h"
#include "server/net/addresses.h"
#include "server/net/tcp_queue.h"
#include "server/os/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 256                 /* connections that wait to be accepted */
#define ACCEPTS 64                  /* at once */
#define READY_MAX 64                /* connections looked at by one poll */
#define TURN 8                      /* packets of one connection before others get their turn */
#define PIECES 64                   /* packets sent by one call */
#define SWEEP US_PER_S              /* [us] how often silent connections are looked for */
#define UNSENT (16 << 10)           /* [bytes] in the kernel: what waits there cannot be dropped */
#define CONTROL_WAIT (2 * US_PER_S) /* [us] what is no media and waited so long is said again */
#define SHARE 4    /* a connection's packets are at most 1/SHARE of the idle ones */
#define LISTENER 0 /* what an epoll event is about; else the connection's number */

struct connection {
    int fd;
    bool blocked;       /* the kernel takes no more for now; else nothing waits in `out` */
    us_t opened, heard; /* heard: the last whole packet came */
    us_t answered;      /* the engine, which answers authentic clients, sent; US_NEVER: not yet */
    us_t blocked_at;    /* since then */
    struct addr remote, local;
    struct address *payer;
    struct link unread;  /* whole packets wait in `in` */
    struct link unknown; /* nothing was sent to it yet */
    struct framing in;
    struct tcp_queue out;
};

struct ice_tcp {
    struct ice_tcp_config config;
    int listener, epoll;
    us_t sweep_at;
    us_t deaf_until; /* no descriptors were left: nobody is accepted until then; 0 = all are */
    struct packet_pool *pool; /* of what waits to be sent */
    struct addresses *addresses;
    struct link unread, unknown; /* unknown: the oldest first */
    uint32_t n;
    uint32_t next; /* where a free number is looked for: the one used longest ago */
    struct ice_tcp_counters counters;
    struct tcp_pieces pieces;
    struct connection *at[]; /* by number - 1; config.connections of them */
};

/* ---- connections ---- */

static void watch(struct ice_tcp *t, const struct connection *c, bool writable, int op) {
    struct epoll_event e = {.events = EPOLLIN | (writable ? (uint32_t)EPOLLOUT : 0),
                            .data = {.u32 = c->remote.via}};
    (void)epoll_ctl(t->epoll, op, c->fd, &e);
}

static void end(struct ice_tcp *t, struct connection *c) {
    t->at[c->remote.via - 1] = NULL;
    t->n--;
    t->counters.closed++;
    list_remove(&c->unread);
    list_remove(&c->unknown);
    tcp_queue_clear(&c->out);
    addresses_disconnect(t->addresses, c->payer);
    close(c->fd);
    mem_free(c);
}

/* Small packets leave at once; what the kernel holds back cannot be dropped any more; and a client
 * that has vanished does not hold its place for the quarter of an hour that TCP would try. */
static void set_options(const struct ice_tcp *t, int fd) {
    int on = 1, unsent = UNSENT, timeout = (int)(t->config.idle / US_PER_MS);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
}

static uint16_t free_number(struct ice_tcp *t) {
    do {
        t->next = (t->next + 1) % t->config.connections;
    } while (t->at[t->next]);
    return (uint16_t)(t->next + 1);
}

static struct addr local_of(int fd) {
    struct sockaddr_storage name;
    socklen_t n = sizeof(name);
    struct addr a = {0};
    if (getsockname(fd, (struct sockaddr *)&name, &n) == 0) {
        a = sockaddr_addr(&name);
        a.port = 0;
    }
    return a;
}

/* Whoever connects has a place until somebody else needs it; who is answered keeps it. */
static bool make_place(struct ice_tcp *t) {
    if (t->n == t->config.connections && !list_empty(&t->unknown)) {
        t->counters.silent++;
        end(t, LIST_ENTRY(t->unknown.next, struct connection, unknown));
    }
    return t->n < t->config.connections;
}

/* The descriptor is closed when it does not become a connection. */
static void begin(struct ice_tcp *t, us_t now, int fd, const struct addr *remote) {
    struct address *payer = NULL;
    bool room = addresses_connect(t->addresses, remote, &payer) == OK && make_place(t);
    struct connection *c = room ? mem_zalloc(1, sizeof(*c)) : NULL;
    if (!c) {
        addresses_disconnect(t->addresses, payer);
        t->counters.refused++;
        close(fd);
        return;
    }
    *c = (struct connection){
        .fd = fd, .opened = now, .heard = now, .answered = US_NEVER, .payer = payer};
    c->remote = *remote;
    c->remote.via = free_number(t);
    c->local = local_of(fd);
    list_init(&c->unread);
    list_init(&c->unknown);
    list_push(&t->unknown, &c->unknown);
    t->at[c->remote.via - 1] = c;
    t->sweep_at = t->n == 0 ? now + SWEEP : t->sweep_at;
    t->n++;
    t->counters.opened++;
    set_options(t, fd);
    watch(t, c, false, EPOLL_CTL_ADD);
}

static void listen_again(struct ice_tcp *t, bool on) {
    struct epoll_event e = {.events = on ? EPOLLIN : 0, .data = {.u32 = LISTENER}};
    (void)epoll_ctl(t->epoll, EPOLL_CTL_MOD, t->listener, &e);
}

static void accept_some(struct ice_tcp *t, us_t now) {
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage name;
        socklen_t n = sizeof(name);
        int fd = accept4(t->listener, (struct sockaddr *)&name, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            struct addr remote = sockaddr_addr(&name);
            begin(t, now, fd, &remote);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* Nobody can be let in, and who waits would wake us without end. */
            t->counters.refused++;
            t->deaf_until = now + SWEEP;
            listen_again(t, false);
            return;
        }
    }
}

/* ---- what goes ---- */

static void block(struct ice_tcp *t, us_t now, struct connection *c) {
    c->blocked = true;
    c->blocked_at = now;
    watch(t, c, true, EPOLL_CTL_MOD);
}

static void expire(struct ice_tcp *t, us_t now, struct connection *c) {
    us_t media = now - t->config.wait;
    t->counters.dropped += tcp_queue_expire(&c->out, media, us_min(media, now - CONTROL_WAIT));
}

/* The kernel takes more of what waits. False when the connection is no more. */
static bool send_queue(struct ice_tcp *t, us_t now, struct connection *c) {
    c->blocked = false;
    expire(t, now, c);
    while (c->out.bytes > 0 && !c->blocked) {
        unsigned n = tcp_queue_pieces(&c->out, PIECES, &t->pieces);
        struct msghdr m = {.msg_iov = t->pieces.iov, .msg_iovlen = n};
        ssize_t sent = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            tcp_queue_sent(&c->out, (size_t)sent);
        } else if (errno == EAGAIN) {
            block(t, now, c);
        } else if (errno != EINTR) {
            end(t, c);
            return false;
        }
    }
    if (!c->blocked) {
        watch(t, c, false, EPOLL_CTL_MOD);
    }
    return true;
}

static size_t packet_at(const struct train *train, size_t at) {
    return train->len - at < train->segment ? train->len - at : train->segment;
}

/* Where nothing waits a train needs no place to wait. Returns how much of it needs none, or all of
 * it when the connection is no more. */
static size_t send_directly(struct ice_tcp *t, us_t now, struct connection *c,
                            const struct train *train) {
    unsigned k = 0;
    for (size_t at = 0; at < train->len; at += packet_at(train, at), k++) {
        size_t n = packet_at(train, at);
        put_be16(t->pieces.heads[k], (uint16_t)n);
        t->pieces.iov[2 * k] = (struct iovec){t->pieces.heads[k], FRAMING_HEAD};
        t->pieces.iov[2 * k + 1] = (struct iovec){(uint8_t *)train->data + at, n};
    }
    struct msghdr m = {.msg_iov = t->pieces.iov, .msg_iovlen = 2 * k};
    ssize_t sent = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        end(t, c);
        return train->len;
    }
    size_t left = sent > 0 ? (size_t)sent : 0, at = 0;
    if (left < train->len + k * FRAMING_HEAD) {
        block(t, now, c);
    }
    for (size_t n; left > 0; at += n) {
        n = packet_at(train, at);
        if (left < FRAMING_HEAD + n) {
            tcp_queue_begun(&c->out, bytes_of(train->data + at, n), left);
            left = FRAMING_HEAD + n;
        }
        left -= FRAMING_HEAD + n;
    }
    return at;
}

/* A connection has so many packets that what is left of the pool is needed for others. */
static bool has_share(const struct ice_tcp *t, const struct connection *c) {
    return c->out.n >= packet_pool_idle(t->pool) / SHARE;
}

/* Place for n more bytes, at the cost of what is older. */
static bool make_room(struct ice_tcp *t, struct connection *c, size_t n) {
    while (c->out.n == TCP_QUEUE_PACKETS || c->out.bytes + n > t->config.queue || has_share(t, c)) {
        if (!tcp_queue_shed(&c->out)) {
            return false;
        }
        t->counters.dropped++;
    }
    return true;
}

static void put(struct ice_tcp *t, us_t now, struct connection *c, struct bytes packet) {
    struct packet *p = make_room(t, c, FRAMING_HEAD + packet.n) ? packet_take(t->pool) : NULL;
    if (!p) {
        t->counters.dropped++;
        return;
    }
    p->len = (uint16_t)packet.n;
    p->arrival = now;
    memcpy(p->data, packet.p, packet.n);
    CHECK(tcp_queue_put(&c->out, p));
}

void ice_tcp_send(struct ice_tcp *t, us_t now, const struct train *train) {
    uint16_t via = train->to.via;
    struct connection *c = via <= t->config.connections ? t->at[via - 1] : NULL;
    if (!c || !addr_eq(&c->remote, &train->to)) {
        t->counters.gone += train->n;
        return;
    }
    c->answered = now;
    list_remove(&c->unknown);
    size_t at = 0;
    if (c->blocked) {
        expire(t, now, c);
    } else {
        at = send_directly(t, now, c, train);
    }
    for (size_t n; at < train->len; at += n) {
        n = packet_at(train, at);
        put(t, now, c, bytes_of(train->data + at, n));
    }
}

/* ---- what comes ---- */

static void read_some(struct ice_tcp *t, us_t now, struct connection *c) {
    size_t room;
    if (!list_empty(&c->unread)) {
        return; /* others have their turn first */
    }
    uint8_t *to = framing_room(&c->in, &room);
    ssize_t n = recv(c->fd, to, room, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        end(t, c);
        return;
    }
    framing_wrote(&c->in, (size_t)n);
    if (framing_waits(&c->in)) {
        c->heard = now;
        list_push(&t->unread, &c->unread);
    }
}

void ice_tcp_poll(struct ice_tcp *t, us_t now) {
    struct epoll_event ready[READY_MAX];
    int n = epoll_wait(t->epoll, ready, READY_MAX, 0);
    for (int i = 0; i < n; i++) {
        uint32_t number = ready[i].data.u32;
        struct connection *c = number == LISTENER ? NULL : t->at[number - 1];
        if (number == LISTENER) {
            accept_some(t, now);
        } else if (c && (ready[i].events & EPOLLOUT) && !send_queue(t, now, c)) {
            c = NULL;
        }
        if (c && (ready[i].events & ~(uint32_t)EPOLLOUT)) {
            read_some(t, now, c);
        }
    }
}

/* A packet of it into ret; NULL when the pool is empty. */
static struct packet *received(const struct connection *c, struct packet_pool *pool,
                               struct bytes from) {
    struct packet *p = packet_take(pool);
    if (!p) {
        return NULL;
    }
    memcpy(p->data, from.p, from.n);
    p->len = (uint16_t)from.n;
    p->arrival = c->heard;
    p->from = c->remote;
    p->to = c->local;
    return p;
}

/* Up to TURN packets of one connection. */
static size_t take_turn(struct ice_tcp *t, struct connection *c, struct packet_pool *pool,
                        struct packet **ret, size_t cap) {
    enum framing_verdict v = FRAMING_PACKET;
    struct bytes packet;
    size_t n = 0;
    for (size_t i = 0; i < TURN && n < cap; i++) {
        v = framing_next(&c->in, &packet);
        if (v != FRAMING_PACKET) {
            break;
        }
        ret[n] = received(c, pool, packet);
        t->counters.dropped += !ret[n];
        n += ret[n] != NULL;
    }
    list_remove(&c->unread);
    if (v == FRAMING_BAD) {
        t->counters.bad++;
        end(t, c);
    } else if (framing_waits(&c->in)) {
        list_push(&t->unread, &c->unread);
    }
    return n;
}

size_t ice_tcp_recv(struct ice_tcp *t, struct packet_pool *pool, struct packet **ret) {
    size_t n = 0;
    while (n < ICE_TCP_BATCH && !list_empty(&t->unread)) {
        struct connection *c = LIST_ENTRY(t->unread.next, struct connection, unread);
        n += take_turn(t, c, pool, ret + n, ICE_TCP_BATCH - n);
    }
    return n;
}

bool ice_tcp_waits(const struct ice_tcp *t) {
    return t && !list_empty(&t->unread);
}

/* ---- time ---- */

us_t ice_tcp_deadline(const struct ice_tcp *t) {
    if (!t) {
        return US_NEVER;
    }
    us_t sweep = t->n > 0 ? t->sweep_at : US_NEVER;
    return t->deaf_until ? us_min(sweep, t->deaf_until) : sweep;
}

static void sweep_one(struct ice_tcp *t, us_t now, struct connection *c) {
    bool unknown = c->answered == US_NEVER && now - c->opened >= t->config.first;
    bool forgotten = c->answered != US_NEVER && now - c->answered >= t->config.idle;
    if (unknown || forgotten || now - c->heard >= t->config.idle) {
        t->counters.silent++;
        end(t, c);
    } else if (c->blocked && now - c->blocked_at >= t->config.blocked) {
        t->counters.stuck++;
        end(t, c);
    } else {
        expire(t, now, c);
    }
}

static void sweep(struct ice_tcp *t, us_t now) {
    for (uint32_t i = 0; i < t->config.connections; i++) {
        if (t->at[i]) {
            sweep_one(t, now, t->at[i]);
        }
    }
}

void ice_tcp_timeout(struct ice_tcp *t, us_t now) {
    if (!t || ice_tcp_deadline(t) > now) {
        return;
    }
    if (t->deaf_until && t->deaf_until <= now) {
        t->deaf_until = 0;
        listen_again(t, true);
    }
    if (t->n > 0 && t->sweep_at <= now) {
        t->sweep_at = now + SWEEP;
        sweep(t, now);
    }
}

const struct ice_tcp_counters *ice_tcp_counters(const struct ice_tcp *t) {
    return &t->counters;
}

/* ---- its life ---- */

static enum err make_listener(struct ice_tcp *t, const struct addr *a) {
    struct sockaddr_storage name;
    int on = 1, off = 0;
    bool v6 = !addr_is_v4(a);
    socklen_t n = sockaddr_of(a, v6, &name);
    t->listener = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->listener < 0) {
        return ERR_IO;
    }
    /* Connections of the process before us may linger. */
    (void)setsockopt(t->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (v6) {
        (void)setsockopt(t->listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(t->listener, (struct sockaddr *)&name, n) != 0 || listen(t->listener, BACKLOG) != 0) {
        return errno == EADDRINUSE ? ERR_EXISTS : ERR_IO;
    }
    socket_store_keep(&t->config.place, t->listener);
    return OK;
}

static enum err open_listener(struct ice_tcp *t, const struct addr *a) {
    t->listener = socket_store_take(&t->config.place, SOCKET_LISTENER, a);
    enum err e = t->listener >= 0 ? OK : make_listener(t, a);
    if (e != OK) {
        return e;
    }
    struct epoll_event ready = {.events = EPOLLIN, .data = {.u32 = LISTENER}};
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    bool ok = t->epoll >= 0 && epoll_ctl(t->epoll, EPOLL_CTL_ADD, t->listener, &ready) == 0;
    return ok ? OK : ERR_IO;
}

static enum err create(const struct ice_tcp_config *c, const struct rng *rng,
                       struct ice_tcp **ret) {
    struct ice_tcp *t = mem_zalloc(1, sizeof(*t) + c->connections * sizeof(t->at[0]));
    if (!t) {
        return ERR_NOMEM;
    }
    t->config = *c;
    t->listener = t->epoll = -1;
    list_init(&t->unread);
    list_init(&t->unknown);
    struct addresses_config ac = {/* one more: who comes is counted before another one goes */
                                  .connections = c->per_address,
                                  .cap = c->connections + 1,
                                  .seed = rng_u64(rng)};
    t->addresses = addresses_new(&ac);
    t->pool = packet_pool_new(c->packets);
    *ret = t;
    return t->addresses && t->pool ? OK : ERR_NOMEM;
}

enum err ice_tcp_open(const struct ice_tcp_config *c, const struct addr *bind,
                      const struct rng *rng, struct ice_tcp **ret, char why[WHY_MAX]) {
    struct ice_tcp *t = NULL;
    char text[ADDR_TEXT_MAX];
    CHECK(c->connections >= 1 && c->connections <= ICE_TCP_MAX);
    enum err err = create(c, rng, &t);
    if (err != OK) {
        snprintf(why, WHY_MAX, "out of memory");
        ice_tcp_close(t);
        return err;
    }
    err = open_listener(t, bind);
    if (err != OK) {
        const char *hint = err == ERR_EXISTS ? "; another process does: change media.port, or "
                                               "switch media.tcp off"
                                             : "";
        snprintf(why, WHY_MAX, "cannot listen on TCP %s: %s%s", addr_text(bind, text),
                 strerror(errno), hint);
        ice_tcp_close(t);
        return err;
    }
    *ret = t;
    return OK;
}

struct ice_tcp *ice_tcp_close(struct ice_tcp *t) {
    if (!t) {
        return NULL;
    }
    for (uint32_t i = 0; i < t->config.connections && t->n > 0; i++) {
        if (t->at[i]) {
            end(t, t->at[i]);
        }
    }
    if (t->listener >= 0) {
        close(t->listener);
    }
    if (t->epoll >= 0) {
        close(t->epoll);
    }
    addresses_free(t->addresses);
    packet_pool_free(t->pool);
    return mem_free(t);
}

int ice_tcp_fd(const struct ice_tcp *t) {
    return t->epoll;
}
