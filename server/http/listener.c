#include "server/http/listener.h"

#include "base/alloc.h"
#include "server/http/lws.h"
#include "server/http/tcp.h"
#include "server/os/clock.h"
#include "server/os/log.h"
#include "server/os/sockaddr.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024 /* connections that wait to be accepted; also while there is no process */
#define ACCEPTS 64   /* in one turn of the loop */
#define DEAF (100 * US_PER_MS) /* nobody is accepted while there are no descriptors */

struct listener {
    struct lws_sorted_usec_list sul;
    struct loop *loop; /* NULL = it has not begun */
    struct lws *wsi;
    struct socket_place place;
    int fd;
    bool given; /* it listens already, and is kept */
    uint16_t port;
};

static enum err refuse(const struct config *cfg, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX, "cannot listen on %.64s port %" PRId64 ": %.60s%s", cfg->listen_address,
             cfg->listen_port, strerror(errno),
             errno == EADDRINUSE ? " (another server runs there; see listen.port)" : "");
    return ERR_IO;
}

/* Its port, when it could be made. "::" serves IPv4, too, whatever the system's default is. */
static bool make(struct listener *x, const struct addr *bind_to) {
    struct sockaddr_storage name;
    int on = 1, off = 0;
    bool v6 = !addr_is_v4(bind_to);
    socklen_t n = sockaddr_of(bind_to, v6, &name);
    x->fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return x->fd >= 0 && setsockopt(x->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
           (!v6 || setsockopt(x->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
           bind(x->fd, (struct sockaddr *)&name, n) == 0;
}

static bool read_port(struct listener *x) {
    struct sockaddr_storage name = {0};
    socklen_t n = sizeof(name);
    bool ok = getsockname(x->fd, (struct sockaddr *)&name, &n) == 0;
    x->port = ok ? sockaddr_addr(&name).port : 0;
    return ok;
}

enum err listener_bind(const struct config *cfg, const struct socket_place *place,
                       struct listener **ret, char why[WHY_MAX]) {
    struct addr to;
    struct listener *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    x->place = *place;
    x->fd = -1;
    if (!sockaddr_parse(cfg->listen_address, (uint16_t)cfg->listen_port, &to)) {
        errno = EAFNOSUPPORT; /* the configuration was checked */
        listener_free(x);
        return refuse(cfg, why);
    }
    x->fd = socket_store_take(place, SOCKET_LISTENER, &to);
    x->given = x->fd >= 0;
    if ((!x->given && !make(x, &to)) || !read_port(x)) {
        enum err e = refuse(cfg, why);
        listener_free(x);
        return e;
    }
    *ret = x;
    return OK;
}

/* Who has come while another process was there, or none, is among the first. */
enum err listener_begin(struct listener *x, struct loop *l, char why[WHY_MAX]) {
    lws_sock_file_fd_type fd = {.filefd = x->fd};
    if (!x->given && listen(x->fd, BACKLOG) != 0) {
        return refuse(l->config, why);
    }
    /* Of the first protocol, which nobody can choose; it gets LWS_CALLBACK_RAW_RX_FILE. */
    x->wsi = lws_adopt_descriptor_vhost(l->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "http", NULL);
    if (!x->wsi) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    x->loop = l;
    if (!x->given) {
        socket_store_keep(&x->place, x->fd);
    }
    return OK;
}

uint16_t listener_port(const struct listener *x) {
    return x->port;
}

/* ---- connections ---- */

static void hear_again(struct lws_sorted_usec_list *sul) {
    struct listener *x = lws_container_of(sul, struct listener, sul);
    (void)lws_rx_flow_control(x->wsi, 1);
}

/* What is readable all the time would keep the processor busy with it. */
static void be_deaf(struct listener *x) {
    LOG(LOG_LEVEL_WARN, "accept_failed", "Nobody can connect for a moment.",
        LOG_STR("why", strerror(errno)));
    (void)lws_rx_flow_control(x->wsi, 0);
    lws_sul_schedule(x->loop->lws, 0, &x->sul, hear_again, DEAF);
}

/* Descriptors and memory come back; all else that accept(2) can say is of the one connection. */
static bool lacks(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void begin(struct listener *x, int fd) {
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (!tcp_admit(x->loop, fd)) {
        close(fd);
        return;
    }
    (void)lws_adopt_socket_vhost(x->loop->vhost, fd); /* which closes it when it fails */
    tcp_forget_arriving(x->loop);                     /* and then nobody has opened it */
}

void listener_ready(struct listener *x) {
    for (int i = 0; i < ACCEPTS; i++) {
        int fd = accept4(x->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            begin(x, fd);
        } else if (lacks(errno)) {
            be_deaf(x);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

struct listener *listener_free(struct listener *x) {
    if (x && !x->loop && x->fd >= 0) {
        close(x->fd);
    }
    return mem_free(x);
}
