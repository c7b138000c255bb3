/* Retransmission cache of one source, shared by all its viewers: a ring of references to received
 * packets by extended sequence number. Owner: the worker that owns the source. */
#ifndef ORIEL_MEDIA_SEND_CACHE_H
#define ORIEL_MEDIA_SEND_CACHE_H

#include "base/err.h"
#include "base/packet.h"
#include "base/time.h"

#include <stdbool.h>

struct cached {
    struct packet *packet; /* our reference; NULL = empty place */
    uint64_t seq;          /* extended sequence number of the source */
    us_t at;               /* [us] when it was stored */
    uint32_t ts;           /* [media clock] of the source */
    uint16_t payload_at;   /* [bytes] offset and length in packet->data, without padding */
    uint16_t payload_len;
    uint8_t pt;
    bool marker;
};

struct send_cache {
    struct cached *ring; /* cap places, allocated by send_cache_init */
    uint32_t cap;        /* power of two */
    us_t age;            /* [us] older packets are not found and are let go */
    uint64_t oldest;     /* lowest sequence number that may be in the ring */
    uint64_t high;       /* highest stored + 1; 0 = empty */
};

/* cap: power of two, 64..4096; age > 0 [us]. ERR_NOMEM leaves *c zeroed, ERR_RANGE too. */
enum err send_cache_init(struct send_cache *c, uint32_t cap, us_t age);
/* Drop all references and free the ring. A zeroed struct is allowed. */
void send_cache_free(struct send_cache *c);
/* Keep k (its `packet` gains a reference of ours, at is k->at). Sequence numbers older than the
 * ring's length are ignored; a packet already there is kept. Also lets go of what is too old. */
void send_cache_store(struct send_cache *c, const struct cached *k);
/* The packet, valid until the next call on c, or NULL. */
const struct cached *send_cache_find(const struct send_cache *c, us_t now, uint64_t seq);
/* Let go of packets older than the age limit; for sources that have fallen silent. */
void send_cache_expire(struct send_cache *c, us_t now);
/* Drop all references; the ring stays. */
void send_cache_clear(struct send_cache *c);

#endif
