#include "server/http/ws.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/list.h"
#include "server/config/units.h"
#include "server/http/deadlines.h"
#include "server/http/header.h"
#include "server/http/tcp.h"
#include "server/http/urls.h"
#include "server/http/ws_callback.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <inttypes.h>

struct ws_out {
    struct ws_out *next;
    size_t n;
    uint8_t data[]; /* LWS_PRE bytes of room, then n bytes */
};

/* A message that is too large is thrown away up to here and answered; then it is the connection
 * that ends. */
#define DISCARD_MAX (8 * 1024 * 1024) /* [bytes] */
#define NONCE 8                       /* [bytes] of a ping's payload */
#define KEY_LEN 24                    /* [bytes] of Sec-WebSocket-Key */
#define TURN_BYTES (256 * 1024)       /* written to one connection before others get their turn */

/* DESIGN. A connection ends in two steps. conn_close is for a client that can still be told: what
 * is queued and the close frame go out when the socket takes them. But a client that does not read
 * takes nothing, so from that moment on a deadline runs (timeouts.close_s) after which the socket
 * is ended without a word. The service is told at the first step: nobody sees a seat whose
 * connection only lingers. */
struct ws_conn {
    struct deadline deadline; /* the earliest of those below */
    us_t ping_at;             /* the next ping goes out */
    us_t pong_by;             /* the last one must be answered; US_NEVER: it has been */
    us_t whole_by;            /* the message that has begun must be; US_NEVER: none has */
    us_t kill_at;             /* after our close; US_NEVER: open */
    struct loop *loop;
    struct link in_loop;
    struct lws *wsi;
    uint64_t id;
    char label[LOOP_LABEL];
    struct ws_out *head, **tail;
    size_t queued; /* [bytes] */
    uint8_t nonce[NONCE];
    bool ping_due;
    struct buffer in;      /* the message being received */
    size_t in_more;        /* [bytes] of it thrown away, beyond limits.message_kib */
    uint16_t close_status; /* 0 = open */
    bool said_close;       /* and the client may go on to send, which nobody reads */
    bool known;            /* to the service */
};

static void drop_queue(struct ws_conn *w) {
    while (w->head) {
        struct ws_out *o = w->head;
        w->head = o->next;
        mem_free(o);
    }
    w->tail = &w->head;
    w->queued = 0;
}

static void watch(struct ws_conn *w) {
    us_t at = us_min(us_min(w->ping_at, w->pong_by), w->whole_by);
    at = w->kill_at != US_NEVER ? w->kill_at : at;
    deadlines_set(w->loop->deadlines, &w->deadline, at);
}

/* Whoever calls this has the service settle afterwards, or is called while it does. */
static void tell_service(struct ws_conn *w) {
    if (w->known && !w->loop->stopping) {
        w->loop->ws->closed(w->loop->ws->ctx, w->id);
    }
    w->known = false;
}

static void conn_close(struct ws_conn *w, uint16_t status) {
    if (w->close_status) {
        return;
    }
    w->close_status = status;
    w->kill_at = clock_now() + us_of_s(w->loop->config->timeouts_close_s);
    buffer_free(&w->in);
    tcp_release(w->wsi);
    watch(w);
    lws_callback_on_writable(w->wsi);
    tell_service(w);
}

static void log_conn(const struct ws_conn *w, const char *event, const char *msg) {
    char ip[64];
    LOG(LOG_LEVEL_INFO, event, msg, LOG_STR("conn", w->label),
        LOG_STR("client", tcp_client_text(w->wsi, ip)));
}

/* A client that cannot be told any more: its socket takes nothing. */
static void conn_lose(struct ws_conn *w, us_t now) {
    drop_queue(w);
    conn_close(w, WS_CLOSE_AGAIN);
    w->kill_at = now;
    watch(w);
}

static void on_deadline(struct deadline *d, us_t now) {
    struct ws_conn *w = CONTAINER_OF(d, struct ws_conn, deadline);
    struct loop *l = w->loop;
    if (w->kill_at <= now) {
        l->counters.ws_killed++;
        tcp_kill(w->wsi);
        return;
    }
    if (w->pong_by <= now) {
        l->counters.ws_pong_missing++;
        log_conn(w, "ws_no_pong", "A client did not answer a ping and was closed.");
        conn_lose(w, now);
        l->ws->settle(l->ws->ctx);
        return;
    }
    if (w->whole_by <= now) {
        l->counters.timeouts_message++;
        conn_close(w, WS_CLOSE_POLICY);
        l->ws->settle(l->ws->ctx);
        return;
    }
    if (w->ping_at <= now) {
        struct rng rng = clock_rng();
        w->ping_at = now + us_of_s(l->config->timeouts_ping_s);
        if (w->pong_by == US_NEVER) {
            w->pong_by = now + us_of_s(l->config->timeouts_pong_s);
            rng_fill(&rng, w->nonce, sizeof(w->nonce));
        }
        w->ping_due = true;
        lws_callback_on_writable(w->wsi);
    }
    watch(w);
}

static struct ws_conn *conn_new(struct loop *l, struct lws *wsi) {
    struct ws_conn *w = mem_zalloc(1, sizeof(*w));
    if (!w) {
        return NULL;
    }
    w->deadline = (struct deadline){.timer = {.at = US_NEVER}, .due = on_deadline};
    w->ping_at = clock_now() + us_of_s(l->config->timeouts_ping_s);
    w->pong_by = w->whole_by = w->kill_at = US_NEVER;
    w->loop = l;
    w->wsi = wsi;
    w->id = ++l->next_id;
    w->tail = &w->head;
    snprintf(w->label, sizeof(w->label), "c%" PRIu64, w->id);
    if (map_put(l->conns, w->id, w) != OK) {
        return mem_free(w);
    }
    list_push(&l->all_ws, &w->in_loop);
    return w;
}

static int opened(struct loop *l, struct lws *wsi, struct ws_conn **slot) {
    struct ws_conn *w = conn_new(l, wsi);
    if (!w) {
        return -1;
    }
    *slot = w;
    tcp_phase(wsi, TCP_WEBSOCKET);
    watch(w);
    l->counters.ws_opened++;
    log_conn(w, "ws_open", "A signaling connection was opened.");
    w->known = !l->stopping && l->ws->opened(l->ws->ctx, w->id);
    if (!w->known) {
        conn_close(w, WS_CLOSE_AGAIN);
        return 0;
    }
    l->ws->settle(l->ws->ctx);
    return 0;
}

static void closed(struct loop *l, struct ws_conn **slot) {
    struct ws_conn *w = *slot;
    if (!w) {
        return;
    }
    *slot = NULL;
    map_take(l->conns, w->id);
    list_remove(&w->in_loop);
    LOG(LOG_LEVEL_INFO, "ws_closed", "A signaling connection ended.", LOG_STR("conn", w->label));
    deadlines_set(l->deadlines, &w->deadline, US_NEVER);
    tell_service(w);
    drop_queue(w);
    buffer_free(&w->in);
    mem_free(w);
    l->ws->settle(l->ws->ctx);
}

/* The client has begun to close. It may go on not to read, so our deadline runs, too. */
static void client_closes(struct loop *l, struct ws_conn *w) {
    if (w) {
        conn_close(w, WS_CLOSE_NORMAL);
        l->ws->settle(l->ws->ctx);
    }
}

static void ponged(struct ws_conn *w, const void *in, size_t n) {
    /* Only the payload of our ping shows that the client reads (RFC 6455 section 5.5.3). */
    if (w && w->pong_by != US_NEVER && n == NONCE && memcmp(in, w->nonce, NONCE) == 0) {
        w->pong_by = US_NEVER;
        watch(w);
    }
}

/* Append to the message; it may become one byte longer than the limit, which is how the service
 * learns that it was too large and answers so. */
static bool append(struct ws_conn *w, const char *in, size_t n) {
    size_t max = bytes_of_kib(w->loop->config->limits_message_kib) + 1;
    if (n > max - w->in.n) {
        w->in_more += n - (max - w->in.n);
        n = max - w->in.n;
    }
    if (!tcp_hold(w->wsi, n)) {
        conn_close(w, WS_CLOSE_AGAIN);
        return true;
    }
    buffer_put(&w->in, in, n);
    return !w->in.bad;
}

/* What trickles holds memory, as long as it comes in time. Who answers pings may do that for ever,
 * so its time runs from the first byte and no later one moves it. */
static void await_rest(struct ws_conn *w) {
    if (w->whole_by == US_NEVER) {
        w->whole_by = clock_now() + us_of_s(w->loop->config->timeouts_body_s);
        watch(w);
    }
}

static int received(struct loop *l, struct ws_conn *w, const char *in, size_t n) {
    if (!w || w->close_status || l->stopping) {
        return 0; /* what comes after our close is not read (RFC 6455 section 5.5.1) */
    }
    if (!append(w, in, n)) {
        return -1;
    }
    if (w->close_status) {
        l->ws->settle(l->ws->ctx);
        return 0;
    }
    bool last = lws_is_final_fragment(w->wsi) && lws_remaining_packet_payload(w->wsi) == 0;
    if (!last && w->in_more > DISCARD_MAX) {
        l->counters.ws_too_large++;
        conn_close(w, WS_CLOSE_TOO_BIG);
        l->ws->settle(l->ws->ctx);
        return 0;
    }
    if (!last) {
        await_rest(w);
        return 0;
    }
    w->whole_by = US_NEVER;
    l->counters.ws_in++;
    l->counters.ws_too_large += w->in_more > 0;
    if (lws_frame_is_binary(w->wsi)) {
        buffer_cut(&w->in, 0); /* only text frames carry messages: an empty one is bad_json */
    }
    /* Ours until the service has read it, although it may close the connection meanwhile. */
    struct buffer message = w->in;
    w->in = (struct buffer){0};
    w->in_more = 0;
    tcp_release(w->wsi);
    l->ws->message(l->ws->ctx, w->id, message.p ? message.p : "", message.n);
    buffer_free(&message);
    l->ws->settle(l->ws->ctx);
    return 0;
}

/* Write what the socket takes. False when it is broken. */
static bool flush(struct ws_conn *w) {
    uint8_t ping[LWS_PRE + NONCE];
    bool ok = true;
    if (w->ping_due && !lws_send_pipe_choked(w->wsi)) {
        w->ping_due = false;
        memcpy(ping + LWS_PRE, w->nonce, NONCE);
        ok = lws_write(w->wsi, ping + LWS_PRE, NONCE, LWS_WRITE_PING) >= 0;
    }
    for (size_t n = 0; ok && w->head && n < TURN_BYTES && !lws_send_pipe_choked(w->wsi);) {
        struct ws_out *o = w->head;
        w->head = o->next;
        w->tail = w->head ? w->tail : &w->head;
        w->queued -= o->n;
        n += o->n;
        ok = lws_write(w->wsi, o->data + LWS_PRE, o->n, LWS_WRITE_TEXT) >= (int)o->n;
        mem_free(o);
        w->loop->counters.ws_out++;
    }
    return ok;
}

/* Who was closed for what he sends is still sending. */
static bool floods(const struct ws_conn *w) {
    return w->close_status == WS_CLOSE_POLICY || w->close_status == WS_CLOSE_TOO_BIG ||
           w->close_status == WS_CLOSE_AGAIN;
}

/* A socket that is closed while something comes is reset, and the client never sees why (RFC 1122
 * section 4.2.2.13). So the close frame goes out, and what comes is thrown away until the client
 * closes or the deadline ends it. libwebsockets would close first: the frame is written as it is.
 */
static int say_close(struct ws_conn *w) {
    uint8_t frame[LWS_PRE + 4];
    uint8_t *p = frame + LWS_PRE;
    p[0] = 0x88; /* final, close: RFC 6455 section 5.2 */
    p[1] = 2;
    p[2] = (uint8_t)(w->close_status >> 8);
    p[3] = (uint8_t)w->close_status;
    w->said_close = true;
    return lws_write(w->wsi, p, 4, LWS_WRITE_HTTP_HEADERS) == 4 ? 0 : -1;
}

static int writable(struct ws_conn *w) {
    if (!w) {
        return 0;
    }
    if (!flush(w)) {
        return -1;
    }
    if (w->head || w->ping_due) {
        lws_callback_on_writable(w->wsi);
    } else if (w->said_close) {
        return 0;
    } else if (floods(w)) {
        return say_close(w);
    } else if (w->close_status) {
        lws_close_reason(w->wsi, (enum lws_close_status)w->close_status, NULL, 0);
        return -1;
    }
    return 0;
}

int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t len) {
    struct loop *l = lws_context_user(lws_get_context(wsi));
    struct ws_conn **slot = user;
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        return opened(l, wsi, slot);
    case LWS_CALLBACK_RECEIVE:
        return received(l, *slot, in, len);
    case LWS_CALLBACK_RECEIVE_PONG:
        ponged(*slot, in, len);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return writable(*slot);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        client_closes(l, *slot);
        return 0;
    case LWS_CALLBACK_CLOSED:
        closed(l, slot);
        return 0;
    default:
        return 0;
    }
}

/* 0, or the status that refuses. */
static int protocol_status(struct lws *wsi) {
    char *list = NULL;
    bool ok = header_copy(wsi, WSI_TOKEN_PROTOCOL, &list);
    int status = !ok ? 503 : url_list_has(list, WS_PROTOCOL) ? 0 : 400;
    mem_free(list);
    return status;
}

static bool listed(const struct config_list *list, const char *text) {
    for (size_t i = 0; i < list->n; i++) {
        if (strcasecmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* May pages of this Origin open a WebSocket? NULL: not a browser. */
static bool origin_ok(const struct loop *l, const char *origin, const char *host) {
    return !origin || strcasecmp(origin, l->origin) == 0 || listed(&l->config->origins, origin) ||
           (host && url_same_host(origin, host));
}

/* 0, or 400: HTTP/1.1 with a key of 16 bytes in base64 and no body, which would be taken for frames
 * (RFC 6455 section 4.2.1). libwebsockets looks for a key of any size only. */
static int handshake_status(struct lws *wsi) {
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char key[KEY_LEN + 1] = "", version[16] = "", length[2] = "0";
    bool is_key = lws_hdr_copy(wsi, key, sizeof(key), WSI_TOKEN_KEY) == KEY_LEN &&
                  strspn(key, base64) == KEY_LEN - 2 && strcmp(key + KEY_LEN - 2, "==") == 0;
    bool body = lws_hdr_copy(wsi, length, sizeof(length), WSI_TOKEN_HTTP_CONTENT_LENGTH) < 0 ||
                (*length && strcmp(length, "0") != 0) ||
                lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
    bool is_1_1 = lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_HTTP) > 0 &&
                  strcmp(version, "HTTP/1.1") == 0;
    return is_key && is_1_1 && !body ? 0 : 400;
}

int ws_upgrade_status(struct loop *l, struct lws *wsi) {
    char path[64] = "";
    if (lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) < 0 ||
        strcmp(path, WS_PATH) != 0) {
        return 404;
    }
    char *origin = NULL, *host = NULL;
    /* Without memory an Origin must not pass for none. */
    bool read =
        header_copy(wsi, WSI_TOKEN_ORIGIN, &origin) && header_copy(wsi, WSI_TOKEN_HOST, &host);
    bool ok = read && origin_ok(l, origin, host);
    if (read && !ok) {
        l->counters.ws_origin_refused++;
        LOG(LOG_LEVEL_WARN, "origin_refused", "A page of a foreign origin was refused.",
            LOG_STR("origin", origin));
    }
    mem_free(origin);
    mem_free(host);
    if (!ok) {
        return read ? 403 : 503;
    }
    char version[4] = "";
    if (lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_VERSION) < 0 ||
        strcmp(version, "13") != 0) {
        return 426;
    }
    int status = handshake_status(wsi);
    return status ? status : l->stopping ? 503 : protocol_status(wsi);
}

/* The first in the queue does not count, however large it is: a roster that is longer than the
 * limit is nobody's slowness, and who joins again would be sent it again. So at most one message
 * more than the limit waits, and what one message can be is bounded by limits.participants. */
static bool has_room(const struct ws_conn *w, size_t n) {
    size_t limit = bytes_of_kib(w->loop->config->limits_send_queue_kib);
    return !w->head || w->queued - w->head->n + n <= limit;
}

void ws_send(struct loop *l, uint64_t id, const char *text, size_t n) {
    struct ws_conn *w = map_get(l->conns, id);
    struct ws_out *o = NULL;
    if (!w || w->close_status) {
        return;
    }
    /* A long queue alone does not make a client slow: much may have been said within one turn. */
    bool room = has_room(w, n) || (flush(w) && has_room(w, n));
    if (room) {
        o = mem_alloc(sizeof(*o) + LWS_PRE + n);
    }
    if (!o) {
        l->counters.ws_slow++;
        log_conn(w, "ws_slow", "A client does not read what it is sent and was closed.");
        drop_queue(w);
        conn_close(w, WS_CLOSE_AGAIN);
        return;
    }
    o->next = NULL;
    o->n = n;
    memcpy(o->data + LWS_PRE, text, n);
    *w->tail = o;
    w->tail = &o->next;
    w->queued += n;
    lws_callback_on_writable(w->wsi);
}

const struct addr *ws_client(const struct loop *l, uint64_t id) {
    const struct ws_conn *w = map_get(l->conns, id);
    return w ? tcp_client(w->wsi) : NULL;
}

void ws_close(struct loop *l, uint64_t id, uint16_t status) {
    struct ws_conn *w = map_get(l->conns, id);
    if (w) {
        conn_close(w, status);
    }
}

void ws_close_all(struct loop *l, uint16_t status) {
    LIST_EACH(at, &l->all_ws) {
        conn_close(LIST_ENTRY(at, struct ws_conn, in_loop), status);
    }
}
