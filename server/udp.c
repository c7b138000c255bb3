#include "server/udp.h"

#include "base/alloc.h"
#include "base/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* 34 ms at 1 Gbit/s; the kernel caps it at net.core.rmem_max and net.core.wmem_max. */
#define SOCKET_BUFFER (4 * 1024 * 1024) /* [bytes] */

struct udp {
    int fd;
    bool v6;
    uint16_t port;
    size_t pending; /* datagrams in `out` */
    struct udp_counters counters;
    struct packet *in[UDP_BATCH]; /* taken from the pool, waiting for a datagram */
    struct datagram out[UDP_BATCH];
    struct mmsghdr msg[UDP_BATCH];
    struct iovec iov[UDP_BATCH];
    struct sockaddr_storage name[UDP_BATCH];
    uint8_t waste[UDP_BATCH]; /* where datagrams go when the pool is empty */
};

static socklen_t to_sockaddr(const struct addr *a, bool v6, struct sockaddr_storage *ret) {
    memset(ret, 0, sizeof(*ret));
    if (v6) {
        struct sockaddr_in6 *s = (struct sockaddr_in6 *)ret;
        s->sin6_family = AF_INET6;
        s->sin6_port = htons(a->port);
        s->sin6_scope_id = a->scope;
        memcpy(&s->sin6_addr, a->ip, sizeof(a->ip));
        return sizeof(*s);
    }
    struct sockaddr_in *s = (struct sockaddr_in *)ret;
    s->sin_family = AF_INET;
    s->sin_port = htons(a->port);
    memcpy(&s->sin_addr, a->ip + 12, 4);
    return sizeof(*s);
}

static void from_sockaddr(const struct sockaddr_storage *in, struct addr *ret) {
    if (in->ss_family == AF_INET6) {
        const struct sockaddr_in6 *s = (const struct sockaddr_in6 *)in;
        memcpy(ret->ip, &s->sin6_addr, sizeof(ret->ip));
        ret->port = ntohs(s->sin6_port);
        ret->scope = (uint16_t)s->sin6_scope_id;
        return;
    }
    const struct sockaddr_in *s = (const struct sockaddr_in *)in;
    *ret = addr_v4(0, 0, 0, 0, ntohs(s->sin_port));
    memcpy(ret->ip + 12, &s->sin_addr, 4);
}

static void set_options(struct udp *u) {
    int size = SOCKET_BUFFER, off = 0;
    /* Best effort: a smaller buffer loses packets under load, and the kernel counts them. */
    (void)setsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    (void)setsockopt(u->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    if (u->v6) {
        (void)setsockopt(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
}

static bool bind_socket(struct udp *u, const struct addr *a) {
    struct sockaddr_storage name;
    u->fd = socket(u->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (u->fd < 0) {
        return false;
    }
    set_options(u);
    socklen_t n = to_sockaddr(a, u->v6, &name);
    if (bind(u->fd, (struct sockaddr *)&name, n) != 0) {
        return false;
    }
    struct addr bound;
    n = sizeof(name);
    if (getsockname(u->fd, (struct sockaddr *)&name, &n) != 0) {
        return false;
    }
    from_sockaddr(&name, &bound);
    u->port = bound.port;
    return true;
}

enum err udp_open(const struct addr *bind, struct udp **ret, char why[WHY_MAX]) {
    char text[ADDR_TEXT_MAX];
    struct udp *u = mem_zalloc(1, sizeof(*u));
    if (!u) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    u->fd = -1;
    u->v6 = !addr_is_v4(bind);
    if (!bind_socket(u, bind)) {
        const char *hint =
            errno == EADDRINUSE ? "; another process uses it: change media.port" : "";
        snprintf(why, WHY_MAX, "cannot bind UDP %s: %s%s", addr_text(bind, text), strerror(errno),
                 hint);
        udp_close(u);
        return ERR_IO;
    }
    *ret = u;
    return OK;
}

struct udp *udp_close(struct udp *u) {
    if (!u) {
        return NULL;
    }
    for (size_t i = 0; i < UDP_BATCH; i++) {
        packet_unref(u->in[i]);
    }
    if (u->fd >= 0) {
        close(u->fd);
    }
    return mem_free(u);
}

int udp_fd(const struct udp *u) {
    return u->fd;
}

uint16_t udp_port(const struct udp *u) {
    return u->port;
}

const struct udp_counters *udp_counters(const struct udp *u) {
    return &u->counters;
}

/* Fill the receive vector: pool packets first, one shared waste byte for what finds no packet. */
static void arm_recv(struct udp *u, struct packet_pool *pool) {
    memset(u->msg, 0, sizeof(u->msg));
    for (size_t i = 0; i < UDP_BATCH; i++) {
        if (!u->in[i]) {
            u->in[i] = packet_take(pool);
        }
        u->iov[i] =
            u->in[i] ? (struct iovec){u->in[i]->data, PACKET_CAP} : (struct iovec){&u->waste[i], 1};
        u->msg[i].msg_hdr.msg_iov = &u->iov[i];
        u->msg[i].msg_hdr.msg_iovlen = 1;
        u->msg[i].msg_hdr.msg_name = &u->name[i];
        u->msg[i].msg_hdr.msg_namelen = sizeof(u->name[i]);
    }
}

size_t udp_recv(struct udp *u, struct packet_pool *pool, us_t now, struct packet **ret) {
    arm_recv(u, pool);
    int got = recvmmsg(u->fd, u->msg, UDP_BATCH, MSG_DONTWAIT, NULL);
    if (got < 0) {
        /* ECONNREFUSED and the like report ICMP errors of earlier sends: nothing to read. */
        u->counters.recv_errors += errno != EAGAIN && errno != EINTR;
        return 0;
    }
    size_t kept = 0;
    for (size_t i = 0; i < (size_t)got; i++) {
        struct packet *p = u->in[i];
        if (!p) {
            u->counters.pool_empty++;
            continue;
        }
        if (u->msg[i].msg_hdr.msg_flags & MSG_TRUNC) {
            u->counters.truncated++;
            continue;
        }
        u->in[i] = NULL;
        p->len = (uint16_t)u->msg[i].msg_len;
        p->arrival = now;
        from_sockaddr(&u->name[i], &p->from);
        ret[kept++] = p;
    }
    return kept;
}

struct datagram *udp_slot(struct udp *u) {
    if (u->pending == UDP_BATCH) {
        udp_flush(u);
    }
    return &u->out[u->pending];
}

void udp_keep(struct udp *u) {
    CHECK(u->pending < UDP_BATCH);
    u->pending++;
}

static void arm_send(struct udp *u) {
    memset(u->msg, 0, u->pending * sizeof(u->msg[0]));
    for (size_t i = 0; i < u->pending; i++) {
        struct datagram *d = &u->out[i];
        u->iov[i] = (struct iovec){d->data, d->len};
        u->msg[i].msg_hdr.msg_iov = &u->iov[i];
        u->msg[i].msg_hdr.msg_iovlen = 1;
        u->msg[i].msg_hdr.msg_name = &u->name[i];
        u->msg[i].msg_hdr.msg_namelen = to_sockaddr(&d->to, u->v6, &u->name[i]);
    }
}

void udp_flush(struct udp *u) {
    size_t at = 0;
    arm_send(u);
    while (at < u->pending) {
        int n = sendmmsg(u->fd, u->msg + at, (unsigned)(u->pending - at), MSG_DONTWAIT);
        if (n > 0) {
            at += (size_t)n;
            continue;
        }
        if (errno == EINTR) {
            continue;
        }
        if (errno == EAGAIN) {
            u->counters.send_would_block += u->pending - at;
            break;
        }
        /* One destination failed (unreachable, ICMP): skip it, the others are innocent. */
        u->counters.send_errors++;
        at++;
    }
    u->pending = 0;
}
