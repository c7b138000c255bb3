/* Cache of one source, shared by all its viewers: a ring of references to received packets by
 * extended sequence number. What is young is kept for retransmission; from a packet on that is held
 * (a key frame) everything is, however old, for who comes late. A ring that has become too full
 * lets its oldest packets go, a few with each that is stored, so that no packet pays for thousands;
 * a held one among them ends the hold. It begins anew where more numbers are missing than anybody
 * asks for: a source that leaves out thousands with each packet would make each cost as much.
 * Owner: the worker that owns the source. */
#ifndef ORIEL_MEDIA_FEED_CACHE_H
#define ORIEL_MEDIA_FEED_CACHE_H

#include "media/feed/packet.h"

#include <stdbool.h>

#define PACKET_CACHE_MIN 64 /* packets in a ring */
#define PACKET_CACHE_MAX 4096

struct packet_cache {
    struct media_packet *ring; /* cap places, allocated by packet_cache_init */
    uint32_t cap;              /* power of two */
    us_t age;                  /* [us] older packets are not found and are let go */
    uint32_t limit;            /* 1..cap: kept at most; may be lowered at any time */
    uint32_t *total; /* borrowed: counts the packets of several caches; NULL: nobody does */
    uint64_t oldest; /* lowest sequence number that may be in the ring */
    uint64_t high;   /* highest stored + 1; 0 = empty */
    uint64_t from;   /* while `holds`: of the first packet that is held */
    bool holds;
    bool fills; /* what lies between is still to come: it does not begin anew for a gap */
};

/* cap: power of two, PACKET_CACHE_MIN..PACKET_CACHE_MAX; age > 0 [us]. ERR_NOMEM leaves *c zeroed,
 * ERR_RANGE too. */
enum err packet_cache_init(struct packet_cache *c, uint32_t cap, us_t age);
/* Drop all references and free the ring. A zeroed struct is allowed. */
void packet_cache_free(struct packet_cache *c);
/* Keep k (its `packet` gains a reference of ours, at is k->at). Sequence numbers older than the
 * ring's length are ignored; a packet already there is kept. Also lets go of what is too old. */
void packet_cache_store(struct packet_cache *c, const struct media_packet *k);
/* The packet, valid until the next call on c, or NULL. */
const struct media_packet *packet_cache_find(const struct packet_cache *c, us_t now, uint64_t seq);
/* Hold what has this number or a higher one; what was held before is not any more. */
void packet_cache_hold(struct packet_cache *c, uint64_t seq);
/* Nothing is held any more. */
void packet_cache_release(struct packet_cache *c);
/* No packet of this number will be stored, and none is missing. at [us]. */
void packet_cache_skip(struct packet_cache *c, us_t at, uint64_t seq);
/* The first number from this one on that may be in the ring: who looks at one after another need
 * not walk over all that a source has left out. */
static inline uint64_t packet_cache_from(const struct packet_cache *c, uint64_t seq) {
    return seq > c->oldest ? seq : c->oldest;
}
/* That is known of this number. */
bool packet_cache_skipped(const struct packet_cache *c, uint64_t seq);
/* Note the padding that a packet is sent with; nothing when it is not there. */
void packet_cache_pad(struct packet_cache *c, uint64_t seq, uint8_t padding);
/* Let go of packets older than the age limit, of several hundred at most: for sources that have
 * fallen silent, from time to time. */
void packet_cache_expire(struct packet_cache *c, us_t now);
/* Drop all references; the ring stays. */
void packet_cache_clear(struct packet_cache *c);

#endif
