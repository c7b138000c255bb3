/* DESIGN. The easy interface blocks, which is what a thread of its own wants. A handle is reset for
 * each request, which keeps its connections. Bodies are sent from where they lie (POSTFIELDS with
 * another method), so that libcurl can send them again by itself on a fresh connection when a kept
 * one turns out to be dead. "Expect: 100-continue" is left out: it costs a round trip for each
 * object, and what it saves is one body on the day the store refuses. */
#include "recorder/store/http.h"

#include "base/alloc.h"

#include <curl/curl.h>
#include <stdio.h>

#define CONNECT_TIMEOUT (5 * US_PER_S)
#define TIMEOUT (300 * US_PER_S)
#define STALL_TIMEOUT (20 * US_PER_S)
#define STALL_RATE 1024

struct client {
    CURL *easy;
    struct http_config config;
    char *ca_file;
    struct curl_slist *connect_to;
    char error[CURL_ERROR_SIZE];
};

/* One request under way. */
struct transfer {
    struct http_answer *answer;
    size_t limit;
    bool too_long;
};

enum err http_library_init(void) {
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? OK : ERR_IO;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx) {
    struct transfer *t = ctx;
    struct buffer *b = &t->answer->body;
    if (size * n > t->limit - b->n) {
        t->too_long = true;
        return 0;
    }
    buffer_put(b, p, size * n);
    return b->bad ? 0 : size * n;
}

/* Lines come one by one; a status line begins another answer (after "100 Continue"). */
static size_t on_header(char *p, size_t size, size_t n, void *ctx) {
    struct transfer *t = ctx;
    struct buffer *b = &t->answer->headers;
    size_t len = size * n;
    if (len >= 5 && memcmp(p, "HTTP/", 5) == 0) {
        buffer_cut(b, 0);
        return len;
    }
    if (len > HTTP_HEADERS_MAX - b->n) {
        t->too_long = true;
        return 0;
    }
    buffer_put(b, p, len);
    return b->bad ? 0 : len;
}

static int on_progress(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    const struct client *k = ctx;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return k->config.stop && k->config.stop(k->config.stop_ctx);
}

static bool add_line(struct curl_slist **list, const char *line) {
    struct curl_slist *more = curl_slist_append(*list, line);
    *list = more ? more : *list;
    return more != NULL;
}

/* NULL when memory is lacking. */
static struct curl_slist *header_list(const struct http_request *q) {
    struct curl_slist *list = NULL;
    struct buffer line = {0};
    bool ok = add_line(&list, "Expect:");
    for (size_t i = 0; i < q->n_headers && ok; i++) {
        buffer_cut(&line, 0);
        /* An empty value would take the header away; with ';' it is sent empty. */
        buffer_printf(&line, *q->headers[i].value ? "%s: %s" : "%s;%s", q->headers[i].name,
                      q->headers[i].value);
        ok = !line.bad && add_line(&list, line.p);
    }
    if (line.p) {
        mem_wipe(line.p, line.n); /* it may have held a session token */
    }
    buffer_free(&line);
    if (!ok) {
        curl_slist_free_all(list);
        return NULL;
    }
    return list;
}

static void set_policy(struct client *k) {
    const struct http_config *c = &k->config;
    curl_easy_setopt(k->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(k->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(k->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(k->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(k->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(k->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(k->easy, CURLOPT_NOSIGNAL, 1L);
    /* What is broken off does not wait for the resolver: a thread of libcurl's ends later. */
    curl_easy_setopt(k->easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(k->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(k->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(k->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(c->connect_timeout / US_PER_MS));
    curl_easy_setopt(k->easy, CURLOPT_TIMEOUT_MS, (long)(c->timeout / US_PER_MS));
    curl_easy_setopt(k->easy, CURLOPT_LOW_SPEED_LIMIT, (long)c->stall_rate);
    curl_easy_setopt(k->easy, CURLOPT_LOW_SPEED_TIME,
                     (long)((c->stall_timeout + US_PER_S - 1) / US_PER_S));
    curl_easy_setopt(k->easy, CURLOPT_ERRORBUFFER, k->error);
    curl_easy_setopt(k->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(k->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(k->easy, CURLOPT_XFERINFODATA, k);
    curl_easy_setopt(k->easy, CURLOPT_CONNECT_TO, k->connect_to);
    if (k->ca_file) {
        curl_easy_setopt(k->easy, CURLOPT_CAINFO, k->ca_file);
        curl_easy_setopt(k->easy, CURLOPT_CAPATH, NULL); /* else the system's count as well */
    }
}

static CURLcode set_request(struct client *k, const struct http_request *q, struct transfer *t) {
    bool body = strcmp(q->method, "PUT") == 0 || strcmp(q->method, "POST") == 0;
    if (strcmp(q->method, "HEAD") == 0) {
        curl_easy_setopt(k->easy, CURLOPT_NOBODY, 1L);
    } else if (body) {
        curl_easy_setopt(k->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(k->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
        curl_easy_setopt(k->easy, CURLOPT_POSTFIELDS, q->body.n ? (const char *)q->body.p : "");
    }
    curl_easy_setopt(k->easy, CURLOPT_CUSTOMREQUEST, q->method);
    curl_easy_setopt(k->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(k->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(k->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(k->easy, CURLOPT_HEADERDATA, t);
    return curl_easy_setopt(k->easy, CURLOPT_URL, q->url);
}

static enum err failed(const struct client *k, const struct transfer *t, CURLcode code,
                       int status) {
    struct http_answer *a = t->answer;
    bool memory = code == CURLE_OUT_OF_MEMORY || a->body.bad || a->headers.bad;
    a->status = t->too_long ? status : 0;
    if (t->too_long) {
        snprintf(a->why, WHY_MAX, "the answer is longer than it may be");
        return ERR_LONG;
    }
    snprintf(a->why, WHY_MAX, "%.400s",
             memory        ? "out of memory"
             : k->error[0] ? k->error
                           : curl_easy_strerror(code));
    return memory ? ERR_NOMEM : ERR_IO;
}

static enum err curl_ask(void *ctx, const struct http_request *q, struct http_answer *ret) {
    struct client *k = ctx;
    struct transfer t = {.answer = ret, .limit = q->limit < BUFFER_MAX ? q->limit : BUFFER_MAX};
    http_answer_clear(ret);
    k->error[0] = '\0';
    struct curl_slist *headers = header_list(q);
    if (!headers) {
        return failed(k, &t, CURLE_OUT_OF_MEMORY, 0);
    }
    curl_easy_reset(k->easy);
    set_policy(k);
    curl_easy_setopt(k->easy, CURLOPT_HTTPHEADER, headers);
    CURLcode code = set_request(k, q, &t);
    code = code == CURLE_OK ? curl_easy_perform(k->easy) : code;
    long status = 0;
    curl_easy_getinfo(k->easy, CURLINFO_RESPONSE_CODE, &status);
    /* The list must outlive every use by the handle. */
    curl_easy_setopt(k->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        return failed(k, &t, code, (int)status);
    }
    ret->status = (int)status;
    return OK;
}

enum err http_curl_open(const struct http_config *c, struct http *ret) {
    struct client *k = mem_zalloc(1, sizeof(*k));
    if (!k) {
        return ERR_NOMEM;
    }
    k->config = *c;
    k->config.connect_timeout = c->connect_timeout ? c->connect_timeout : CONNECT_TIMEOUT;
    k->config.timeout = c->timeout ? c->timeout : TIMEOUT;
    k->config.stall_timeout = c->stall_timeout ? c->stall_timeout : STALL_TIMEOUT;
    k->config.stall_rate = c->stall_rate ? c->stall_rate : STALL_RATE;
    bool own_ca = c->ca_file && *c->ca_file;
    k->ca_file = own_ca ? mem_strdup(c->ca_file) : NULL;
    k->connect_to = c->connect_to ? curl_slist_append(NULL, c->connect_to) : NULL;
    k->config.ca_file = k->config.connect_to = NULL; /* they may not last */
    k->easy = curl_easy_init();
    *ret = (struct http){k, curl_ask};
    if (!k->easy || (own_ca && !k->ca_file) || (c->connect_to && !k->connect_to)) {
        http_curl_close(ret);
        return ERR_NOMEM;
    }
    return OK;
}

void http_curl_close(struct http *h) {
    struct client *k = h->ctx;
    if (k) {
        if (k->easy) {
            curl_easy_cleanup(k->easy);
        }
        curl_slist_free_all(k->connect_to);
        mem_free(k->ca_file);
        mem_free(k);
    }
    *h = (struct http){0};
}
