#include "bench/engine/sink.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (64 * 1024 * 1024) /* [bytes] a burst to all viewers fits */
#define BATCH 64

void sink_open(struct sink *s) {
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t n = sizeof(name);
    int size = BUFFER;
    *s = (struct sink){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    CHECK(s->fd >= 0);
    CHECK(bind(s->fd, (struct sockaddr *)&name, sizeof(name)) == 0);
    CHECK(getsockname(s->fd, (struct sockaddr *)&name, &n) == 0);
    s->port = ntohs(name.sin_port);
    /* Only root may exceed net.core.rmem_max; without, the excess is dropped, and not counted. */
    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0) {
        (void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    }
}

void sink_close(struct sink *s) {
    close(s->fd);
}

struct addr sink_addr(const struct sink *s, unsigned i) {
    return addr_v4(127, 1, (uint8_t)(i >> 8), (uint8_t)i, s->port);
}

unsigned sink_index(const struct addr *a) {
    return (unsigned)a->ip[14] << 8 | a->ip[15];
}

void sink_drain(struct sink *s) {
    uint8_t byte[BATCH];
    struct iovec iov[BATCH];
    struct mmsghdr msg[BATCH];
    memset(msg, 0, sizeof(msg));
    for (unsigned i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){&byte[i], 1};
        msg[i].msg_hdr.msg_iov = &iov[i];
        msg[i].msg_hdr.msg_iovlen = 1;
    }
    int n;
    do {
        n = recvmmsg(s->fd, msg, BATCH, MSG_DONTWAIT, NULL);
        s->received += n > 0 ? (uint64_t)n : 0;
    } while (n == BATCH);
}
