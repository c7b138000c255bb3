#include "tests/unit/server/http/client.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_BUFFER (16 * 1024)

void client_open(struct client *c, uint16_t port, const char *from) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in at = {.sin_family = AF_INET};
    int size = SOCKET_BUFFER, one = 1;
    *c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    CHECK(c->fd >= 0);
    CHECK(setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
    CHECK(setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
    CHECK(inet_pton(AF_INET, "127.0.0.1", &to.sin_addr) == 1);
    if (from) {
        CHECK(inet_pton(AF_INET, from, &at.sin_addr) == 1);
        CHECK(bind(c->fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    }
    /* The kernel answers for who listens: this does not wait for the loop. */
    CHECK(connect(c->fd, (struct sockaddr *)&to, sizeof(to)) == 0);
    CHECK(fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0);
}

void client_close(struct client *c) {
    if (c->fd >= 0) {
        close(c->fd);
    }
    c->fd = -1;
}

void client_reset(struct client *c) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    CHECK(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
    client_close(c);
}

void client_half_close(struct client *c) {
    (void)shutdown(c->fd, SHUT_WR);
}

bool client_send(struct client *c, const void *p, size_t n) {
    for (size_t at = 0; at < n;) {
        ssize_t sent = send(c->fd, (const char *)p + at, n - at, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        at += (size_t)sent;
    }
    return true;
}

bool client_say(struct client *c, const char *text) {
    return client_send(c, text, strlen(text));
}

static void take(struct client *c) {
    char piece[4096];
    ssize_t n = 0;
    while (c->fd >= 0 && !c->ended && (n = recv(c->fd, piece, sizeof(piece), 0)) > 0) {
        size_t room = CLIENT_KEPT - c->kept, keep = (size_t)n < room ? (size_t)n : room;
        memcpy(c->in + c->kept, piece, keep);
        c->kept += keep;
        c->in[c->kept] = '\0';
        c->got += (size_t)n;
    }
    if (c->fd >= 0 && !c->ended) {
        c->reset = n < 0 && errno != EAGAIN && errno != EINTR;
        c->ended = n == 0 || c->reset;
    }
}

bool client_has(struct client *c, const char *text) {
    take(c);
    return memmem(c->in, c->kept, text, strlen(text)) != NULL;
}

size_t client_got(struct client *c) {
    take(c);
    return c->got;
}

bool client_ended(struct client *c) {
    take(c);
    return c->ended;
}

void client_clear(struct client *c) {
    take(c);
    c->kept = c->got = 0;
    c->in[0] = '\0';
}

int client_status(struct client *c) {
    take(c);
    return strncmp(c->in, "HTTP/1.1 ", 9) == 0 ? (int)strtol(c->in + 9, NULL, 10) : 0;
}

unsigned client_count(struct client *c, const char *text) {
    unsigned n = 0;
    take(c);
    for (const char *p = c->in; (p = strstr(p, text)) != NULL; p++) {
        n++;
    }
    return n;
}

bool client_frame(struct client *c, uint8_t first, const void *p, size_t n) {
    static const uint8_t mask[4] = {1, 2, 3, 4};
    uint8_t head[14] = {first};
    size_t k = 2;
    if (n < 126) {
        head[1] = (uint8_t)(0x80 | n);
    } else if (n < 65536) {
        head[1] = 0x80 | 126;
        head[k++] = (uint8_t)(n >> 8);
        head[k++] = (uint8_t)n;
    } else {
        head[1] = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8) {
            head[k++] = (uint8_t)((uint64_t)n >> shift);
        }
    }
    memcpy(head + k, mask, sizeof(mask));
    if (!client_send(c, head, k + sizeof(mask))) {
        return false;
    }
    uint8_t piece[4096];
    for (size_t at = 0; at < n;) {
        size_t m = n - at < sizeof(piece) ? n - at : sizeof(piece);
        for (size_t i = 0; i < m; i++) {
            piece[i] = ((const uint8_t *)p)[at + i] ^ mask[(at + i) % 4];
        }
        if (!client_send(c, piece, m)) {
            return false;
        }
        at += m;
    }
    return true;
}

bool client_upgrade(struct client *c, const char *more_headers) {
    char text[1024];
    snprintf(text, sizeof(text),
             "GET /v1/signal HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
             more_headers ? more_headers : "Sec-WebSocket-Protocol: oriel.v1\r\n");
    return client_say(c, text);
}

unsigned client_close_status(struct client *c) {
    take(c);
    const uint8_t *in = (const uint8_t *)c->in;
    size_t n = c->kept;
    return n >= 4 && in[n - 4] == 0x88 && in[n - 3] == 2 ? in[n - 2] * 256U + in[n - 1] : 0;
}
