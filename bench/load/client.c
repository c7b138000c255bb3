#include "bench/load/client.h"

#include "base/check.h"
#include "bench/clock.h"
#include "media/wire/rtp.h"
#include "server/os/clock.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32
#define SOCKET_BUFFER (1024 * 1024) /* [bytes] */
#define CHECK_RETRY (50 * US_PER_MS)
#define CONSENT_EVERY (4 * US_PER_S) /* RFC 7675 section 5.1: about 5 s */
#define JOIN_MAX (20 * US_PER_S)
#define CONTROL_LEN (CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(int)))

/* ---- life ---- */

static void ready(void *ctx, uint32_t events);

static void open_socket(struct client *c) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(here);
    int size = SOCKET_BUFFER, on = 1;
    c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(c->fd >= 0 && bind(c->fd, (struct sockaddr *)&here, sizeof(here)) == 0);
    CHECK(getsockname(c->fd, (struct sockaddr *)&here, &n) == 0);
    c->port = ntohs(here.sin_port);
    CHECK(setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0);
    if (c->world->gro) {
        CHECK(setsockopt(c->fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) == 0);
    }
    /* The kernel caps it at net.core.rmem_max; what it then drops is counted and reported. */
    (void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

void client_open(struct client *c, struct client_world *w, const struct client_ops *ops,
                 void *owner) {
    *c = (struct client){.world = w, .ops = ops, .owner = owner, .rtcp_index = 1};
    c->source = (struct loop_source){ready, c};
    c->rtcp_ssrc = rng_u32(&w->rng) | 1;
    rng_ice_chars(&w->rng, c->ice.remote_ufrag, 8);
    rng_ice_chars(&w->rng, c->ice.remote_pwd, 24);
    open_socket(c);
    loop_add(&w->loop, c->fd, EPOLLIN, &c->source);
}

void client_close(struct client *c) {
    if (c->world && c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
    c->dtls = dtls_free(c->dtls);
    c->opener = srtp_opener_free(c->opener);
    c->sealer = srtp_sealer_free(c->sealer);
}

struct local_description client_description(const struct client *c) {
    return (struct local_description){.port = c->port,
                                      .ufrag = c->ice.remote_ufrag,
                                      .pwd = c->ice.remote_pwd,
                                      .fingerprint = dtls_identity_fingerprint(c->world->identity)};
}

void client_fail(struct client *c, const char *why) {
    if (c->state != CLIENT_FAILED) {
        c->state = CLIENT_FAILED;
        snprintf(c->why, sizeof(c->why), "%s", why);
    }
}

/* ---- out ---- */

/* What the kernel does not take is lost, as it would be in a network. */
static void put(struct client *c, const void *p, size_t n) {
    (void)send(c->fd, p, n, 0);
}

static void send_check(struct client *c, us_t now) {
    uint8_t buf[256];
    struct wr w = wr_of(buf, sizeof(buf));
    struct stun_check k = {.c = &c->ice, .tie = c->rtcp_ssrc, .nominate = true};
    rng_fill(&c->world->rng, c->stun_id, sizeof(c->stun_id));
    memcpy(k.id, c->stun_id, sizeof(k.id));
    stun_write_check(&w, &k);
    CHECK(!w.bad);
    put(c, buf, wr_len(&w));
    c->check_at = now + (c->state == CLIENT_CHECKING ? CHECK_RETRY : CONSENT_EVERY);
}

void client_send_rtcp(struct client *c, struct bytes compound) {
    uint8_t buf[CLIENT_DATAGRAM_MAX];
    struct wr w = wr_of(buf, sizeof(buf));
    if (c->adopted) {
        return;
    }
    size_t n = srtp_seal_rtcp(c->sealer, c->rtcp_index++, compound, &w);
    CHECK(n > 0);
    put(c, buf, n);
}

static void send_flight(struct client *c) {
    uint8_t buf[CLIENT_DATAGRAM_MAX];
    for (size_t n; (n = dtls_output(c->dtls, buf, sizeof(buf))) > 0;) {
        put(c, buf, n);
    }
}

static bool connect_socket(struct client *c, const struct addr *a) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    memcpy(&to.sin_addr, a->ip + 12, 4);
    c->server = *a;
    if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        client_fail(c, "cannot reach the server's candidate");
        return false;
    }
    return true;
}

void client_connect(struct client *c, us_t now, const struct remote_description *d) {
    snprintf(c->ice.local_ufrag, sizeof(c->ice.local_ufrag), "%s", d->ufrag);
    snprintf(c->ice.local_pwd, sizeof(c->ice.local_pwd), "%s", d->pwd);
    memcpy(c->fingerprint, d->fingerprint, sizeof(c->fingerprint));
    if (connect_socket(c, &d->candidate)) {
        c->state = CLIENT_CHECKING;
        c->give_up_at = now + JOIN_MAX;
        send_check(c, now);
    }
}

static void keys_ready(struct client *c, us_t now) {
    c->opener = srtp_opener_new(&c->keys);
    c->sealer = srtp_sealer_new(&c->keys);
    CHECK(c->opener && c->sealer);
    c->state = CLIENT_UP;
    loop_to_bulk(&c->world->loop, c->fd, &c->source);
    c->ops->up(c->owner, now);
}

void client_adopt(struct client *c, us_t now, const struct addr *to, const struct dtls_keys *keys) {
    if (connect_socket(c, to)) {
        c->adopted = true;
        c->check_at = US_NEVER;
        c->keys = *keys;
        keys_ready(c, now);
    }
}

/* ---- in ---- */

/* Janus checks us too. */
static bool answer_check(struct client *c, struct bytes b) {
    uint8_t id[STUN_ID_LEN], buf[256];
    struct wr w = wr_of(buf, sizeof(buf));
    if (!stun_read_check(b, c->ice.remote_pwd, id)) {
        return false;
    }
    stun_write_response(&w, id, c->ice.remote_pwd, &c->server);
    CHECK(!w.bad);
    put(c, buf, wr_len(&w));
    return true;
}

static void take_stun(struct client *c, struct bytes b, us_t now) {
    struct addr mapped;
    if (answer_check(c, b)) {
        return;
    }
    if (!stun_read_response(b, c->stun_id, c->ice.local_pwd, &mapped)) {
        return;
    }
    if (c->state == CLIENT_CHECKING) {
        c->state = CLIENT_HANDSHAKE;
        c->check_at = now + CONSENT_EVERY;
        c->dtls = dtls_new(c->world->identity, c->fingerprint, true);
        CHECK(c->dtls);
        dtls_start(c->dtls, now);
        send_flight(c);
    }
}

static void take_dtls(struct client *c, struct bytes b, us_t now) {
    if (c->state != CLIENT_HANDSHAKE) {
        return;
    }
    enum dtls_state s = dtls_input(c->dtls, now, b);
    send_flight(c);
    if (s == DTLS_DONE) {
        CHECK(dtls_export(c->dtls, &c->keys) == OK);
        c->dtls = dtls_free(c->dtls);
        keys_ready(c, now);
    } else if (s == DTLS_FAILED) {
        client_fail(c, "the DTLS handshake failed");
    }
}

static void take_rtcp(struct client *c, struct arrival *a) {
    size_t n = a->len;
    if (srtp_open_rtcp(c->opener, a->data, &n) == OK) {
        c->ops->rtcp(c->owner, bytes_of(a->data, n));
    } else {
        c->auth_failed++;
    }
}

static void take(struct client *c, struct arrival *a, us_t now) {
    struct bytes b = bytes_of(a->data, a->len);
    c->received += c->state == CLIENT_UP;
    switch (wire_classify(b)) {
    case WIRE_STUN:
        take_stun(c, b, now);
        return;
    case WIRE_DTLS:
        take_dtls(c, b, now);
        return;
    case WIRE_RTP:
        if (c->state == CLIENT_UP) {
            c->ops->rtp(c->owner, a);
        }
        return;
    case WIRE_RTCP:
        if (c->state == CLIENT_UP) {
            take_rtcp(c, a);
        }
        return;
    default:
        c->malformed++;
    }
}

bool client_open_rtp(struct client *c, uint8_t *packet, size_t *len) {
    if (srtp_open_rtp(c->opener, packet, len) == OK) {
        return true;
    }
    c->auth_failed++;
    return false;
}

/* The buffers of one recvmmsg, shared by all clients: they are read one after the other. */
static struct {
    struct mmsghdr msg[BATCH];
    struct iovec iov[BATCH];
    uint8_t data[BATCH][CLIENT_TRAIN_MAX];
    _Alignas(struct cmsghdr) uint8_t control[BATCH][CONTROL_LEN];
} in;

static int receive(int fd) {
    static int used =
        BATCH; /* entries that the kernel has written to: the others are armed still */
    for (int i = 0; i < used; i++) {
        in.iov[i] = (struct iovec){in.data[i], sizeof(in.data[i])};
        in.msg[i].msg_hdr = (struct msghdr){.msg_iov = &in.iov[i],
                                            .msg_iovlen = 1,
                                            .msg_control = in.control[i],
                                            .msg_controllen = sizeof(in.control[i])};
    }
    used = recvmmsg(fd, in.msg, BATCH, MSG_DONTWAIT, NULL);
    return used;
}

/* What the kernel says of a datagram beside its bytes. */
struct about {
    uint64_t at;   /* [ns] since 1970 */
    size_t packet; /* [bytes] of each packet but the last, when it is a train; else 0 */
};

static struct about about(struct msghdr *m) {
    struct about ret = {0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof(t));
            ret.at = timespec_ns(&t);
        } else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(c), sizeof(size));
            ret.packet = size > 0 ? (size_t)size : 0;
        }
    }
    ret.at = ret.at ? ret.at : wall_ns();
    return ret;
}

static void take_train(struct client *c, uint8_t *data, size_t len, struct about about) {
    size_t packet = about.packet ? about.packet : len;
    us_t now = clock_now();
    c->trains++;
    for (size_t at = 0; at < len && c->state != CLIENT_FAILED; at += packet) {
        struct arrival a = {data + at, len - at < packet ? len - at : packet, about.at};
        take(c, &a, now);
    }
}

static void ready(void *ctx, uint32_t events) {
    struct client *c = ctx;
    int n;
    (void)events;
    do {
        n = receive(c->fd);
        for (int i = 0; i < n; i++) {
            take_train(c, in.data[i], in.msg[i].msg_len, about(&in.msg[i].msg_hdr));
        }
    } while (n == BATCH);
}

/* ---- time ---- */

void client_tick(struct client *c, us_t now) {
    if (c->state == CLIENT_NEW || c->state == CLIENT_FAILED) {
        return;
    }
    if (c->state != CLIENT_UP && now >= c->give_up_at) {
        client_fail(c, c->state == CLIENT_CHECKING ? "no answer to connectivity checks"
                                                   : "the DTLS handshake did not end");
        return;
    }
    if (now >= c->check_at) {
        send_check(c, now);
    }
    if (c->state == CLIENT_HANDSHAKE && now >= dtls_deadline(c->dtls)) {
        if (dtls_timeout(c->dtls, now) == DTLS_FAILED) {
            client_fail(c, "the DTLS handshake failed");
        }
        send_flight(c);
    }
}

uint64_t client_drops(const struct client *c) {
    uint32_t v[SK_MEMINFO_VARS] = {0};
    socklen_t n = sizeof(v);
    if (!c->world || c->fd < 0 || getsockopt(c->fd, SOL_SOCKET, SO_MEMINFO, v, &n) != 0) {
        return 0;
    }
    return v[SK_MEMINFO_DROPS];
}
