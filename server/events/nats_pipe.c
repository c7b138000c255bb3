#include "server/events/nats_pipe.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/thread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ONE_WAY 16384 /* [bytes] a record of TLS, about */

/* What comes from one end and is on its way to the other. */
struct flow {
    int from, to;
    size_t at, n; /* of bytes: n are to be sent, from there on */
    bool ended;   /* and `to` was told */
    uint8_t bytes[ONE_WAY];
};

struct nats_pipe {
    /* Constant after the start. */
    struct patience patience;
    int bell; /* eventfd: it is to be closed */
    pthread_t thread;
    /* Shared. */
    atomic_bool kept, cut;
    /* Owned by the thread. */
    int listener, near, far; /* sockets; near: libnats; -1: none */
    struct flow up, down;
};

/* ---- runs in the thread ---- */

/* Wait for one of these. False: it is over. */
static bool wait_for(struct nats_pipe *n, struct pollfd *fds, nfds_t count) {
    for (int got = 0; got == 0;) {
        bool kept = atomic_load(&n->kept);
        if (!kept && patience_ended(&n->patience)) {
            atomic_store(&n->cut, true);
            return false;
        }
        got = poll(fds, count, kept ? -1 : patience_ms(&n->patience));
        CHECK(got >= 0 || errno == EINTR);
        got = got < 0 ? 0 : got;
    }
    return (fds[0].revents & POLLIN) == 0;
}

static bool accept_one(struct nats_pipe *n) {
    struct pollfd fds[] = {{.fd = n->bell, .events = POLLIN},
                           {.fd = n->listener, .events = POLLIN}};
    int one = 1;
    while (n->near < 0) {
        if (!wait_for(n, fds, 2)) {
            return false;
        }
        n->near = accept4(n->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (n->near < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            return false;
        }
    }
    close(n->listener); /* one, and nobody else */
    n->listener = -1;
    (void)setsockopt(n->near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return true;
}

static bool is_later(ssize_t n) {
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Bring on what can be. False: an end is broken. */
static bool carry(struct flow *f) {
    ssize_t n = 0;
    if (f->n == 0 && !f->ended) {
        n = recv(f->from, f->bytes, sizeof(f->bytes), MSG_DONTWAIT);
        if (n == 0) {
            f->ended = true;
            return shutdown(f->to, SHUT_WR) == 0;
        }
        if (n < 0) {
            return is_later(n);
        }
        f->at = 0;
        f->n = (size_t)n;
    }
    if (f->n > 0) {
        n = send(f->to, f->bytes + f->at, f->n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) {
            return is_later(n);
        }
        f->at += (size_t)n;
        f->n -= (size_t)n;
    }
    return true;
}

static short wanted(const struct flow *in, const struct flow *out) {
    return (short)((in->n == 0 && !in->ended ? POLLIN : 0) | (out->n > 0 ? POLLOUT : 0));
}

/* One of whom nothing is wanted now is not looked at: that it has hung up would be said again and
 * again. */
static struct pollfd interest(int fd, short events) {
    return (struct pollfd){.fd = events ? fd : -1, .events = events};
}

static void carry_all(struct nats_pipe *n) {
    bool whole = true;
    n->up.from = n->down.to = n->near;
    n->up.to = n->down.from = n->far;
    while (whole && !(n->up.ended && n->down.ended)) {
        struct pollfd fds[] = {{.fd = n->bell, .events = POLLIN},
                               interest(n->near, wanted(&n->up, &n->down)),
                               interest(n->far, wanted(&n->down, &n->up))};
        whole = wait_for(n, fds, 3) && carry(&n->up) && carry(&n->down);
    }
}

static void *pipe_main(void *arg) {
    struct nats_pipe *n = arg;
    if (accept_one(n)) {
        carry_all(n);
    }
    int *fds[] = {&n->listener, &n->near, &n->far};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0) {
            close(*fds[i]);
            *fds[i] = -1;
        }
    }
    return NULL;
}

/* ---- runs in the courier's ---- */

static struct nats_pipe *pipe_free(struct nats_pipe *n) {
    const int fds[] = {n->bell, n->listener, n->far};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
    return mem_free(n);
}

static bool make_sockets(struct nats_pipe *n, uint16_t *ret_port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    n->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    n->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool good = n->bell >= 0 && n->listener >= 0 &&
                bind(n->listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
                listen(n->listener, 1) == 0 &&
                getsockname(n->listener, (struct sockaddr *)&a, &size) == 0;
    *ret_port = ntohs(a.sin_port);
    return good;
}

enum err nats_pipe_open(int fd, const struct patience *p, struct nats_pipe **ret,
                        uint16_t *ret_port, char why[WHY_MAX]) {
    struct nats_pipe *n = mem_zalloc(1, sizeof(*n));
    if (!n) {
        close(fd);
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    n->patience = *p;
    n->bell = n->listener = n->near = -1;
    n->far = fd;
    enum err e = OK;
    if (!make_sockets(n, ret_port)) {
        snprintf(why, WHY_MAX, "%s", strerror(errno));
        e = ERR_IO;
    }
    e = e == OK ? thread_start("oriel-nats", pipe_main, n, &n->thread, why) : e;
    if (e != OK) {
        pipe_free(n);
        return e;
    }
    *ret = n;
    return OK;
}

void nats_pipe_keep(struct nats_pipe *n) {
    atomic_store(&n->kept, true);
}

bool nats_pipe_was_cut(const struct nats_pipe *n) {
    return atomic_load(&n->cut);
}

struct nats_pipe *nats_pipe_close(struct nats_pipe *n) {
    uint64_t one = 1;
    if (!n) {
        return NULL;
    }
    CHECK(write(n->bell, &one, sizeof(one)) == sizeof(one));
    CHECK(pthread_join(n->thread, NULL) == 0);
    return pipe_free(n);
}
