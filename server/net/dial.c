#include "server/net/dial.h"

#include "server/os/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool dial_is_here(const struct sockaddr *a) {
    if (a->sa_family == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
    }
    const struct sockaddr_in *v4 = (const void *)a;
    return a->sa_family == AF_INET && ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* 0 or errno: it is connected, or will not be. */
static int await(int fd, const struct patience *p) {
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int error = 0, n = 0;
    socklen_t size = sizeof(error);
    while (n == 0 && !patience_ended(p)) {
        n = poll(&wait, 1, patience_ms(p));
        n = n < 0 && errno == EINTR ? 0 : n;
    }
    if (n == 0) {
        return p->stop(p->ctx) ? ECANCELED : ETIMEDOUT;
    }
    return n < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ? errno : error;
}

/* One address: a socket, or -1 with *ret_error. */
static int connect_to(const struct addrinfo *a, const struct patience *p, int *ret_error) {
    int one = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        *ret_error = errno;
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    bool begun = connect(fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS;
    *ret_error = begun ? await(fd, p) : errno;
    if (*ret_error != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_any(const struct dial *d, const struct addrinfo *all, char why[WHY_MAX]) {
    int error = EHOSTUNREACH, fd = -1;
    us_t left = 0, by = clock_now() + d->connect;
    for (const struct addrinfo *a = all; a; a = a->ai_next) {
        left++;
    }
    for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next, left--) {
        us_t now = clock_now();
        const struct patience p = {now + us_max(by - now, 0) / left, d->stop, d->ctx};
        if (d->here && !dial_is_here(a->ai_addr)) {
            error = EACCES;
        } else {
            fd = connect_to(a, &p, &error);
        }
    }
    if (fd < 0) {
        snprintf(why, WHY_MAX, "%s", strerror(error));
    }
    return fd;
}

int dial_tcp(struct lookups *l, const struct dial *d, char why[WHY_MAX]) {
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    const struct patience p = {clock_now() + d->lookup, d->stop, d->ctx};
    struct addrinfo *all = NULL;
    int e = lookups_ask(l, &(struct lookups_query){d->host, d->service, &hints}, &p, &all);
    if (e != 0) {
        snprintf(why, WHY_MAX, "the name is not resolved: %s",
                 e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
        return -1;
    }
    int fd = connect_any(d, all, why);
    freeaddrinfo(all);
    return fd;
}
