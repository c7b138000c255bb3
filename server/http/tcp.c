#include "server/http/tcp.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "server/config/units.h"
#include "server/http/deadlines.h"
#include "server/http/header.h"
#include "server/net/address_rates.h"
#include "server/net/addresses.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define LINGER (2 * US_PER_S)
#define LINGER_MAX (8 * 1024 * 1024) /* [bytes] thrown away before that is enough */
#define KILL_AGAIN (500 * US_PER_MS)

struct tcp {
    struct deadline deadline;
    struct loop *loop;
    struct lws *wsi;
    struct addr client;
    bool proxy, named;       /* a trusted proxy; it has said who the client is */
    struct address *address; /* charged with the connection; NULL: a proxy's */
    struct address *request; /* charged with the request under way, or NULL */
    enum tcp_phase phase;
    size_t discarded; /* [bytes] */
    size_t held;      /* [bytes] of input, charged to the request's or connection's address */
    bool dying;
};

static struct tcp *of(struct lws *wsi) {
    return lws_get_opaque_user_data(wsi);
}

/* ---- addresses ---- */

/* Without its port: all connections from there. */
static bool peer_of(int fd, struct addr *ret) {
    struct sockaddr_storage s = {0};
    socklen_t n = sizeof(s);
    if (getpeername(fd, (struct sockaddr *)&s, &n) != 0 ||
        (s.ss_family != AF_INET && s.ss_family != AF_INET6)) {
        return false;
    }
    *ret = sockaddr_addr(&s);
    ret->port = 0;
    ret->scope = 0;
    return true;
}

static bool is_proxy(const struct loop *l, const struct addr *peer) {
    const struct config_list *list = &l->config->trusted_proxies;
    struct addr a;
    for (size_t i = 0; i < list->n; i++) {
        if (sockaddr_parse(list->items[i], 0, &a) && memcmp(a.ip, peer->ip, sizeof(a.ip)) == 0) {
            return true;
        }
    }
    return false;
}

/* The last entry is the one our own proxy wrote; those before it come from anybody. *ret_named:
 * whether it is an address. False when memory is out. */
static bool forwarded_for(struct lws *wsi, struct addr *ret, bool *ret_named) {
    char *all = NULL;
    if (!header_copy(wsi, WSI_TOKEN_X_FORWARDED_FOR, &all)) {
        return false;
    }
    char *last = all ? strrchr(all, ',') : NULL;
    last = last ? last + 1 : all;
    *ret_named = false;
    if (last) {
        last += strspn(last, " \t");
        last[strcspn(last, " \t")] = '\0';
        *ret_named = sockaddr_parse(last, 0, ret);
    }
    mem_free(all);
    return true;
}

const struct addr *tcp_client(struct lws *wsi) {
    const struct tcp *t = of(wsi);
    return t && (!t->proxy || t->named) ? &t->client : NULL;
}

const char *tcp_client_text(struct lws *wsi, char *out) {
    const struct addr *a = tcp_client(wsi);
    char text[INET6_ADDRSTRLEN] = "";
    if (a) {
        inet_ntop(AF_INET6, a->ip, text, sizeof(text));
    }
    return log_address(text, out);
}

/* ---- its life ---- */

static struct address *payer(struct tcp *t) {
    return t->request ? t->request : t->address;
}

static void release(struct tcp *t) {
    if (t->held > 0) {
        addresses_release(payer(t), t->held);
        t->held = 0;
    }
}

static void give_back_request(struct tcp *t) {
    struct address *x = t->request;
    release(t);
    t->request = NULL;
    if (x) {
        addresses_end(x);
        if (t->proxy) {
            addresses_disconnect(t->loop->addresses, x);
        }
    }
}

void tcp_end(struct lws *wsi) {
    struct tcp *t = of(wsi);
    if (t) {
        give_back_request(t);
    }
}

/* A violent end: nothing is flushed, no close frame waits for room. It happens at the next turn of
 * the loop, unless libwebsockets sets a timeout of its own in between: so it is said again. */
static void end_it(struct tcp *t, us_t now) {
    t->dying = true;
    lws_set_timeout(t->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    deadlines_set(t->loop->deadlines, &t->deadline, now + KILL_AGAIN);
}

static void on_deadline(struct deadline *d, us_t now) {
    struct tcp *t = CONTAINER_OF(d, struct tcp, deadline);
    struct loop_counters *n = &t->loop->counters;
    if (!t->dying) {
        n->timeouts_headers += t->phase == TCP_HEADERS;
        n->timeouts_body += t->phase == TCP_BODY;
        n->timeouts_answer += t->phase == TCP_ANSWER;
    }
    end_it(t, now);
}

void tcp_forget_arriving(struct loop *l) {
    if (l->arriving) {
        addresses_disconnect(l->addresses, l->arriving->address);
        l->arriving = mem_free(l->arriving);
    }
}

bool tcp_admit(struct loop *l, int fd) {
    tcp_forget_arriving(l);
    if (l->stopping || l->open >= (uint32_t)l->config->limits_connections) {
        l->counters.refused_connections++;
        return false;
    }
    struct tcp *t = mem_zalloc(1, sizeof(*t));
    if (!t || !peer_of(fd, &t->client)) {
        mem_free(t);
        return false;
    }
    t->loop = l;
    t->deadline = (struct deadline){.timer = {.at = US_NEVER}, .due = on_deadline};
    t->proxy = is_proxy(l, &t->client);
    if (!t->proxy &&
        address_rates_take(l->rates, clock_now(), &t->client, ADDRESS_CONNECTIONS) > 0) {
        l->counters.refused[REFUSED_CONNECTION_RATE]++;
        mem_free(t);
        return false;
    }
    if (!t->proxy && addresses_connect(l->addresses, &t->client, &t->address) != OK) {
        l->counters.refused_address++;
        mem_free(t);
        return false;
    }
    l->arriving = t;
    return true;
}

bool tcp_opened(struct loop *l, struct lws *wsi) {
    struct tcp *t = l->arriving;
    if (!t) {
        return false;
    }
    l->arriving = NULL;
    l->open++;
    t->wsi = wsi;
    lws_set_opaque_user_data(wsi, t);
    tcp_phase(wsi, TCP_HEADERS);
    return true;
}

void tcp_closed(struct loop *l, struct lws *wsi) {
    struct tcp *t = of(wsi);
    if (!t) {
        return;
    }
    lws_set_opaque_user_data(wsi, NULL);
    give_back_request(t);
    addresses_disconnect(l->addresses, t->address);
    deadlines_set(l->deadlines, &t->deadline, US_NEVER);
    l->open--;
    mem_free(t);
}

/* ---- requests ---- */

/* Whom this connection works for now. A proxy that names nobody asks for itself: *ret is NULL. */
static bool charge(struct tcp *t, struct address **ret) {
    *ret = t->address;
    if (!t->proxy) {
        return true;
    }
    if (!forwarded_for(t->wsi, &t->client, &t->named)) {
        return false;
    }
    if (t->named && addresses_connect(t->loop->addresses, &t->client, ret) != OK) {
        t->loop->counters.refused_address++;
        return false;
    }
    return true;
}

bool tcp_begin(struct lws *wsi) {
    struct tcp *t = of(wsi);
    struct address *x = NULL;
    tcp_end(wsi);
    if (!charge(t, &x)) {
        return false;
    }
    if (x && !addresses_begin(t->loop->addresses, x)) {
        t->loop->counters.refused_requests++;
        if (t->proxy) {
            addresses_disconnect(t->loop->addresses, x);
        }
        return false;
    }
    t->request = x;
    return true;
}

bool tcp_upgrade(struct lws *wsi, us_t *ret_wait) {
    struct tcp *t = of(wsi);
    struct address *x = NULL;
    *ret_wait = US_PER_S;
    if (!charge(t, &x)) {
        return false;
    }
    *ret_wait =
        address_rates_take(t->loop->rates, clock_now(), tcp_client(wsi), ADDRESS_HANDSHAKES);
    if (*ret_wait > 0) {
        t->loop->counters.refused[REFUSED_HANDSHAKE_RATE]++;
        if (t->proxy) {
            addresses_disconnect(t->loop->addresses, x);
        }
        return false;
    }
    t->address = x;
    return true;
}

bool tcp_hold(struct lws *wsi, size_t n) {
    struct tcp *t = of(wsi);
    struct address *x = payer(t);
    if (!x) {
        return true; /* a trusted proxy that asks for itself */
    }
    if (!addresses_hold(t->loop->addresses, x, n)) {
        t->loop->counters.refused_input++;
        return false;
    }
    t->held += n;
    return true;
}

void tcp_release(struct lws *wsi) {
    release(of(wsi));
}

/* ---- time ---- */

void tcp_phase(struct lws *wsi, enum tcp_phase phase) {
    struct tcp *t = of(wsi);
    const struct config *cfg = t->loop->config;
    const us_t limit[] = {
        [TCP_HEADERS] = us_of_s(cfg->timeouts_headers_s),
        [TCP_BODY] = us_of_s(cfg->timeouts_body_s),
        [TCP_ANSWER] = us_of_s(cfg->timeouts_http_s),
        [TCP_KEEPALIVE] = us_of_s(KEEPALIVE_S + cfg->timeouts_headers_s),
        [TCP_LINGER] = LINGER,
        [TCP_WEBSOCKET] = US_NEVER,
    };
    if (!t->dying) {
        us_t at = limit[phase] == US_NEVER ? US_NEVER : clock_now() + limit[phase];
        t->phase = phase;
        deadlines_set(t->loop->deadlines, &t->deadline, at);
    }
}

enum tcp_phase tcp_phase_of(struct lws *wsi) {
    return of(wsi)->phase;
}

void tcp_linger(struct lws *wsi) {
    tcp_phase(wsi, TCP_LINGER);
    if (!of(wsi)->loop->tls) {
        (void)shutdown(lws_get_socket_fd(wsi),
                       SHUT_WR); /* a client that waits for the end sees it */
    }
}

bool tcp_discard(struct lws *wsi, size_t n) {
    struct tcp *t = of(wsi);
    t->discarded += n;
    return t->discarded < LINGER_MAX;
}

void tcp_kill(struct lws *wsi) {
    end_it(of(wsi), clock_now());
}
