#include "bench/load/http.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "server/os/clock.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define TIMEOUT_MS 60000L /* longer than the longest poll of Janus, 30 s */
#define CONNECTIONS 64L   /* below limits.requests_per_address of conf/oriel.json */

struct transfer {
    CURL *easy;
    struct curl_slist *headers;
    struct buffer body;
    void (*done)(void *ctx, const struct http_reply *r);
    void *ctx;
    struct link link; /* of http_client.all */
};

/* A connection's socket, as libcurl names it to us. */
struct watch {
    struct http_client *client;
    struct loop_source source;
    curl_socket_t fd;
    struct watch *next; /* among the dead */
};

struct http_client {
    struct loop *loop;
    CURLM *multi;
    us_t due;        /* US_NEVER when libcurl waits for nothing */
    struct link all; /* transfers under way */
    struct watch
        *dead; /* sockets that libcurl has let go, of which an event may still be at hand */
};

/* ---- what libcurl asks for ---- */

static void collect(struct http_client *h);

static void ready(void *ctx, uint32_t events) {
    struct watch *w = ctx;
    struct http_client *h = w->client;
    int running, what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                        (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                        (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    if (w->fd != CURL_SOCKET_BAD) {
        (void)curl_multi_socket_action(h->multi, w->fd, what, &running);
        collect(h);
    }
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known) {
    struct http_client *h = ctx;
    struct watch *w = known;
    uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        loop_remove(h->loop, fd);
        curl_multi_assign(h->multi, fd, NULL);
        if (w) {
            w->fd = CURL_SOCKET_BAD;
            w->next = h->dead;
            h->dead = w;
        }
    } else if (w) {
        loop_change(h->loop, fd, events, &w->source);
    } else {
        w = mem_zalloc(1, sizeof(*w));
        CHECK(w);
        *w = (struct watch){.client = h, .source = {ready, w}, .fd = fd};
        loop_add(h->loop, fd, events, &w->source);
        curl_multi_assign(h->multi, fd, w);
    }
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *ctx) {
    struct http_client *h = ctx;
    (void)multi;
    h->due = ms < 0 ? US_NEVER : clock_now() + ms * US_PER_MS;
    return 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx) {
    struct transfer *t = ctx;
    buffer_put(&t->body, p, size * n);
    return t->body.bad ? 0 : size * n;
}

/* ---- life ---- */

struct http_client *http_client_new(struct loop *l) {
    struct http_client *h = mem_zalloc(1, sizeof(*h));
    CHECK(h && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    h->loop = l;
    list_init(&h->all);
    h->due = US_NEVER;
    h->multi = curl_multi_init();
    CHECK(h->multi);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, CONNECTIONS);
    return h;
}

static void transfer_free(struct http_client *h, struct transfer *t) {
    list_remove(&t->link);
    curl_multi_remove_handle(h->multi, t->easy);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    buffer_free(&t->body);
    mem_free(t);
}

static void bury(struct http_client *h) {
    while (h->dead) {
        struct watch *w = h->dead;
        h->dead = w->next;
        mem_free(w);
    }
}

struct http_client *http_client_free(struct http_client *h) {
    if (!h) {
        return NULL;
    }
    LIST_EACH(l, &h->all) {
        transfer_free(h, LIST_ENTRY(l, struct transfer, link));
    }
    curl_multi_cleanup(h->multi);
    bury(h);
    curl_global_cleanup();
    return mem_free(h);
}

/* ---- requests ---- */

static void add_header(struct transfer *t, const char *name, const char *value) {
    struct buffer line = {0};
    buffer_printf(&line, "%s: %s", name, value);
    struct curl_slist *more = line.bad ? NULL : curl_slist_append(t->headers, line.p);
    CHECK(more);
    t->headers = more;
    buffer_free(&line);
}

static void set_options(struct transfer *t, const struct http_call *c) {
    curl_easy_setopt(t->easy, CURLOPT_URL, c->url);
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, c->method);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    if (c->content_type) {
        add_header(t, "Content-Type", c->content_type);
    }
    if (c->token) {
        struct buffer bearer = {0};
        buffer_printf(&bearer, "Bearer %s", c->token);
        CHECK(!bearer.bad);
        add_header(t, "Authorization", bearer.p);
        buffer_free(&bearer);
    }
    if (c->body) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(c->body));
        curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, c->body);
    }
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

void http_client_begin(struct http_client *h, const struct http_call *call) {
    struct transfer *t = mem_zalloc(1, sizeof(*t));
    CHECK(t && (t->easy = curl_easy_init()));
    t->done = call->done;
    t->ctx = call->ctx;
    set_options(t, call);
    list_push(&h->all, &t->link);
    CHECK(curl_multi_add_handle(h->multi, t->easy) == CURLM_OK);
}

/* Hand finished transfers to their owners, who may begin new ones. */
static void collect(struct http_client *h) {
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(h->multi, &left))) {
        struct transfer *t = NULL;
        struct curl_header *location = NULL;
        long status = 0;
        if (m->msg != CURLMSG_DONE) {
            continue;
        }
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        (void)curl_easy_header(m->easy_handle, "Location", 0, CURLH_HEADER, -1, &location);
        bool ok = m->data.result == CURLE_OK;
        struct http_reply r = {.status = ok ? (int)status : 0,
                               .location = location ? location->value : "",
                               .error = ok ? "" : curl_easy_strerror(m->data.result),
                               .body = t->body.p ? t->body.p : "",
                               .len = t->body.n};
        t->done(t->ctx, &r);
        transfer_free(h, t);
    }
}

void http_client_tick(struct http_client *h, us_t now) {
    int running;
    bury(h);
    if (now >= h->due) {
        h->due = US_NEVER;
        (void)curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        collect(h);
    }
}
