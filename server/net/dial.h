/* A TCP connection to a server that is named, made by whoever may block, and who hears meanwhile
 * that it is to stop. Thread: any. */
#ifndef ORIEL_SERVER_NET_DIAL_H
#define ORIEL_SERVER_NET_DIAL_H

#include "base/err.h"
#include "server/net/lookups.h"

struct sockaddr;

/* Whom to call. */
struct dial {
    const char *host, *service; /* a name or an address; a port in digits */
    bool here;                  /* what it will carry is in clear: to this machine only */
    us_t lookup;                /* [us] for the name */
    us_t connect;               /* [us] then, for all its addresses: each gets its share */
    bool (*stop)(void *ctx);    /* as that of struct patience */
    void *ctx;
};
/* A socket that does not block, the caller's; -1 with why[WHY_MAX]. */
int dial_tcp(struct lookups *l, const struct dial *d, char why[WHY_MAX]);
/* Is it this machine, by an address that leads nowhere else? */
bool dial_is_here(const struct sockaddr *a);

#endif
