/* Retransmission cache of one source, shared by all its viewers: a ring of references to received
 * packets by extended sequence number. Owner: the worker that owns the source. */
#ifndef ORIEL_MEDIA_FEED_CACHE_H
#define ORIEL_MEDIA_FEED_CACHE_H

#include "media/feed/packet.h"

#include <stdbool.h>

struct packet_cache {
    struct media_packet *ring; /* cap places, allocated by packet_cache_init */
    uint32_t cap;              /* power of two */
    us_t age;                  /* [us] older packets are not found and are let go */
    uint32_t limit;            /* 1..cap: kept at most; may be lowered at any time */
    uint64_t oldest;           /* lowest sequence number that may be in the ring */
    uint64_t high;             /* highest stored + 1; 0 = empty */
};

/* cap: power of two, 64..4096; age > 0 [us]. ERR_NOMEM leaves *c zeroed, ERR_RANGE too. */
enum err packet_cache_init(struct packet_cache *c, uint32_t cap, us_t age);
/* Drop all references and free the ring. A zeroed struct is allowed. */
void packet_cache_free(struct packet_cache *c);
/* Keep k (its `packet` gains a reference of ours, at is k->at). Sequence numbers older than the
 * ring's length are ignored; a packet already there is kept. Also lets go of what is too old. */
void packet_cache_store(struct packet_cache *c, const struct media_packet *k);
/* The packet, valid until the next call on c, or NULL. */
const struct media_packet *packet_cache_find(const struct packet_cache *c, us_t now, uint64_t seq);
/* Note the padding that a packet is sent with; nothing when it is not there. */
void packet_cache_pad(struct packet_cache *c, uint64_t seq, uint8_t padding);
/* Let go of packets older than the age limit; for sources that have fallen silent. */
void packet_cache_expire(struct packet_cache *c, us_t now);
/* Drop all references; the ring stays. */
void packet_cache_clear(struct packet_cache *c);

#endif
