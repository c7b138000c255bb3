#include "server/http/request.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/config/units.h"
#include "server/http/head.h"
#include "server/http/header.h"
#include "server/http/listener.h"
#include "server/http/request_callback.h"
#include "server/http/respond.h"
#include "server/http/tcp.h"
#include "server/http/ws.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <inttypes.h>
#include <stdlib.h>

static const enum lws_token_indexes header_tokens[H_COUNT] = {
    [H_ACCEPT] = WSI_TOKEN_HTTP_ACCEPT,
    [H_ACCEPT_ENCODING] = WSI_TOKEN_HTTP_ACCEPT_ENCODING,
    [H_ACCEPT_LANGUAGE] = WSI_TOKEN_HTTP_ACCEPT_LANGUAGE,
    [H_AUTHORIZATION] = WSI_TOKEN_HTTP_AUTHORIZATION,
    [H_CONTENT_TYPE] = WSI_TOKEN_HTTP_CONTENT_TYPE,
    [H_IF_MATCH] = WSI_TOKEN_HTTP_IF_MATCH,
    [H_IF_NONE_MATCH] = WSI_TOKEN_HTTP_IF_NONE_MATCH,
    [H_IF_RANGE] = WSI_TOKEN_HTTP_IF_RANGE,
    [H_RANGE] = WSI_TOKEN_HTTP_RANGE,
    [H_COOKIE] = WSI_TOKEN_HTTP_COOKIE,
};
/* Those that libwebsockets has no token for. */
static const char *const header_names[H_COUNT] = {
    [H_IDEMPOTENCY_KEY] = "idempotency-key:",
    [H_TRACEPARENT] = "traceparent:",
};

const struct addr *request_client(const struct request *r) {
    return tcp_client(r->wsi);
}

struct request *request_find(const struct loop *l, uint64_t id) {
    return map_get(l->requests, id);
}

/* By itself libwebsockets would poll for what comes during an answer, not take it, and poll again,
 * for as long as the answer takes; nor would it notice a reset. It writes nothing either where it
 * does not read, so this ends with each piece. */
void request_rest(struct request *r) {
    (void)lws_rx_flow_control(r->wsi, 0);
}

void request_wake(struct request *r) {
    (void)lws_rx_flow_control(r->wsi, 1);
    lws_callback_on_writable(r->wsi);
}

static struct request *request_free(struct request *r) {
    if (!r) {
        return NULL;
    }
    map_take(r->loop->requests, r->id);
    tcp_end(r->wsi);
    for (size_t i = 0; i < H_COUNT; i++) {
        if (r->headers[i]) {
            mem_wipe(r->headers[i], strlen(r->headers[i]));
        }
        mem_free(r->headers[i]);
    }
    buffer_free(&r->query);
    buffer_free(&r->body);
    mem_free(r->response.owned);
    r->loop->http->end(r);
    return mem_free(r);
}

/* The query is gone with the headers, so it is read with them, whatever it is for. */
static void read_query(struct request *r, struct lws *wsi) {
    char text[512];
    for (int i = 0; lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
        if (lws_hdr_copy_fragment(wsi, text, sizeof(text), WSI_TOKEN_HTTP_URI_ARGS, i) < 0) {
            r->bad_query = true; /* it may be any argument */
        } else {
            buffer_put(&r->query, text, strlen(text) + 1);
        }
    }
}

static bool read_headers(struct request *r, struct lws *wsi) {
    bool ok = true;
    for (size_t i = 0; i < H_COUNT; i++) {
        ok = (header_names[i] ? header_copy_named(wsi, header_names[i], &r->headers[i])
                              : header_copy(wsi, header_tokens[i], &r->headers[i])) &&
             ok;
    }
    struct rng rng = clock_rng();
    trace_begin(&r->trace, r->headers[H_TRACEPARENT], &rng);
    return ok;
}

static struct request *request_new(struct loop *l, struct lws *wsi) {
    struct request *r = mem_zalloc(1, sizeof(*r));
    if (!r) {
        return NULL;
    }
    r->loop = l;
    r->wsi = wsi;
    r->id = ++l->next_id;
    snprintf(r->label, sizeof(r->label), "c%" PRIu64, r->id);
    r->method = method_of(wsi);
    bool ok = read_headers(r, wsi);
    read_query(r, wsi);
    if (!ok || r->query.bad || map_put(l->requests, r->id, r) != OK || !l->http->begin(r)) {
        return request_free(r);
    }
    return r;
}

#define LENGTH_NONE -1
#define LENGTH_BAD -2

/* What Content-Length says, LENGTH_NONE or LENGTH_BAD. */
static int64_t content_length(struct lws *wsi) {
    char text[20] = "";
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0) {
        return LENGTH_NONE;
    }
    lws_hdr_copy(wsi, text, sizeof(text), WSI_TOKEN_HTTP_CONTENT_LENGTH);
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && !text[digits] ? strtoll(text, NULL, 10) : LENGTH_BAD;
}

static void dispatch(struct request *r) {
    r->dispatched = true;
    tcp_phase(r->wsi, TCP_ANSWER);
    if (r->refusal == 405) {
        respond_allow(r);
    }
    if (r->refusal == 429) {
        respond_header(r, "retry-after:", "1");
    }
    if (r->refusal == 404 && r->loop->http->unknown) {
        r->loop->http->unknown(r);
    } else if (r->refusal) {
        respond_problem(r, r->refusal, NULL, NULL);
    } else if (r->method == HTTP_OPTIONS) {
        respond_options(r);
    } else {
        r->loop->http->answer(r);
    }
    if (r->response.status == 0) {
        request_rest(r);
    }
}

/* Judge what the headers say about the body: may set refusal. True when there is one, or "complete"
 * comes although there is none. */
static bool expects_body(struct request *r) {
    int64_t n = content_length(r->wsi);
    int64_t max = (int64_t)bytes_of_kib(r->loop->config->limits_body_kib);
    if (lws_hdr_total_length(r->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        r->refusal = 411; /* chunked requests: libwebsockets 4.1 hands them on undecoded */
        r->close_after = true;
        return false;
    }
    if (n == LENGTH_BAD) {
        r->refusal = 400;
        r->close_after = true;
    }
    if (n > max) {
        r->refusal = 413;
    }
    /* No length and no transfer coding is no body (RFC 9112 section 6.3), but libwebsockets goes on
     * to wait for one: the connection cannot be used again. */
    r->close_after = r->close_after || (n == LENGTH_NONE && method_awaits_body(r->method));
    /* "Complete" comes for an empty POST too, but not for other empty bodies. */
    return (n > 0 || (n == 0 && r->method == HTTP_POST)) && !r->close_after;
}

/* A client that asks first gets its word (RFC 9110 section 10.1.1); without it curl waits a second.
 * False: the connection is broken. */
static bool invite_body(struct lws *wsi) {
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uint8_t text[LWS_PRE + sizeof(go_on)];
    char expect[16] = "";
    if (lws_hdr_copy(wsi, expect, sizeof(expect), WSI_TOKEN_HTTP_EXPECT) <= 0 ||
        strcasecmp(expect, "100-continue") != 0) {
        return true;
    }
    size_t n = sizeof(go_on) - 1;
    memcpy(text + LWS_PRE, go_on, n);
    return lws_write(wsi, text + LWS_PRE, n, LWS_WRITE_HTTP_HEADERS) == (int)n;
}

/* The answer where there is no memory to make one. */
static int refuse_without_memory(struct loop *l, struct lws *wsi) {
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    uint8_t text[LWS_PRE + sizeof(answer)];
    size_t n = sizeof(answer) - 1;
    l->counters.http_requests[5]++;
    memcpy(text + LWS_PRE, answer, n);
    (void)lws_write(wsi, text + LWS_PRE, n, LWS_WRITE_HTTP_HEADERS);
    return -1;
}

static int begin(struct loop *l, struct lws *wsi, struct request **slot, const char *path) {
    *slot = request_free(*slot);
    if (tcp_phase_of(wsi) == TCP_LINGER) {
        return -1; /* its last answer has been given */
    }
    bool share = tcp_begin(wsi);
    struct request *r = request_new(l, wsi);
    if (!r) {
        return refuse_without_memory(l, wsi);
    }
    *slot = r;
    r->route = route_find(&l->http->routes, r->method, path, &r->args, &r->refusal);
    bool body = expects_body(r);
    int head = head_status(l, wsi, r->route && r->route->needs == l->http->probes);
    if (head == 400 || head == 505) {
        r->close_after = true; /* who knows where the next request begins */
        body = false;
    }
    r->refusal = head ? head : share ? r->refusal : 429;
    /* Who may not do this is told so before a body is waited for. */
    bool refused = r->refusal || (r->method != HTTP_OPTIONS && !l->http->admit(r));
    if (body && !refused) {
        tcp_phase(wsi, TCP_BODY);
        return invite_body(wsi) ? 0 : -1;
    }
    r->close_after |= body;
    r->unread = r->close_after && (body || method_awaits_body(r->method));
    dispatch(r);
    return 0;
}

static int take_body(struct lws *wsi, struct request *r, const char *in, size_t len) {
    if (!r || r->dispatched || r->refusal || len == 0) {
        return tcp_discard(wsi, len) ? 0 : -1;
    }
    size_t max = bytes_of_kib(r->loop->config->limits_body_kib);
    r->refusal = len > max - r->body.n ? 413 : !tcp_hold(wsi, len) ? 429 : 0;
    if (!r->refusal) {
        buffer_put(&r->body, in, len);
        r->refusal = r->body.bad ? 503 : 0;
    }
    if (r->refusal) {
        r->close_after = r->unread = true;
        dispatch(r);
    }
    return 0;
}

static void log_answer(const struct request *r) {
    int status = r->response.status;
    if (status >= 100 && status < 600) {
        r->loop->counters.http_requests[status / 100]++;
    }
    /* The pattern, not the path: paths of WHIP sessions are capabilities. */
    LOG(status >= 500 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "http", "Answered.",
        LOG_STR("conn", r->label), LOG_STR("method", method_name(r->method)),
        LOG_STR("route", r->route ? r->route->pattern : "-"), LOG_NUM("status", status),
        LOG_STR("trace", r->trace.id));
}

static int writable(struct request **slot) {
    struct request *r = *slot;
    bool done = false;
    if (!r) {
        return 0;
    }
    struct lws *wsi = r->wsi;
    if (respond_write(r, &done) != 0) {
        return -1;
    }
    if (!done) {
        return 0;
    }
    bool close = r->close_after, unread = r->unread;
    log_answer(r);
    *slot = request_free(r);
    if (unread) {
        tcp_linger(wsi);
        return 0;
    }
    tcp_phase(wsi, TCP_KEEPALIVE);
    return close || lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* Bytes came before the answer to a request with a body had gone out. libwebsockets 4.1 says
 * "complete" again for them, over and over, and polls nobody meanwhile: one such client would stop
 * the whole server. So it gets its answer now or never, and the connection ends. */
static int early_bytes(struct request **slot) {
    struct request *r = *slot;
    bool done = false;
    for (int turn = 0; r && r->response.status && !done && turn < 4; turn++) {
        r->close_after = true;
        if (respond_write(r, &done) != 0) {
            break;
        }
    }
    if (done) {
        log_answer(r);
    }
    return -1;
}

/* Returns what LWS_CALLBACK_HTTP_CONFIRM_UPGRADE asks for: 0 = go on, 1 = answered here. */
static int refuse_upgrade(struct loop *l, struct lws *wsi, const char *to) {
    /* libwebsockets would also speak h2c; HTTP/2 stays off (docs/security.md). */
    int status = head_status(l, wsi, false);
    if (status == 0) {
        status = strcasecmp(to, "websocket") == 0 ? ws_upgrade_status(l, wsi) : 400;
    }
    us_t wait = US_PER_S;
    if (status == 0 && !tcp_upgrade(wsi, &wait)) {
        status = 429;
    }
    if (status == 0) {
        return 0;
    }
    l->counters.http_requests[status / 100]++;
    return respond_refuse(l, wsi, status, wait) == 0 ? 1 : -1;
}

int request_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len) {
    struct loop *l = lws_context_user(lws_get_context(wsi));
    struct request **slot = user;
    switch ((int)reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        l->ssl = (struct ssl_ctx_st *)user;
        return 0;
    case LWS_CALLBACK_RAW_RX_FILE: /* the one descriptor that is no connection */
        listener_ready(l->listener);
        return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return tcp_opened(l, wsi) ? 0 : -1;
    case LWS_CALLBACK_WSI_DESTROY:
        tcp_closed(l, wsi);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        l->woken(l->ctx);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return refuse_upgrade(l, wsi, in);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* a WebSocket that named this protocol: nobody would listen to it */
    case LWS_CALLBACK_HTTP:
        return begin(l, wsi, slot, in);
    case LWS_CALLBACK_HTTP_BODY:
        return take_body(wsi, *slot, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (!*slot || (*slot)->dispatched) {
            return early_bytes(slot);
        }
        dispatch(*slot);
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return writable(slot);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (slot) {
            *slot = request_free(*slot);
        }
        return 0;
    default:
        return 0;
    }
}
