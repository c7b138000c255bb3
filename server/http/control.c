#include "server/http/control.h"

#include "base/alloc.h"
#include "server/api/routes.h"
#include "server/http/http.h"
#include "server/http/tcp.h"
#include "server/http/ws.h"
#include "server/net/addresses.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_MAX 16384 /* [bytes] all headers of one request */
#define DRAIN_TIME US_PER_S
#define SPARE 16 /* header tables, deadlines: beyond one for each connection */

static const struct lws_protocols protocols[] = {
    {"http", http_callback, HTTP_SESSION_SIZE, 0, 0, NULL, 0},
    {WS_PROTOCOL, ws_callback, WS_SESSION_SIZE, 16384, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

static void lws_line(int level, const char *line) {
    char text[512];
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\r\n"), line);
    LOG(level == LLL_ERR ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "libwebsockets", text,
        LOG_NUM("level", level));
}

char *control_header(struct lws *wsi, enum lws_token_indexes h) {
    int n = lws_hdr_total_length(wsi, h);
    if (n <= 0 || n > HEADER_MAX) {
        return NULL;
    }
    char *v = mem_alloc((size_t)n + 1);
    if (v && lws_hdr_copy(wsi, v, n + 1, h) != n) {
        return mem_free(v);
    }
    return v;
}

static bool listed(const struct config_list *list, const char *text) {
    for (size_t i = 0; i < list->n; i++) {
        if (strcasecmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

bool control_origin_ok(const struct control *c, const char *origin, const char *host) {
    return !origin || strcasecmp(origin, c->origin) == 0 || listed(&c->config->origins, origin) ||
           (host && url_same_host(origin, host));
}

const char *control_client(struct lws *wsi, char *out) {
    const struct addr *a = tcp_client(wsi);
    char text[INET6_ADDRSTRLEN] = "";
    if (a) {
        inet_ntop(AF_INET6, a->ip, text, sizeof(text));
    }
    return log_address(text, out);
}

void control_wake(void *ctx) {
    struct control *c = ctx;
    lws_cancel_service(c->lws);
}

static void on_deadline(struct lws_sorted_usec_list *sul) {
    control_service(lws_container_of(sul, struct control, sul));
}

static void reschedule(struct control *c) {
    us_t at = c->stopping ? US_NEVER : glue_deadline(c->glue), now = clock_now();
    if (at == US_NEVER) {
        lws_sul_schedule(c->lws, 0, &c->sul, on_deadline, LWS_SET_TIMER_USEC_CANCEL);
        return;
    }
    /* One millisecond at least: a deadline that has passed must not starve the sockets. */
    lws_sul_schedule(c->lws, 0, &c->sul, on_deadline, us_max(at - now, US_PER_MS));
}

void control_effects(struct control *c) {
    if (!c->stopping) {
        glue_effects(c->glue, clock_now());
        reschedule(c);
    }
}

void control_service(struct control *c) {
    struct read_reply reply;
    struct job_reply job;
    if (c->reader) {
        reader_thread_listen(c->reader);
    }
    while (c->reader && reader_thread_reply(c->reader, &reply)) {
        recordings_reply(c, &reply);
    }
    if (c->jobs) {
        jobs_thread_listen(c->jobs);
    }
    while (c->jobs && jobs_thread_reply(c->jobs, &job)) {
        derived_reply(c, &job);
    }
    if (c->glue && !c->stopping) {
        glue_service(c->glue, clock_now());
        reschedule(c);
    }
}

void control_deliver(void *ctx, const struct sig_effect *e) {
    struct control *c = ctx;
    switch (e->type) {
    case EFFECT_SEND:
        ws_send(c, e->conn, e->text, e->len);
        return;
    case EFFECT_CLOSE:
        ws_close(c, e->conn, e->status);
        return;
    case EFFECT_HTTP:
        whip_answer(c, e);
        return;
    default:
        return;
    }
}

void control_note(void *ctx, const char *event, uint64_t tour, uint64_t peer, const char *detail) {
    (void)ctx;
    LOG(LOG_LEVEL_INFO, event, detail ? detail : "", LOG_NUM("tour", tour), LOG_NUM("peer", peer));
}

enum err control_open(struct control *c, char why[WHY_MAX]) {
    size_t conns = (size_t)c->config->max_connections;
    struct rng rng = clock_rng();
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS |
                   (c->tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
        .server_string = "oriel",
        .max_http_header_data = HEADER_MAX,
        /* Every connection holds a header table from accept until its request is answered, also
         * one that says nothing: with fewer tables than connections silent ones stop the server. */
        .max_http_header_pool2 = (unsigned)conns + SPARE,
        .timeout_secs = (unsigned)c->config->http_s, /* of bodies, and of a TLS shutdown */
        .user = c,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    lws_set_log_level(LLL_ERR | LLL_WARN, lws_line);
    c->scratch = mem_alloc(LWS_PRE + READER_CHUNK_MAX);
    list_init(&c->all_ws);
    c->conns = map_new(conns + 1, 1);
    c->requests = map_new(conns + 1, 2);
    c->addresses = addresses_new(&(struct addresses_config){
        .connections = (uint32_t)c->config->max_per_address,
        .requests = (uint32_t)c->config->max_requests,
        .input = (size_t)c->config->input_mib << 20,
        .cap = 2 * conns, /* a proxy's connection and the client it works for */
        .seed = rng_u64(&rng)});
    bool ok = c->scratch && c->conns && c->requests && c->addresses;
    c->lws = ok ? lws_create_context(&info) : NULL;
    if (!c->lws || deadlines_open(&c->deadlines, c->lws, 2 * conns + SPARE) != OK) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    return OK;
}

enum err control_port_free(const struct config *cfg, char why[WHY_MAX]) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)cfg->listen_port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)cfg->listen_port)};
    bool is_v4 = inet_pton(AF_INET, cfg->listen_address, &v4.sin_addr) == 1;
    inet_pton(AF_INET6, cfg->listen_address, &v6.sin6_addr);
    int one = 1, fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0;
    ok = ok && (is_v4 ? bind(fd, (struct sockaddr *)&v4, sizeof(v4))
                      : bind(fd, (struct sockaddr *)&v6, sizeof(v6))) == 0;
    ok = ok && listen(fd, 1) == 0;
    if (!ok) {
        snprintf(why, WHY_MAX, "cannot listen on %.64s port %" PRId64 ": %.60s%s",
                 cfg->listen_address, cfg->listen_port, strerror(errno),
                 errno == EADDRINUSE ? " (another server runs there; see listen.port)" : "");
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok ? OK : ERR_IO;
}

enum err control_listen(struct control *c, char why[WHY_MAX]) {
    const struct config *cfg = c->config;
    bool v6 = strchr(cfg->listen_address, ':') != NULL;
    struct lws_context_creation_info info = {
        .port = cfg->listen_port ? (int)cfg->listen_port : 0,
        .iface = strcmp(cfg->listen_address, "::") == 0 ? NULL : cfg->listen_address,
        .protocols = protocols,
        .vhost_name = "oriel",
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (c->tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0) |
                   (v6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        /* Ours are tcp.h's; these stand behind them. */
        .timeout_secs_ah_idle = (unsigned)cfg->headers_s + SPARE,
        .keepalive_timeout = KEEPALIVE_S,
        .alpn = "http/1.1",
        .ssl_cert_filepath = c->tls ? cfg->tls_cert : NULL,
        .ssl_private_key_filepath = c->tls ? cfg->tls_key : NULL,
        .ssl_options_set = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1,
    };
    c->vhost = lws_create_vhost(c->lws, &info);
    if (!c->vhost) {
        snprintf(why, WHY_MAX, "cannot listen on %.64s port %" PRId64, cfg->listen_address,
                 cfg->listen_port);
        return ERR_IO;
    }
    c->port = (uint16_t)lws_get_vhost_listen_port(c->vhost);
    /* Wake-ups before there was a listener went unheard. */
    control_service(c);
    return OK;
}

bool control_turn(struct control *c) {
    return lws_service(c->lws, 0) >= 0;
}

void control_drain(struct control *c) {
    us_t end = clock_now() + DRAIN_TIME;
    c->stopping = true;
    ws_close_all(c, WS_CLOSE_AWAY);
    while (map_len(c->conns) > 0 && clock_now() < end) {
        lws_sul_schedule(c->lws, 0, &c->sul, on_deadline, 50 * US_PER_MS);
        if (!control_turn(c)) {
            return;
        }
    }
}

void control_close(struct control *c) {
    c->stopping = true;
    deadlines_stop(&c->deadlines);
    if (c->lws) {
        lws_context_destroy(c->lws);
        c->lws = NULL;
    }
    if (c->addresses) {
        tcp_forget_arriving(c);
        c->addresses = addresses_free(c->addresses);
    }
    deadlines_free(&c->deadlines);
    c->conns = map_free(c->conns);
    c->requests = map_free(c->requests);
    c->scratch = mem_free(c->scratch);
}
