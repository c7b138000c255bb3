#include "server/os/socket_store.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/os/sockaddr.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST 3     /* sd_listen_fds(3): SD_LISTEN_FDS_START */
#define PATIENCE 5  /* [s] for who keeps our sockets to take a message */
#define MESSAGE 128 /* [bytes] */

struct given {
    char name[SOCKET_NAME_MAX]; /* empty: nameless, or named too long for one of ours */
    int fd;                     /* -1: taken */
};

struct socket_store {
    int to; /* what we say goes there; -1 = nobody listens */
    struct given given[SOCKETS_MAX];
    uint32_t n;
    struct socket_counters counters;
};

/* ---- what is told ---- */

/* One message, with a descriptor unless that is -1. What is not taken is not kept, which the next
 * start bears: it makes a socket of its own. */
static void tell(const struct socket_store *s, const char *text, int fd) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec what = {(void *)text, strlen(text)};
    struct msghdr m = {.msg_iov = &what, .msg_iovlen = 1};
    if (s->to < 0) {
        return;
    }
    memset(&control, 0, sizeof(control));
    if (fd >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(fd));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    ssize_t sent;
    do {
        sent = sendmsg(s->to, &m, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
}

/* Not watched for errors, which an unreachable client would cause: it would be thrown away. */
void socket_store_keep(const struct socket_place *p, int fd) {
    char text[MESSAGE];
    if (p->store) {
        snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0\n", p->name);
        tell(p->store, text, fd);
    }
}

static void forget(const struct socket_store *s, const char *name) {
    char text[MESSAGE];
    if (*name) {
        snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s\n", name);
        tell(s, text, -1);
    }
}

void socket_store_forget(const struct socket_place *p) {
    if (p->store) {
        forget(p->store, p->name);
    }
}

void socket_store_ready(struct socket_store *s) {
    tell(s, "READY=1\n", -1);
}

bool socket_store_keeps(const struct socket_store *s) {
    return s && s->to >= 0;
}

struct socket_counters socket_store_counters(const struct socket_store *s) {
    return s ? s->counters : (struct socket_counters){0};
}

/* ---- what was given ---- */

/* A whole number of at most max; -1: it is none. */
static long number_of(const char *text, long max) {
    char *end;
    errno = 0;
    long n = text && *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;
    return n >= 0 && errno == 0 && *end == '\0' && n <= max ? n : -1;
}

/* The next of "one:two", without its colon, as one of ours can be named. */
static const char *next_name(const char *names, char ret[SOCKET_NAME_MAX]) {
    size_t n = strcspn(names, ":");
    snprintf(ret, SOCKET_NAME_MAX, "%.*s", n < SOCKET_NAME_MAX ? (int)n : 0, names);
    return names + n + (names[n] == ':');
}

static void take_given(struct socket_store *s, uint32_t n, const char *names) {
    for (uint32_t i = 0; i < n; i++) {
        struct given *g = &s->given[s->n];
        g->fd = FIRST + (int)i;
        names = next_name(names, g->name);
        if (fcntl(g->fd, F_SETFD, FD_CLOEXEC) != 0) {
            continue; /* there is none */
        }
        if (strcmp(g->name, SOCKET_SUPERVISOR) == 0 && s->to < 0) {
            s->to = g->fd;
        } else {
            s->n++;
        }
    }
}

/* systemd(1) names a path, or a name that is in no file system by @. */
static int connect_notify(const char *path) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if ((*path != '/' && *path != '@') || n >= sizeof(to.sun_path)) {
        return -1;
    }
    memcpy(to.sun_path, path, n);
    to.sun_path[0] = (char)(*path == '@' ? '\0' : *path);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (*path == '/'));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, len) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

enum err socket_store_open(struct socket_store **ret) {
    const char *names = getenv("LISTEN_FDNAMES"), *notify = getenv("NOTIFY_SOCKET");
    struct socket_store *s = mem_zalloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->to = -1;
    /* They are somebody else's where the number of the process is: of who has started us. */
    if (number_of(getenv("LISTEN_PID"), INT32_MAX) == (long)getpid()) {
        long n = number_of(getenv("LISTEN_FDS"), SOCKETS_MAX);
        take_given(s, n > 0 ? (uint32_t)n : 0, names ? names : "");
    }
    if (s->to < 0 && notify) {
        s->to = connect_notify(notify);
    }
    if (s->to >= 0) {
        const struct timeval patience = {.tv_sec = PATIENCE};
        (void)setsockopt(s->to, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    unsetenv("NOTIFY_SOCKET");
    *ret = s;
    return OK;
}

struct socket_store *socket_store_close(struct socket_store *s) {
    if (!s) {
        return NULL;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->given[i].fd >= 0) {
            close(s->given[i].fd);
        }
    }
    if (s->to >= 0) {
        close(s->to);
    }
    return mem_free(s);
}

static int option_of(int fd, int option) {
    int value = -1;
    socklen_t n = sizeof(value);
    return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 ? value : -1;
}

static bool is_bound(int fd, const struct addr *bind) {
    struct sockaddr_storage name = {0};
    socklen_t n = sizeof(name);
    if (getsockname(fd, (struct sockaddr *)&name, &n) != 0) {
        return false;
    }
    struct addr is = sockaddr_addr(&name);
    return memcmp(is.ip, bind->ip, sizeof(is.ip)) == 0 && is.port != 0 &&
           (bind->port == 0 || is.port == bind->port);
}

static bool fits(int fd, enum socket_kind kind, const struct addr *bind) {
    bool udp = kind == SOCKET_UDP;
    int flags = fcntl(fd, F_GETFL);
    return option_of(fd, SO_TYPE) == (udp ? SOCK_DGRAM : SOCK_STREAM) &&
           option_of(fd, SO_PROTOCOL) == (udp ? IPPROTO_UDP : IPPROTO_TCP) &&
           option_of(fd, SO_DOMAIN) == (addr_is_v4(bind) ? AF_INET : AF_INET6) &&
           (udp || option_of(fd, SO_ACCEPTCONN) == 1) && is_bound(fd, bind) && flags >= 0 &&
           fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static struct given *find(struct socket_store *s, const char *name) {
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->given[i].fd >= 0 && strcmp(s->given[i].name, name) == 0) {
            return &s->given[i];
        }
    }
    return NULL;
}

/* Of one name there may be several: the first that fits is taken, and then none of the others. */
int socket_store_take(const struct socket_place *p, enum socket_kind kind,
                      const struct addr *bind) {
    struct given *g;
    int fd = -1;
    bool refused = false;
    while (p->store && (g = find(p->store, p->name))) {
        if (fd < 0 && fits(g->fd, kind, bind)) {
            fd = g->fd;
            p->store->counters.used++;
        } else {
            close(g->fd);
            p->store->counters.refused++;
            refused = true;
        }
        g->fd = -1;
    }
    if (refused) {
        socket_store_forget(p); /* all of that name: what fits is kept once more */
        if (fd >= 0) {
            socket_store_keep(p, fd);
        }
    }
    return fd;
}

void socket_store_settle(struct socket_store *s) {
    for (uint32_t i = 0; i < s->n; i++) {
        struct given *g = &s->given[i];
        if (g->fd >= 0) {
            close(g->fd);
            g->fd = -1;
            s->counters.unwanted++;
            forget(s, g->name);
        }
    }
}
