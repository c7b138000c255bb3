#include "bench/engine/limits.h"

#include "base/check.h"
#include "bench/clock.h"
#include "media/secure/srtp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <srtp2/srtp.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKETS 2048 /* per round */
#define BATCH 64
#define HEADER 20
#define ROUNDS_MAX 999
#define TRAIN_MAX 16

struct tools {
    int fd;
    struct sink sink;
    struct sockaddr_in name[BATCH];
    struct iovec iov[BATCH];
    struct mmsghdr msg[BATCH];
    struct floor *floor;
    srtp_t srtp;
    uint16_t seq;
    uint8_t plain[1600], train[TRAIN_MAX * VIDEO_PAYLOAD];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))];
    uint8_t in[BATCH][1600];
};

static srtp_t libsrtp_session(void) {
    static unsigned char key[SRTP_AES_GCM_128_KEY_LEN_WSALT] = {7};
    srtp_policy_t policy = {.ssrc = {ssrc_any_outbound, 0}, .key = key};
    srtp_t s = NULL;
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    CHECK(srtp_create(&s, &policy) == srtp_err_status_ok);
    return s;
}

static void tools_open(struct tools *t) {
    int whole = IP_PMTUDISC_DO; /* as server/net/udp.c */
    CHECK(srtp_library_init() == OK);
    memset(t, 0, sizeof(*t));
    sink_open(&t->sink);
    t->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(t->fd >= 0);
    (void)setsockopt(t->fd, IPPROTO_IP, IP_MTU_DISCOVER, &whole, sizeof(whole));
    for (unsigned i = 0; i < BATCH; i++) {
        struct addr a = sink_addr(&t->sink, i + 1);
        t->name[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(a.port)};
        memcpy(&t->name[i].sin_addr, a.ip + 12, 4);
        t->iov[i] = (struct iovec){t->plain, VIDEO_PAYLOAD};
        t->msg[i].msg_hdr = (struct msghdr){.msg_name = &t->name[i],
                                            .msg_namelen = sizeof(t->name[i]),
                                            .msg_iov = &t->iov[i],
                                            .msg_iovlen = 1};
    }
    t->floor = floor_open(BATCH);
    t->srtp = libsrtp_session();
}

static void tools_close(struct tools *t) {
    srtp_dealloc(t->srtp);
    floor_close(t->floor);
    close(t->fd);
    sink_close(&t->sink);
}

static double by_sendto(struct tools *t) {
    uint64_t ns = 0;
    for (unsigned i = 0; i < PACKETS / BATCH; i++) {
        uint64_t begun = cpu_ns();
        for (unsigned k = 0; k < BATCH; k++) {
            CHECK(sendto(t->fd, t->plain, VIDEO_PAYLOAD, 0, (struct sockaddr *)&t->name[k],
                         sizeof(t->name[k])) == VIDEO_PAYLOAD);
        }
        ns += cpu_ns() - begun;
        sink_drain(&t->sink);
    }
    return (double)ns / PACKETS;
}

static double by_sendmmsg(struct tools *t) {
    uint64_t ns = 0;
    for (unsigned i = 0; i < PACKETS / BATCH; i++) {
        uint64_t begun = cpu_ns();
        CHECK(sendmmsg(t->fd, t->msg, BATCH, 0) == BATCH);
        ns += cpu_ns() - begun;
        sink_drain(&t->sink);
    }
    return (double)ns / PACKETS;
}

/* Messages of n packets that the kernel cuts (UDP_SEGMENT), each to a destination of its own. */
static double by_segments(struct tools *t, unsigned n) {
    struct mmsghdr msg[BATCH];
    struct iovec whole = {t->train, (size_t)n * VIDEO_PAYLOAD};
    struct cmsghdr *c = (struct cmsghdr *)t->control;
    uint16_t size = VIDEO_PAYLOAD;
    uint64_t ns = 0;
    *c = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(size)), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
    memcpy(CMSG_DATA(c), &size, sizeof(size));
    for (unsigned i = 0; i < BATCH / n; i++) {
        msg[i] = t->msg[i];
        msg[i].msg_hdr.msg_iov = &whole;
        msg[i].msg_hdr.msg_control = t->control;
        msg[i].msg_hdr.msg_controllen = sizeof(t->control);
    }
    for (unsigned i = 0; i < PACKETS / BATCH; i++) {
        uint64_t begun = cpu_ns();
        CHECK(sendmmsg(t->fd, msg, BATCH / n, 0) == (int)(BATCH / n));
        ns += cpu_ns() - begun;
        sink_drain(&t->sink);
    }
    return (double)ns / PACKETS;
}

static double by_recvmmsg(struct tools *t) {
    struct mmsghdr msg[BATCH] = {0};
    struct iovec iov[BATCH];
    uint64_t ns = 0, packets = 0;
    for (unsigned i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){t->in[i], sizeof(t->in[i])};
        msg[i].msg_hdr.msg_iov = &iov[i];
        msg[i].msg_hdr.msg_iovlen = 1;
    }
    for (unsigned i = 0; i < PACKETS / BATCH; i++) {
        CHECK(sendmmsg(t->fd, t->msg, BATCH, 0) == BATCH);
        uint64_t begun = cpu_ns();
        int n = recvmmsg(t->sink.fd, msg, BATCH, MSG_DONTWAIT, NULL);
        ns += cpu_ns() - begun;
        CHECK(n > 0);
        packets += (uint64_t)n;
    }
    return (double)ns / (double)packets;
}

static double by_evp(struct tools *t) {
    struct burst b = {.n = 1, .payload = {VIDEO_PAYLOAD}};
    uint64_t ns = 0;
    for (unsigned i = 0; i < PACKETS / BATCH; i++) {
        ns += floor_seal(t->floor, &b, HEADER);
    }
    return (double)ns / PACKETS;
}

/* libsrtp encrypts in place, so a relay pays for the copy too. */
static double by_libsrtp(struct tools *t) {
    uint8_t header[12] = {0x80, 96}, out[1600];
    uint64_t begun = cpu_ns();
    for (unsigned i = 0; i < PACKETS; i++) {
        int n = (int)sizeof(header) + VIDEO_PAYLOAD;
        put_be16(header + 2, ++t->seq);
        memcpy(out, header, sizeof(header));
        memcpy(out + sizeof(header), t->plain, VIDEO_PAYLOAD);
        CHECK(srtp_protect(t->srtp, out, &n) == srtp_err_status_ok);
    }
    return (double)(cpu_ns() - begun) / PACKETS;
}

/* One round of everything, in turn. */
static void measure(struct tools *t, double *ret) {
    *ret++ = by_sendto(t);
    *ret++ = by_sendmmsg(t);
    for (unsigned k = 0; k < LIMITS_TRAINS; k++) {
        *ret++ = by_segments(t, limits_train(k));
    }
    *ret++ = by_recvmmsg(t);
    *ret++ = by_evp(t);
    *ret = by_libsrtp(t);
}

unsigned limits_train(unsigned k) {
    return 2U << k;
}

struct limits limits_measure(unsigned rounds) {
    enum { N = LIMITS_TRAINS + 5 };
    static struct tools t;
    static double v[N][ROUNDS_MAX];
    struct limits ret;
    double m[N];
    CHECK(rounds > 0 && rounds <= ROUNDS_MAX);
    tools_open(&t);
    for (unsigned i = 0; i < rounds; i++) {
        measure(&t, m);
        for (unsigned k = 0; k < N; k++) {
            v[k][i] = m[k];
        }
    }
    tools_close(&t);
    for (unsigned k = 0; k < N; k++) {
        m[k] = median(v[k], rounds);
    }
    ret = (struct limits){.sendto = m[0],
                          .sendmmsg = m[1],
                          .recvmmsg = m[N - 3],
                          .evp = m[N - 2],
                          .libsrtp = m[N - 1]};
    memcpy(ret.segment, m + 2, sizeof(ret.segment));
    return ret;
}
