#include "server/http/respond.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/http/lws.h"
#include "server/http/tcp.h"

#include <stdio.h>

#define CHUNK (64 * 1024)      /* [bytes] of a page written at once */
#define HEADERS_MAX (6 * 1024) /* [bytes] of one answer */

static const struct {
    int status;
    const char *code, *title;
} problems[] = {
    {400, "bad_request", "The request is not valid."},
    {401, "token_missing", "A token is needed."},
    {403, "forbidden", "You may not do this."},
    {404, "not_found", "There is nothing here."},
    {405, "method_not_allowed", "This method is not possible here."},
    {406, "not_acceptable", "It is not there in any coding that the request accepts."},
    {409, "conflict", "What is asked for does not go with how it stands."},
    {410, "gone", "It was erased."},
    {411, "length_required", "The request needs a Content-Length."},
    {412, "etag_mismatch", "It has changed since."},
    {413, "too_large", "The request is larger than the server accepts."},
    {416, "range_not_satisfiable", "The range lies outside the file."},
    {421, "misdirected", "The server does not have this name."},
    {422, "unprocessable", "This cannot be done as it was asked for."},
    {429, "too_many_requests", "Your address has too much under way."},
    {426, "upgrade_required", "This is a WebSocket endpoint (subprotocol oriel.v1)."},
    {500, "internal", "The server failed to do this."},
    {501, "not_implemented", "The server does not know this method."},
    {503, "unavailable", "The server cannot do this right now."},
    {505, "http_version", "The server speaks HTTP/1.1."},
};

void respond_header(struct request *r, const char *name, const char *value) {
    struct response *p = &r->response;
    size_t n = strlen(value) + 1;
    if (p->n == RESPONSE_HEADERS || n > sizeof(p->text) - p->used) {
        return;
    }
    memcpy(p->text + p->used, value, n);
    p->headers[p->n].name = name;
    p->headers[p->n++].value = p->text + p->used;
    p->used += n;
}

void respond_status(struct request *r, int status) {
    CHECK(r->response.status == 0);
    r->response.status = status;
    request_wake(r);
}

void respond_static(struct request *r, int status, const char *type, struct bytes body) {
    if (type) {
        respond_header(r, "content-type:", type);
    }
    r->response.body = (const char *)body.p;
    r->response.len = body.n;
    respond_status(r, status);
}

void respond_owned(struct request *r, int status, const char *type, char *body, size_t len) {
    if (!body) {
        respond_status(r, 500);
        return;
    }
    r->response.owned = body;
    respond_static(r, status, type, bytes_of(body, len));
}

void respond_buffer(struct request *r, int status, const char *type, struct buffer *body) {
    size_t n = body->n;
    respond_owned(r, status, type, buffer_take(body), n);
}

void respond_with(struct request *r, const struct problem *p) {
    struct buffer b = {0};
    problem_write(&b, p);
    if (p->status == 401) {
        respond_header(r, "www-authenticate:", "Bearer");
    }
    respond_header(r, "cache-control:", "no-store");
    r->response.problem = p->code;
    refusals_count(&r->loop->counters.problems, p->code);
    respond_buffer(r, p->status, PROBLEM_TYPE, &b);
}

static struct problem usual(int status) {
    struct problem p = {status, "error", "The request failed.", NULL, NULL};
    for (size_t i = 0; i < ARRAY_LEN(problems); i++) {
        if (problems[i].status == status) {
            p.code = problems[i].code;
            p.title = problems[i].title;
        }
    }
    return p;
}

void respond_problem(struct request *r, int status, const char *code, const char *detail) {
    struct problem p = usual(status);
    p.detail = detail;
    p.code = code ? code : p.code;
    respond_with(r, &p);
}

void respond_stream(struct request *r, int status, uint64_t len, const struct body_source *from) {
    r->response.source = *from;
    r->response.len = len;
    respond_status(r, status);
}

void respond_allow(struct request *r) {
    char methods[ROUTE_METHODS];
    route_methods(&r->loop->http->routes, r->route, methods);
    respond_header(r, "allow:", methods);
}

void respond_options(struct request *r) {
    char methods[ROUTE_METHODS];
    route_methods(&r->loop->http->routes, r->route, methods);
    respond_header(r, "allow:", methods);
    if (r->route->cors) {
        respond_header(r, "access-control-allow-methods:", methods);
        respond_header(
            r, "access-control-allow-headers:",
            "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Range, "
            "Traceparent");
        respond_header(r, "access-control-max-age:", "86400");
    }
    if (r->route->method == HTTP_OPTIONS) {
        r->route->handle(r);
    }
    respond_status(r, 204);
}

static bool add(struct lws *wsi, const char *name, const char *value, uint8_t **p, uint8_t *end) {
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
                                       (const unsigned char *)value, (int)strlen(value), p,
                                       end) == 0;
}

static bool add_common(struct request *r, uint8_t **p, uint8_t *end) {
    bool ok = true;
    if (r->route && r->route->cors) {
        ok = ok && add(r->wsi, "access-control-allow-origin:", "*", p, end) &&
             add(r->wsi, "access-control-expose-headers:",
                 "Location, ETag, Link, Content-Range, Accept-Ranges, Retry-After, Traceparent", p,
                 end);
    }
    if (!r->route || r->route->about) {
        char trace[TRACE_TEXT];
        ok = ok && add(r->wsi, "traceparent:", trace_text(&r->trace, trace), p, end);
    }
    if (r->close_after) {
        ok = ok && add(r->wsi, "connection:", "close", p, end);
    }
    return ok;
}

static bool write_headers(struct request *r) {
    struct response *a = &r->response;
    uint8_t *start = r->loop->scratch + LWS_PRE, *p = start, *end = start + HEADERS_MAX;
    bool ok = lws_add_http_header_status(r->wsi, (unsigned)a->status, &p, end) == 0 &&
              add_common(r, &p, end);
    for (unsigned i = 0; ok && i < a->n; i++) {
        ok = add(r->wsi, a->headers[i].name, a->headers[i].value, &p, end);
    }
    /* RFC 9110 section 8.6: no Content-Length with 204, and none is needed with 304. */
    if (a->status != 204 && a->status != 304) {
        ok = ok && lws_add_http_header_content_length(r->wsi, a->len, &p, end) == 0;
    }
    a->headers_sent = true;
    return ok && lws_finalize_write_http_header(r->wsi, start, &p, end) == 0;
}

static bool has_body(const struct request *r) {
    int s = r->response.status;
    return r->method != HTTP_HEAD && r->response.len > 0 && s != 204 && s != 304;
}

/* The next piece of the body, empty when a source has none in hand. False: there will be no more.
 */
static bool next_piece(struct request *r, struct bytes *ret) {
    struct response *a = &r->response;
    if (a->source.next) {
        return a->source.next(a->source.ctx, ret);
    }
    uint64_t left = a->len - a->sent;
    *ret = bytes_of(a->body + a->sent, left < CHUNK ? (size_t)left : CHUNK);
    return true;
}

static int write_body(struct request *r, bool *ret_done) {
    struct response *a = &r->response;
    struct bytes piece = {0};
    if (!next_piece(r, &piece)) {
        return -1;
    }
    if (piece.n == 0) {
        request_rest(r);
        return 0;
    }
    CHECK(piece.n <= RESPOND_PIECE_MAX);
    tcp_phase(r->wsi, TCP_ANSWER);
    bool last = a->sent + piece.n >= a->len;
    uint8_t *out = r->loop->scratch + LWS_PRE;
    memcpy(out, piece.p, piece.n);
    if (lws_write(r->wsi, out, piece.n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
        (int)piece.n) {
        return -1;
    }
    a->sent += piece.n;
    if (a->source.taken) {
        a->source.taken(a->source.ctx);
    }
    *ret_done = last;
    if (!last) {
        lws_callback_on_writable(r->wsi);
    }
    return 0;
}

int respond_write(struct request *r, bool *ret_done) {
    *ret_done = false;
    if (r->response.status == 0) {
        return 0; /* the answer is still being made */
    }
    if (r->response.headers_sent) {
        return write_body(r, ret_done);
    }
    tcp_phase(r->wsi, TCP_ANSWER);
    if (r->loop->http->answers) {
        r->loop->http->answers(r);
    }
    if (!write_headers(r)) {
        return -1;
    }
    *ret_done = !has_body(r);
    if (!*ret_done) {
        lws_callback_on_writable(r->wsi);
    }
    return 0;
}

#define RETRY_TEXT 24 /* [bytes] */

static const char *retry_text(us_t wait, char out[RETRY_TEXT]) {
    us_t s = us_max((wait + US_PER_S - 1) / US_PER_S, 1);
    snprintf(out, RETRY_TEXT, "%lld", (long long)s);
    return out;
}

void respond_retry_after(struct request *r, us_t wait) {
    char text[RETRY_TEXT];
    respond_header(r, "retry-after:", retry_text(wait, text));
}

/* An answer outside of any request. */
struct refusal {
    struct lws *wsi;
    int status;
    us_t wait;
};

/* The headers of respond_refuse; false when they do not fit. */
static bool add_refusal(const struct refusal *x, uint8_t **p, uint8_t *end) {
    struct lws *wsi = x->wsi;
    int status = x->status;
    char text[RETRY_TEXT];
    bool ok = lws_add_http_header_status(wsi, (unsigned)status, p, end) == 0 &&
              add(wsi, "content-type:", PROBLEM_TYPE, p, end) &&
              add(wsi, "cache-control:", "no-store", p, end);
    if (status == 426) { /* RFC 6455 section 4.4 */
        ok = ok && add(wsi, "sec-websocket-version:", "13", p, end);
    }
    if (status == 429 || status == 503) {
        ok = ok && add(wsi, "retry-after:", retry_text(x->wait, text), p, end);
    }
    return ok;
}

int respond_refuse(struct loop *l, struct lws *wsi, int status, us_t wait) {
    const struct refusal x = {wsi, status, wait};
    uint8_t *start = l->scratch + LWS_PRE, *p = start, *end = start + HEADERS_MAX;
    struct problem problem = usual(status);
    char text[1024]; /* also where memory is out */
    struct buffer body = buffer_fixed(text, sizeof(text));
    problem_write(&body, &problem);
    refusals_count(&l->counters.problems, problem.code);
    bool ok = !body.bad && add_refusal(&x, &p, end) &&
              lws_add_http_header_content_length(wsi, body.n, &p, end) == 0 &&
              lws_finalize_http_header(wsi, &p, end) == 0;
    if (ok) {
        memcpy(p, body.p, body.n);
        size_t n = (size_t)(p - start) + body.n;
        ok = lws_write(wsi, start, n, LWS_WRITE_HTTP_HEADERS) == (int)n;
    }
    return ok ? 0 : -1;
}
