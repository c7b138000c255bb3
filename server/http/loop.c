#include "server/http/loop.h"

#include "base/alloc.h"
#include "server/config/units.h"
#include "server/http/deadlines.h"
#include "server/http/header.h"
#include "server/http/listener.h"
#include "server/http/policy.h"
#include "server/http/request.h"
#include "server/http/request_callback.h"
#include "server/http/tcp.h"
#include "server/http/ws.h"
#include "server/http/ws_callback.h"
#include "server/net/address_rates.h"
#include "server/net/addresses.h"
#include "server/os/clock.h"
#include "server/os/log.h"

#include <inttypes.h>
#include <stdio.h>

#define DRAIN_TIME US_PER_S
/* Of TLS 1.2: with forward secrecy, and no CBC (RFC 9325 section 4.2). Of 1.3 OpenSSL has good ones
 * only. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"
#define SPARE 16 /* header tables, deadlines: beyond one for each connection */

static const struct lws_protocols protocols[] = {
    {"http", request_callback, REQUEST_SESSION_SIZE, 0, 0, NULL, 0},
    {WS_PROTOCOL, ws_callback, WS_SESSION_SIZE, 16384, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

struct loop_alarm {
    struct lws_sorted_usec_list sul;
    struct loop *loop;
};

static void lws_line(int level, const char *line) {
    char text[512];
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\r\n"), line);
    LOG(level == LLL_ERR ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "libwebsockets", text,
        LOG_NUM("level", level));
}

void loop_wake(void *ctx) {
    struct loop *l = ctx;
    lws_cancel_service(l->lws);
}

static void on_alarm(struct lws_sorted_usec_list *sul) {
    struct loop *l = lws_container_of(sul, struct loop_alarm, sul)->loop;
    l->woken(l->ctx);
}

void loop_alarm(struct loop *l, us_t at) {
    if (at == US_NEVER) {
        lws_sul_schedule(l->lws, 0, &l->alarm->sul, on_alarm, LWS_SET_TIMER_USEC_CANCEL);
        return;
    }
    /* One millisecond at least: a deadline that has passed must not starve the sockets. */
    lws_sul_schedule(l->lws, 0, &l->alarm->sul, on_alarm, us_max(at - clock_now(), US_PER_MS));
}

static struct address_rates *make_rates(const struct config *c, uint64_t seed) {
    return address_rates_new(&(struct address_rates_config){
        .per_minute = {[ADDRESS_CONNECTIONS] = (uint32_t)c->limits_connections_per_minute,
                       [ADDRESS_HANDSHAKES] = (uint32_t)c->limits_handshakes_per_minute,
                       [ADDRESS_OFFERS] = (uint32_t)c->limits_offers_per_minute,
                       [ADDRESS_FAILED_TOKENS] = (uint32_t)c->limits_failed_tokens_per_minute},
        .holds = 1u << ADDRESS_FAILED_TOKENS, /* who guesses gets no second one for each second */
        .cap = (size_t)c->limits_addresses,
        .seed = seed});
}

enum err loop_open(struct loop *l, char why[WHY_MAX]) {
    size_t conns = (size_t)l->config->limits_connections;
    struct rng rng = clock_rng();
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS |
                   (l->tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
        .server_string = "oriel",
        .max_http_header_data = HEADER_MAX,
        /* Every connection holds a header table from accept until its request is answered, also
         * one that says nothing: with fewer tables than connections silent ones stop the server. */
        .max_http_header_pool2 = (unsigned)conns + SPARE,
        .timeout_secs = (unsigned)l->config->timeouts_http_s, /* of bodies, and of a TLS shutdown */
        .user = l,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
    };
    lws_set_log_level(LLL_ERR | LLL_WARN, lws_line);
    l->scratch = mem_alloc(LWS_PRE + RESPOND_PIECE_MAX);
    list_init(&l->all_ws);
    l->conns = map_new(conns + 1, 1);
    l->requests = map_new(conns + 1, 2);
    l->addresses = addresses_new(&(struct addresses_config){
        .connections = (uint32_t)l->config->limits_connections_per_address,
        .requests = (uint32_t)l->config->limits_requests_per_address,
        .input = bytes_of_mib(l->config->limits_input_mib_per_address),
        .cap = 2 * conns, /* a proxy's connection and the client it works for */
        .seed = rng_u64(&rng)});
    l->rates = make_rates(l->config, rng_u64(&rng));
    l->deadlines = deadlines_new(2 * conns + SPARE);
    l->alarm = mem_zalloc(1, sizeof(*l->alarm));
    bool ok = l->scratch && l->conns && l->requests && l->addresses && l->rates && l->deadlines &&
              l->alarm;
    l->lws = ok ? lws_create_context(&info) : NULL;
    if (!l->lws) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    l->alarm->loop = l;
    deadlines_run(l->deadlines, l->lws);
    return OK;
}

enum err loop_bind(struct loop *l, const struct socket_place *place, char why[WHY_MAX]) {
    return listener_bind(l->config, place, &l->listener, why);
}

static void fill_urls(struct loop *l) {
    const struct config *cfg = l->config;
    if (*cfg->public_url) {
        snprintf(l->url, sizeof(l->url), "%.250s", cfg->public_url);
        size_t n = strlen(l->url);
        l->url[n - (l->url[n - 1] == '/')] = '\0';
    } else {
        bool v6 = strchr(cfg->listen_address, ':') != NULL;
        bool any = strcmp(cfg->listen_address, "0.0.0.0") == 0;
        snprintf(l->url, sizeof(l->url), "%s://%s%.64s%s:%u", l->tls ? "https" : "http",
                 v6 ? "[" : "", any ? "127.0.0.1" : cfg->listen_address, v6 ? "]" : "", l->port);
    }
    if (!url_origin(l->url, l->origin, sizeof(l->origin))) {
        l->origin[0] = '\0';
    }
}

enum err loop_listen(struct loop *l, char why[WHY_MAX]) {
    const struct config *cfg = l->config;
    const struct socket_place nowhere = {0};
    enum err e = l->listener ? OK : loop_bind(l, &nowhere, why);
    if (e != OK) {
        return e;
    }
    l->https = *cfg->public_url ? strncasecmp(cfg->public_url, "https://", 8) == 0 : l->tls;
    l->policy = policy_new(cfg, l->https);
    if (!l->policy) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .vhost_name = "oriel",
        .options = l->tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
        /* Ours are tcp.h's; these stand behind them. */
        .timeout_secs_ah_idle = (unsigned)cfg->timeouts_headers_s + SPARE,
        .keepalive_timeout = KEEPALIVE_S,
        .ssl_cipher_list = CIPHERS,
        .alpn = "http/1.1",
        .headers = policy_headers(l->policy), /* also on what libwebsockets answers itself */
        .ssl_cert_filepath = l->tls ? cfg->tls_cert : NULL,
        .ssl_private_key_filepath = l->tls ? cfg->tls_key : NULL,
        .ssl_options_set = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1,
    };
    l->vhost = lws_create_vhost(l->lws, &info);
    if (!l->vhost) {
        snprintf(why, WHY_MAX, "the HTTP server cannot start: out of memory, or a bad tls.cert");
        return ERR_IO;
    }
    l->port = listener_port(l->listener);
    fill_urls(l);
    return listener_begin(l->listener, l, why);
}

bool loop_turn(struct loop *l) {
    return lws_service(l->lws, 0) >= 0;
}

void loop_drain(struct loop *l) {
    us_t end = clock_now() + DRAIN_TIME;
    l->stopping = true;
    ws_close_all(l, WS_CLOSE_AWAY);
    while (map_len(l->conns) > 0 && clock_now() < end) {
        lws_sul_schedule(l->lws, 0, &l->alarm->sul, on_alarm, 50 * US_PER_MS);
        if (!loop_turn(l)) {
            return;
        }
    }
}

void loop_close(struct loop *l) {
    l->stopping = true;
    deadlines_stop(l->deadlines);
    if (l->lws) {
        lws_context_destroy(l->lws);
        l->lws = NULL;
        l->ssl = NULL;
    }
    l->listener = listener_free(l->listener);
    if (l->addresses) {
        tcp_forget_arriving(l);
        l->addresses = addresses_free(l->addresses);
    }
    l->policy = policy_free(l->policy);
    l->rates = address_rates_free(l->rates);
    l->deadlines = deadlines_free(l->deadlines);
    l->alarm = mem_free(l->alarm);
    l->conns = map_free(l->conns);
    l->requests = map_free(l->requests);
    l->scratch = mem_free(l->scratch);
}
