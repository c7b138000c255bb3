/* How often a client address may do what costs others: come, open a WebSocket, make an offer, show
 * a token that is none. Remembered for the addresses seen last, as many as there is room for, so
 * that memory is bounded whoever comes; each question costs the same. An IPv6 client owns a /64,
 * which is what counts as its address. Pure: the time is an argument. Owner: one thread. */
#ifndef ORIEL_SERVER_NET_ADDRESS_RATES_H
#define ORIEL_SERVER_NET_ADDRESS_RATES_H

#include "base/addr.h"
#include "base/time.h"

#include <stddef.h>
#include <stdint.h>

enum address_rate {
    ADDRESS_CONNECTIONS,   /* of TCP */
    ADDRESS_HANDSHAKES,    /* of the WebSocket protocol */
    ADDRESS_OFFERS,        /* by WHIP and WHEP */
    ADDRESS_FAILED_TOKENS, /* that nobody signed whom we know */
    ADDRESS_RATES
};

struct address_rates_config {
    uint32_t per_minute[ADDRESS_RATES]; /* and as many at once; 0 = any number */
    uint32_t holds; /* bit per rate: who went beyond waits until all of it is forgotten */
    size_t cap;     /* addresses remembered, at least 1 */
    uint64_t seed;  /* secret: nobody may choose addresses that collide */
};

struct address_rates;

/* NULL when memory is out. */
struct address_rates *address_rates_new(const struct address_rates_config *c);
/* NULL allowed; returns NULL. */
struct address_rates *address_rates_free(struct address_rates *r);
/* Count one more of this client (NULL: nobody, who may). 0, or how long it has to wait first [us],
 * and nothing was counted. */
us_t address_rates_take(struct address_rates *r, us_t now, const struct addr *client,
                        enum address_rate rate);
/* The same without counting. */
us_t address_rates_wait(const struct address_rates *r, us_t now, const struct addr *client,
                        enum address_rate rate);
/* Addresses that were forgotten, for want of room, although they had used some of a rate. */
uint64_t address_rates_forgotten(const struct address_rates *r);

#endif
