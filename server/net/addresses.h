/* What each client address has taken: connections, requests under way, and memory for messages and
 * bodies that are not complete. One address may not use
 * up what all share. An IPv6 client owns a whole /64, so that is what counts as its address.
 * Counting only: it knows no socket. Owner: one thread. */
#ifndef ORIEL_SERVER_NET_ADDRESSES_H
#define ORIEL_SERVER_NET_ADDRESSES_H

#include "base/addr.h"
#include "base/err.h"

struct addresses;
struct address; /* exists while something is charged to it */

struct addresses_config {
    uint32_t connections, requests; /* at once, of one address */
    size_t input;                   /* [bytes] of what is not complete, of one address */
    size_t cap;                     /* addresses at once */
    uint64_t seed;                  /* secret: nobody may choose addresses that collide */
};

/* NULL when memory is out. */
struct addresses *addresses_new(const struct addresses_config *c);
/* NULL allowed; returns NULL. Frees what is still charged. */
struct addresses *addresses_free(struct addresses *a);

/* Charge a connection to a client. ERR_FULL: it has its share already, or there are cap others;
 * ERR_NOMEM. *ret stays valid until the connection is given back. */
enum err addresses_connect(struct addresses *a, const struct addr *client, struct address **ret);
/* Give a connection back. NULL allowed. */
void addresses_disconnect(struct addresses *a, struct address *x);
/* Charge a request under way to an address that has a connection; false when it has its share. */
bool addresses_begin(const struct addresses *a, struct address *x);
/* Give a request back. */
void addresses_end(struct address *x);
/* n more bytes of something that is not complete; false when it would be too much, and nothing was
 * charged. */
bool addresses_hold(const struct addresses *a, struct address *x, size_t n);
/* n of them are done with. */
void addresses_release(struct address *x, size_t n);
/* Addresses that something is charged to. */
size_t addresses_len(const struct addresses *a);

#endif
