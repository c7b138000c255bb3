#include "server/ws.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "server/clock.h"
#include "server/log.h"
#include "server/tcp.h"
#include "server/urls.h"

#include <inttypes.h>

struct ws_out {
    struct ws_out *next;
    size_t n;
    uint8_t data[]; /* LWS_PRE bytes of room, then n bytes */
};

struct ws_conn {
    struct control *control;
    struct lws *wsi;
    uint64_t id;
    char label[CONTROL_LABEL];
    struct ws_out *head, **tail;
    size_t queued;         /* [bytes] */
    struct buffer in;      /* the message being received */
    bool in_over;          /* more than limits.message_kib: the rest is thrown away */
    uint16_t close_status; /* 0 = open */
    bool told;             /* signaling knows this connection */
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

static void conn_close(struct ws_conn *w, uint16_t status) {
    if (w->close_status == 0) {
        w->close_status = status;
        lws_callback_on_writable(w->wsi);
    }
}

static void log_conn(const struct ws_conn *w, const char *event, const char *msg) {
    char ip[64];
    LOG(LOG_LEVEL_INFO, event, msg, LOG_STR("conn", w->label),
        LOG_STR("client", control_client(w->wsi, ip)));
}

static int opened(struct control *c, struct lws *wsi, struct ws_conn **slot) {
    struct ws_conn *w = mem_zalloc(1, sizeof(*w));
    if (!w) {
        return -1;
    }
    w->control = c;
    w->wsi = wsi;
    w->id = ++c->next_id;
    w->tail = &w->head;
    snprintf(w->label, sizeof(w->label), "c%" PRIu64, w->id);
    if (map_put(c->conns, w->id, w) != OK) {
        mem_free(w);
        return -1;
    }
    *slot = w;
    tcp_phase(wsi, TCP_WEBSOCKET);
    c->counters.ws_opened++;
    log_conn(w, "ws_open", "A signaling connection was opened.");
    enum err e = c->stopping ? ERR_FULL : sig_open(c->sig, clock_now(), w->id);
    w->told = e == OK;
    if (e != OK) {
        conn_close(w, WS_CLOSE_AGAIN);
        return 0;
    }
    control_effects(c);
    return 0;
}

static void closed(struct control *c, struct ws_conn **slot) {
    struct ws_conn *w = *slot;
    if (!w) {
        return;
    }
    *slot = NULL;
    map_take(c->conns, w->id);
    LOG(LOG_LEVEL_INFO, "ws_closed", "A signaling connection ended.", LOG_STR("conn", w->label));
    uint64_t id = w->id;
    bool told = w->told && !c->stopping;
    drop_queue(w);
    buffer_free(&w->in);
    mem_free(w);
    if (told) {
        sig_closed(c->sig, clock_now(), id);
        control_effects(c);
    }
}

/* Append to the message; it may become one byte longer than the limit, which is how signaling
 * learns that it was too large and answers so. */
static bool append(struct ws_conn *w, const char *in, size_t n) {
    size_t max = (size_t)w->control->config->message_kib * 1024 + 1;
    if (n > max - w->in.n) {
        n = max - w->in.n;
        w->in_over = true;
    }
    buffer_put(&w->in, in, n);
    return !w->in.bad;
}

static int received(struct control *c, struct ws_conn *w, const char *in, size_t n) {
    if (!w || w->close_status || c->stopping) {
        return 0; /* what comes after our close is not read (RFC 6455 section 5.5.1) */
    }
    if (!append(w, in, n)) {
        return -1;
    }
    if (!lws_is_final_fragment(w->wsi) || lws_remaining_packet_payload(w->wsi) > 0) {
        return 0;
    }
    c->counters.ws_in++;
    c->counters.ws_too_large += w->in_over;
    if (lws_frame_is_binary(w->wsi)) {
        buffer_cut(&w->in, 0); /* only text frames carry messages: an empty one is bad_json */
    }
    /* Ours until signaling has read it, although it may close the connection meanwhile. */
    struct buffer message = w->in;
    w->in = (struct buffer){0};
    w->in_over = false;
    sig_message(c->sig, clock_now(), w->id, message.p ? message.p : "", message.n);
    buffer_free(&message);
    control_effects(c);
    return 0;
}

static int writable(struct control *c, struct ws_conn *w) {
    if (!w) {
        return 0;
    }
    struct ws_out *o = w->head;
    if (!o) {
        if (w->close_status) {
            lws_close_reason(w->wsi, (enum lws_close_status)w->close_status, NULL, 0);
            return -1;
        }
        return 0;
    }
    w->head = o->next;
    w->tail = w->head ? w->tail : &w->head;
    w->queued -= o->n;
    int written = lws_write(w->wsi, o->data + LWS_PRE, o->n, LWS_WRITE_TEXT);
    bool ok = written >= (int)o->n;
    mem_free(o);
    c->counters.ws_out++;
    if (w->head || w->close_status) {
        lws_callback_on_writable(w->wsi);
    }
    return ok ? 0 : -1;
}

int ws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                size_t len) {
    struct control *c = lws_context_user(lws_get_context(wsi));
    struct ws_conn **slot = user;
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED:
        return opened(c, wsi, slot);
    case LWS_CALLBACK_RECEIVE:
        return received(c, *slot, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return writable(c, *slot);
    case LWS_CALLBACK_CLOSED:
        closed(c, slot);
        return 0;
    default:
        return 0;
    }
}

static bool offers_protocol(struct lws *wsi) {
    char *list = control_header(wsi, WSI_TOKEN_PROTOCOL);
    bool found = url_list_has(list, WS_PROTOCOL);
    mem_free(list);
    return found;
}

int ws_upgrade_status(struct control *c, struct lws *wsi) {
    char path[64] = "";
    if (lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) < 0 ||
        strcmp(path, WS_PATH) != 0) {
        return 404;
    }
    char *origin = control_header(wsi, WSI_TOKEN_ORIGIN);
    char *host = control_header(wsi, WSI_TOKEN_HOST);
    bool ok = control_origin_ok(c, origin, host);
    if (!ok) {
        c->counters.ws_origin_refused++;
        LOG(LOG_LEVEL_WARN, "origin_refused", "A page of a foreign origin was refused.",
            LOG_STR("origin", origin));
    }
    mem_free(origin);
    mem_free(host);
    if (!ok) {
        return 403;
    }
    if (c->stopping) {
        return 503;
    }
    return offers_protocol(wsi) ? 0 : 400;
}

void ws_send(struct control *c, uint64_t id, const char *text, size_t n) {
    struct ws_conn *w = map_get(c->conns, id);
    if (!w || w->close_status) {
        return;
    }
    struct ws_out *o = NULL;
    if (w->queued + n <= (size_t)c->config->send_queue_kib * 1024) {
        o = mem_alloc(sizeof(*o) + LWS_PRE + n);
    }
    if (!o) {
        c->counters.ws_slow++;
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

void ws_close(struct control *c, uint64_t id, uint16_t status) {
    struct ws_conn *w = map_get(c->conns, id);
    if (w) {
        conn_close(w, status);
    }
}

void ws_close_all(struct control *c, uint16_t status) {
    for (uint64_t id = 1; id <= c->next_id && map_len(c->conns) > 0; id++) {
        ws_close(c, id, status);
    }
}
