/* Names looked up by the system's resolver, which hears of no stop and, where no name server
 * answers, keeps who asks for half a minute and longer. So each look-up has a thread of its own,
 * and who asked waits for no longer than it wants: one that is given up ends by itself, later, and
 * touches nothing of whoever had asked. Thread: any. */
#ifndef ORIEL_SERVER_NET_LOOKUPS_H
#define ORIEL_SERVER_NET_LOOKUPS_H

#include "server/net/patience.h"

#include <netdb.h>

#define LOOKUPS_MOST 16 /* under way at once, those that were given up among them */

struct lookups;

/* As getaddrinfo(3). */
typedef int lookups_resolver(const char *node, const char *service, const struct addrinfo *hints,
                             struct addrinfo **ret);

/* resolve: NULL: getaddrinfo. NULL without memory. */
struct lookups *lookups_new(lookups_resolver *resolve);
/* Nobody waits any more; what is under way goes on. NULL allowed; returns NULL. */
struct lookups *lookups_free(struct lookups *l);

/* What is asked of getaddrinfo; NULL: not given. */
struct lookups_query {
    const char *node, *service;
    const struct addrinfo *hints;
};
/* What getaddrinfo says, with its errors, and *ret for freeaddrinfo. EAI_AGAIN: it did not say so
 * in time, or LOOKUPS_MOST are under way; EAI_MEMORY also: no thread could be started. An address
 * in digits needs no thread. */
int lookups_ask(struct lookups *l, const struct lookups_query *q, const struct patience *p,
                struct addrinfo **ret);

#endif
