/* Packets: fixed-size buffers from a fixed pool, shared by reference count.
 *
 * DESIGN. The pool's owner thread takes buffers; any thread may drop the last reference. Owner
 * and others do not share a lock: a foreign release pushes the buffer on an atomic stack, which
 * the owner takes over as a whole (one exchange, hence no ABA) when its own list is empty. Once
 * handed to another thread a packet's bytes are immutable. */
#ifndef ORIEL_BASE_PACKET_H
#define ORIEL_BASE_PACKET_H

#include "base/addr.h"
#include "base/err.h"
#include "base/time.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_CAP 1600 /* [bytes] larger datagrams are dropped and counted at the rim */

struct packet_pool;

struct packet {
    struct packet_pool *pool;
    struct packet *next; /* free list only */
    atomic_uint refs;
    us_t arrival;     /* [us] when the rim read it */
    struct addr from; /* remote transport address */
    struct addr to;   /* our address that it was sent to, without port; all zero: unknown */
    uint16_t len;     /* [bytes] used in data */
    uint8_t data[PACKET_CAP];
};

/* A pool of n packets in one allocation, or NULL. The calling thread becomes the owner at the
 * first packet_take. */
struct packet_pool *packet_pool_new(size_t n);
/* Free a pool; all packets must have come home (checked). NULL is allowed; returns NULL. */
struct packet_pool *packet_pool_free(struct packet_pool *p);
/* A packet with one reference and len 0, or NULL when the pool is empty. Owner thread only. */
struct packet *packet_take(struct packet_pool *p);
/* Buffers not in use right now, as the owner sees it. Owner thread only. */
size_t packet_pool_idle(struct packet_pool *p);
/* Fewer than n buffers are idle. Cheaper: looks at what others have returned only when it must.
 * Owner thread only. */
bool packet_pool_below(struct packet_pool *p, size_t n);
/* Add a reference. Any thread that holds one. Returns k. */
struct packet *packet_ref(struct packet *k);
/* Drop a reference; the last one sends the packet home. NULL allowed. Any thread. Returns NULL. */
struct packet *packet_unref(struct packet *k);

#endif
