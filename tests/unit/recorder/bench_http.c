#include "tests/unit/recorder/bench_http.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* Wait for bytes; false when the test is over. */
static bool readable(const struct http_server *s, int fd) {
    struct pollfd f[] = {{.fd = fd, .events = POLLIN}, {.fd = s->wake[0], .events = POLLIN}};
    CHECK(poll(f, 2, -1) > 0);
    return !f[1].revents;
}

/* [bytes] of the request that begins at `at`, 0 when it is not complete. */
static size_t request_length(const struct buffer *b, size_t at) {
    const char *head = b->p + at, *end = b->n > at ? strstr(head, "\r\n\r\n") : NULL;
    if (!end) {
        return 0;
    }
    size_t n = (size_t)(end - head) + 4;
    for (const char *p = head; p < end; p = strstr(p, "\r\n") + 2) {
        if (strncasecmp(p, "Content-Length:", 15) == 0) {
            n += (size_t)atol(p + 15);
        }
    }
    return b->n - at >= n ? n : 0;
}

/* One whole request into s->requests; false when the client is gone. */
static bool take_request(struct http_server *s, int fd) {
    char piece[4096];
    size_t at = s->requests.n;
    while (request_length(&s->requests, at) == 0) {
        ssize_t n = readable(s, fd) ? recv(fd, piece, sizeof(piece), 0) : 0;
        if (n <= 0) {
            return false;
        }
        buffer_put(&s->requests, piece, (size_t)n);
        CHECK(!s->requests.bad);
    }
    return true;
}

static void until_gone(struct http_server *s, int fd) {
    char piece[4096];
    while (readable(s, fd) && recv(fd, piece, sizeof(piece), 0) > 0) {
    }
}

static void serve(struct http_server *s, int fd) {
    while (take_request(s, fd) && s->next < s->n) {
        const struct reply *r = &s->replies[s->next++];
        size_t n = strlen(r->text);
        if (send(fd, r->text, n, MSG_NOSIGNAL) != (ssize_t)n || r->end == REPLY_CLOSE) {
            return;
        }
        if (r->end == REPLY_STALL) {
            until_gone(s, fd);
            return;
        }
    }
}

static void *server_main(void *arg) {
    struct http_server *s = arg;
    while (readable(s, s->listener)) {
        int fd = accept(s->listener, NULL, NULL);
        CHECK(fd >= 0);
        s->connections++;
        serve(s, fd);
        close(fd);
    }
    return NULL;
}

void http_server_begin(struct http_server *s, const struct reply *replies, size_t n) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(a);
    *s = (struct http_server){.replies = replies, .n = n};
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(s->listener >= 0 && bind(s->listener, (struct sockaddr *)&a, len) == 0 &&
          listen(s->listener, 8) == 0 &&
          getsockname(s->listener, (struct sockaddr *)&a, &len) == 0 && pipe(s->wake) == 0);
    s->port = ntohs(a.sin_port);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", s->port);
    CHECK(pthread_create(&s->thread, NULL, server_main, s) == 0);
}

void http_server_end(struct http_server *s) {
    CHECK(write(s->wake[1], "x", 1) == 1);
    pthread_join(s->thread, NULL);
    close(s->listener);
    close(s->wake[0]);
    close(s->wake[1]);
}

static enum err lost(struct http_answer *a, const char *why) {
    http_answer_clear(a);
    snprintf(a->why, WHY_MAX, "%s", why);
    return ERR_IO;
}

static enum err fault_ask(void *ctx, const struct http_request *q, struct http_answer *ret) {
    struct fault_http *f = ctx;
    unsigned number = f->asked++;
    bool now = f->mode != HTTP_FAULT_NONE && number == f->at;
    if (now && f->stall) {
        f->stall(f->stall_ctx);
    }
    if ((now && f->mode == HTTP_FAULT_BEFORE) || (f->mode == HTTP_FAULT_DEAD && number >= f->at)) {
        return lost(ret, "injected: no connection");
    }
    if (now && f->mode == HTTP_FAULT_STATUS) {
        http_answer_clear(ret);
        ret->status = f->status;
        buffer_str(&ret->body, f->body ? f->body : "");
        buffer_str(&ret->headers, f->headers ? f->headers : "");
        return ret->body.bad ? ERR_NOMEM : OK;
    }
    enum err e = f->inner.ask(f->inner.ctx, q, ret);
    if (!now || e != OK || f->mode == HTTP_FAULT_STALL) {
        return e;
    }
    if (f->mode == HTTP_FAULT_SHORT) {
        buffer_cut(&ret->body, ret->body.n / 2);
        return OK;
    }
    return lost(ret, "injected: the connection broke");
}

void fault_http_begin(struct fault_http *f, const struct http *inner) {
    *f = (struct fault_http){.inner = *inner};
    f->http = (struct http){f, fault_ask};
}
