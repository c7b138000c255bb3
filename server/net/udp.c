#include "server/net/udp.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* 34 ms at 1 Gbit/s; the kernel caps it at net.core.rmem_max and net.core.wmem_max. */
#define SOCKET_BUFFER (4 * 1024 * 1024) /* [bytes] */

#define GSO_PATIENCE 16               /* trains refused in a row: none is sent for a while, */
#define GSO_PAUSE_MIN (1 * US_PER_S)  /* [us] which is so long at first, */
#define GSO_PAUSE_MAX (60 * US_PER_S) /* [us] and doubles up to this with each try in vain */

/* Room for IPV6_PKTINFO, which is the larger one, and UDP_SEGMENT. */
union control {
    struct cmsghdr align;
    char space[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

struct udp {
    int fd;
    bool v6;
    bool whole;    /* IPv4 packets are not to be cut on their way */
    bool wildcard; /* several addresses of ours: which one it was is asked and told */
    uint16_t port;
    struct udp_counters counters;
    struct {                              /* armed once; what was used is armed again */
        struct packet *packet[UDP_BATCH]; /* of the pool, waiting for a datagram */
        struct mmsghdr msg[UDP_BATCH];
        struct iovec iov[UDP_BATCH];
        struct sockaddr_storage name[UDP_BATCH];
        union control control[UDP_BATCH];
        uint8_t waste[UDP_BATCH]; /* where datagrams go when the pool is empty */
        size_t stale;             /* so many, from the first, are to be armed */
        bool lacks;               /* some have no packet: the pool was empty */
    } in;
    us_t now; /* [us] the caller's */
    struct {
        unsigned refused; /* trains, in a row */
        us_t pause;       /* [us] the last one, 0 = a train was taken since */
        us_t resumes_at;  /* [us] end of the pause */
    } gso;
    size_t pending; /* trains in `out` */
    struct mmsghdr msg[UDP_TRAINS];
    struct iovec iov[UDP_TRAINS];
    struct sockaddr_storage name[UDP_TRAINS];
    union control control[UDP_TRAINS];
    struct train out[UDP_TRAINS];
};

static void set_discovery(struct udp *u, int how) {
    (void)setsockopt(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof(how));
}

/* IPv4: as long as no packet may be cut on its way the kernel need not number them (RFC 6864
 * section 4.1), which is 3 % of what sending costs. Ours fit nearly every path; what does not goes
 * as if this were not set. Who has switched the discovery of paths off for the machine
 * (net.ipv4.ip_no_pmtu_disc) wants them cut. In IPv6 only the sender cuts. */
static void keep_whole(struct udp *u) {
    int how = IP_PMTUDISC_DONT;
    socklen_t n = sizeof(how);
    u->whole = getsockopt(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, &n) == 0 &&
               (how == IP_PMTUDISC_WANT || how == IP_PMTUDISC_DO); /* DO: of an earlier process */
    if (u->whole) {
        set_discovery(u, IP_PMTUDISC_DO);
    }
}

static void set_options(struct udp *u) {
    int size = SOCKET_BUFFER, off = 0, on = 1;
    /* Best effort: a smaller buffer loses packets under load, and the kernel counts them. */
    (void)setsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    (void)setsockopt(u->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    keep_whole(u);
    if (u->v6) {
        (void)setsockopt(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    /* RFC 8445 section 7.3: an answer comes from the address that was asked. */
    if (u->wildcard && u->v6) {
        (void)setsockopt(u->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
    } else if (u->wildcard) {
        (void)setsockopt(u->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
    }
}

static bool is_wildcard(const struct addr *a) {
    static const uint8_t v6[16] = {0}, v4[16] = {[10] = 0xff, [11] = 0xff};
    return memcmp(a->ip, v6, sizeof(v6)) == 0 || memcmp(a->ip, v4, sizeof(v4)) == 0;
}

static bool make_socket(struct udp *u, const struct addr *a) {
    struct sockaddr_storage name;
    socklen_t n = sockaddr_of(a, u->v6, &name);
    u->fd = socket(u->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (u->fd < 0) {
        return false;
    }
    set_options(u);
    return bind(u->fd, (struct sockaddr *)&name, n) == 0;
}

/* One that was kept for us has datagrams that came while there was no process: they are read as any
 * others, whose senders know by themselves what is too old. */
static bool bind_socket(struct udp *u, const struct socket_place *place, const struct addr *a) {
    struct sockaddr_storage name;
    socklen_t n = sizeof(name);
    u->fd = place ? socket_store_take(place, SOCKET_UDP, a) : -1;
    if (u->fd >= 0) {
        set_options(u);
    } else if (!make_socket(u, a)) {
        return false;
    } else if (place) {
        socket_store_keep(place, u->fd);
    }
    if (getsockname(u->fd, (struct sockaddr *)&name, &n) != 0) {
        return false;
    }
    u->port = sockaddr_addr(&name).port;
    return true;
}

enum err udp_open(const struct addr *bind, const struct socket_place *place, struct udp **ret,
                  char why[WHY_MAX]) {
    char text[ADDR_TEXT_MAX];
    struct udp *u = mem_zalloc(1, sizeof(*u));
    if (!u) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    u->fd = -1;
    u->v6 = !addr_is_v4(bind);
    u->wildcard = is_wildcard(bind);
    u->in.stale = UDP_BATCH;
    if (!bind_socket(u, place, bind)) {
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
        packet_unref(u->in.packet[i]);
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

/* Fill the receive vector: pool packets first, one waste byte for what finds no packet. */
static void arm_recv(struct udp *u, struct packet_pool *pool) {
    size_t n = u->in.lacks ? UDP_BATCH : u->in.stale;
    u->in.lacks = false;
    for (size_t i = 0; i < n; i++) {
        struct packet *p = u->in.packet[i];
        p = u->in.packet[i] = p ? p : packet_take(pool);
        u->in.lacks = u->in.lacks || !p;
        u->in.iov[i] = p ? (struct iovec){p->data, PACKET_CAP} : (struct iovec){&u->in.waste[i], 1};
        u->in.msg[i].msg_hdr = (struct msghdr){
            .msg_name = &u->in.name[i],
            .msg_namelen = sizeof(u->in.name[i]),
            .msg_iov = &u->in.iov[i],
            .msg_iovlen = 1,
            .msg_control = u->wildcard ? &u->in.control[i] : NULL,
            .msg_controllen = u->wildcard ? sizeof(u->in.control[i]) : 0,
        };
    }
    u->in.stale = 0;
}

/* The address of ours that the datagram was sent to. */
static void read_local(struct msghdr *m, struct addr *ret) {
    *ret = (struct addr){0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            *ret = addr_v4(0, 0, 0, 0, 0);
            memcpy(ret->ip + 12, &info.ipi_addr, 4);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            memcpy(ret->ip, &info.ipi6_addr, sizeof(ret->ip));
            /* For any other it would pin the route of the answer to where this came in. */
            ret->scope = addr_is_link_local(ret) ? info.ipi6_ifindex : 0;
        }
    }
}

/* Takes datagram i out of the vector; NULL when there is none to take. */
static struct packet *take(struct udp *u, size_t i, us_t now) {
    struct packet *p = u->in.packet[i];
    struct msghdr *m = &u->in.msg[i].msg_hdr;
    if (!p) {
        u->counters.pool_empty++;
        return NULL;
    }
    if (m->msg_flags & MSG_TRUNC) {
        u->counters.truncated++;
        return NULL;
    }
    u->in.packet[i] = NULL;
    p->len = (uint16_t)u->in.msg[i].msg_len;
    p->arrival = now;
    p->from = sockaddr_addr(&u->in.name[i]);
    read_local(m, &p->to);
    return p;
}

size_t udp_recv(struct udp *u, struct packet_pool *pool, us_t now, struct packet **ret) {
    u->now = now;
    arm_recv(u, pool);
    int got = recvmmsg(u->fd, u->in.msg, UDP_BATCH, MSG_DONTWAIT, NULL);
    if (got < 0) {
        /* ECONNREFUSED and the like report ICMP errors of earlier sends: nothing to read. */
        u->counters.recv_errors += errno != EAGAIN && errno != EINTR;
        return 0;
    }
    size_t kept = 0;
    u->in.stale = (size_t)got;
    for (size_t i = 0; i < (size_t)got; i++) {
        struct packet *p = take(u, i, now);
        if (p) {
            ret[kept++] = p;
        }
    }
    return kept;
}

struct train *udp_slot(struct udp *u) {
    if (u->pending == UDP_TRAINS) {
        udp_flush(u, u->now);
    }
    return &u->out[u->pending];
}

void udp_keep(struct udp *u) {
    CHECK(u->pending < UDP_TRAINS);
    u->pending++;
}

static void *next_control(struct msghdr *m, int level, int type, size_t len) {
    struct cmsghdr *c = (struct cmsghdr *)(void *)((char *)m->msg_control + m->msg_controllen);
    m->msg_controllen += CMSG_SPACE(len);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    return CMSG_DATA(c);
}

static bool is_zero(const struct addr *a) {
    static const struct addr zero;
    return memcmp(a->ip, zero.ip, sizeof(a->ip)) == 0;
}

/* From which of our addresses it leaves. */
static void write_local(const struct udp *u, struct msghdr *m, const struct addr *from) {
    if (!u->wildcard || is_zero(from)) {
        return;
    }
    if (u->v6) {
        struct in6_pktinfo info = {.ipi6_ifindex = from->scope};
        memcpy(&info.ipi6_addr, from->ip, sizeof(from->ip));
        memcpy(next_control(m, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(info)), &info, sizeof(info));
    } else {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, from->ip + 12, 4);
        memcpy(next_control(m, IPPROTO_IP, IP_PKTINFO, sizeof(info)), &info, sizeof(info));
    }
}

/* Message i for its train, whole or cut by us. */
static void arm_send(struct udp *u, size_t i, bool whole) {
    const struct train *t = &u->out[i];
    struct msghdr *m = &u->msg[i].msg_hdr;
    u->iov[i] = (struct iovec){(void *)t->data, t->len};
    *m = (struct msghdr){.msg_name = &u->name[i],
                         .msg_namelen = sockaddr_of(&t->to, u->v6, &u->name[i]),
                         .msg_iov = &u->iov[i],
                         .msg_iovlen = 1,
                         .msg_control = &u->control[i]};
    write_local(u, m, &t->from);
    if (whole && t->n > 1) {
        memcpy(next_control(m, IPPROTO_UDP, UDP_SEGMENT, sizeof(uint16_t)), &t->segment,
               sizeof(uint16_t));
    }
    if (m->msg_controllen == 0) {
        m->msg_control = NULL;
    }
}

/* The message that is armed. *fragments: they are allowed, as they are then until the caller ends
 * it. */
static bool send_single(struct udp *u, struct msghdr *m, bool *fragments) {
    ssize_t sent = sendmsg(u->fd, m, MSG_DONTWAIT);
    if (sent < 0 && errno == EMSGSIZE && u->whole && !*fragments) {
        *fragments = true;
        set_discovery(u, IP_PMTUDISC_WANT);
        sent = sendmsg(u->fd, m, MSG_DONTWAIT);
    }
    u->counters.fragmented += sent >= 0 && *fragments;
    return sent >= 0;
}

enum cut { CUT_REFUSED, CUT_TAKEN, CUT_FRAGMENTED };

/* Packet by packet, where the kernel or the device takes no trains. What is not taken takes the
 * rest with it: who cannot be reached costs one call, and not one for each packet. */
static enum cut send_cut(struct udp *u, size_t i) {
    struct train *t = &u->out[i];
    bool fragments = false;
    size_t at = 0;
    arm_send(u, i, false);
    for (; at < t->len; at += t->segment) {
        size_t left = t->len - at;
        u->iov[i] = (struct iovec){t->data + at, left < t->segment ? left : t->segment};
        if (!send_single(u, &u->msg[i].msg_hdr, &fragments)) {
            uint64_t *n =
                errno == EAGAIN ? &u->counters.send_would_block : &u->counters.send_errors;
            *n += (left + t->segment - 1) / t->segment;
            break;
        }
    }
    if (fragments) {
        set_discovery(u, IP_PMTUDISC_DO);
    }
    u->counters.trains_cut += t->n > 1;
    return at == 0 ? CUT_REFUSED : fragments ? CUT_FRAGMENTED : CUT_TAKEN;
}

/* Where trains are not known, or cannot be made because checksums are not (net/ipv4/udp.c: EIO of a
 * device or an IPsec route, EINVAL of a socket), no other will fare better. */
static bool is_about_trains(int error) {
    return error == EIO || error == EINVAL || error == EOPNOTSUPP || error == ENOPROTOOPT;
}

/* Devices and routes change: it is tried again, by one train. */
static void pause_trains(struct udp *u) {
    us_t pause = u->gso.pause ? 2 * u->gso.pause : GSO_PAUSE_MIN;
    u->gso.pause = us_min(pause, GSO_PAUSE_MAX);
    u->gso.resumes_at = u->now + u->gso.pause;
    u->gso.refused = GSO_PATIENCE - 1;
    u->counters.trains_paused++;
}

/* The kernel has not taken train i, be it the fault of trains, of the path (EMSGSIZE, and of trains
 * EINVAL until Linux 6.14) or of the destination (unreachable, ICMP): others are innocent, and
 * where single packets are not taken either, or in fragments only, so are trains. */
static void refused(struct udp *u, size_t i, int error) {
    bool train = u->out[i].n > 1;
    if (!train && error != EMSGSIZE) {
        u->counters.send_errors++;
        return;
    }
    bool whole = send_cut(u, i) == CUT_TAKEN;
    if (train && whole && is_about_trains(error) && ++u->gso.refused == GSO_PATIENCE) {
        pause_trains(u);
    }
}

/* The kernel has taken so many; single packets say nothing about trains. */
static void taken(struct udp *u, size_t at, size_t n) {
    for (size_t i = at; i < at + n; i++) {
        if (u->out[i].n > 1) {
            u->gso.refused = 0;
            u->gso.pause = 0;
        }
    }
}

/* The trains from number `at` on, as many as the kernel takes at once. Returns the next one's
 * number. What a full socket buffer does not take is lost, as in the network. */
static size_t send_some(struct udp *u, size_t at, size_t n) {
    int sent = sendmmsg(u->fd, u->msg + at, (unsigned)(n - at), MSG_DONTWAIT);
    if (sent > 0) {
        taken(u, at, (size_t)sent);
        return at + (size_t)sent;
    }
    if (errno == EAGAIN) {
        for (; at < n; at++) {
            u->counters.send_would_block += u->out[at].n;
        }
    } else if (errno != EINTR) {
        refused(u, at++, errno);
    }
    return at;
}

void udp_flush(struct udp *u, us_t now) {
    size_t n = u->pending;
    u->now = now;
    u->pending = 0;
    for (size_t i = 0; i < n; i++) {
        arm_send(u, i, true);
    }
    for (size_t at = 0; at < n;) {
        if (now < u->gso.resumes_at) {
            (void)send_cut(u, at++);
        } else {
            at = send_some(u, at, n);
        }
    }
}
