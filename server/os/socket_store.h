/* Sockets that outlive the process. Who has started us keeps them and gives them to the process
 * after this one: systemd in its file descriptor store (FileDescriptorStoreMax=), or `oriel serve
 * --supervise` (supervisor.h). Both are talked to in the words of sd_listen_fds(3) and
 * sd_notify(3), which are an environment and a datagram. Owner: the control thread. */
#ifndef ORIEL_SERVER_OS_SOCKET_STORE_H
#define ORIEL_SERVER_OS_SOCKET_STORE_H

#include "base/addr.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define SOCKETS_MAX 256    /* that can be given to us */
#define SOCKET_NAME_MAX 32 /* [bytes] of its name in the store, with NUL */
/* The socket that a supervisor of ours is told by; systemd has NOTIFY_SOCKET. */
#define SOCKET_SUPERVISOR "oriel-supervisor"

struct socket_store;

/* Which one. Without a store it is kept nowhere, and none is given. */
struct socket_place {
    struct socket_store *store; /* NULL = nowhere */
    char name[SOCKET_NAME_MAX];
};

enum socket_kind { SOCKET_UDP, SOCKET_LISTENER };

struct socket_counters {
    uint64_t used;     /* were given to us, and go on */
    uint64_t refused;  /* were given to us and closed: not what the configuration wants */
    uint64_t unwanted; /* were given to us and closed: nobody asked for one of that name */
};

/* Takes what is given to this process out of its environment, so that no child of ours finds it
 * there. Call it once, before there are threads. ERR_NOMEM. */
enum err socket_store_open(struct socket_store **ret);
/* The sockets themselves are others' by now, or closed. NULL allowed; returns NULL. */
struct socket_store *socket_store_close(struct socket_store *s);

/* The socket of this place that was given to us, when it is what would be made now: of this kind
 * and family, bound to `bind` (port 0: to any), and listening when it is a listener. The caller
 * owns it. -1: there is none, or it is of no use: then it is closed and forgotten. */
int socket_store_take(const struct socket_place *p, enum socket_kind kind, const struct addr *bind);
/* A new socket is to outlive us. It stays the caller's: what is kept is a duplicate. */
void socket_store_keep(const struct socket_place *p, int fd);
/* The one that is kept there is to be closed. */
void socket_store_forget(const struct socket_place *p);
/* All that we need are made: what else was given to us is closed and forgotten. */
void socket_store_settle(struct socket_store *s);
/* Whoever keeps them is told that we serve. */
void socket_store_ready(struct socket_store *s);
/* Does anybody keep what we make? */
bool socket_store_keeps(const struct socket_store *s);
/* NULL allowed: zeros. */
struct socket_counters socket_store_counters(const struct socket_store *s);

#endif
