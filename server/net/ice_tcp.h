/* A worker's ICE-TCP connections (RFC 6544: we are passive), beside its UDP socket and on the same
 * port number, for clients whose network lets no UDP pass. Each connection is an address of its own
 * to the engine (struct addr: via), and carries what one UDP address would, framed by RFC 4571.
 *
 * DESIGN. It waits in an epoll set of its own, which the worker's holds, so that the worker's loop
 * knows one descriptor more and the path of UDP one comparison. Nothing here blocks: what a
 * connection does not take waits in its queue (tcp_queue.h), whose packets are of a pool of their
 * own. No connection may have more of them than a quarter of what is left, so that those that do
 * not read leave place for the others, however many they are; and one that takes what it is sent
 * needs none. Whoever connects and never gets an answer of the engine's, which answers authentic
 * checks only, is cut off soon, and at once when all places are taken and somebody new comes.
 * Owner: one worker thread. */
#ifndef ORIEL_SERVER_NET_ICE_TCP_H
#define ORIEL_SERVER_NET_ICE_TCP_H

#include "base/packet.h"
#include "base/rng.h"
#include "media/media.h"
#include "server/os/socket_store.h"

#define ICE_TCP_BATCH ENGINE_BATCH_MAX
#define ICE_TCP_MAX 65535 /* connections */

struct ice_tcp;

struct ice_tcp_config {
    bool enabled;
    uint32_t connections;      /* at once, range 1..ICE_TCP_MAX */
    uint32_t per_address;      /* of these, of one client address */
    uint32_t packets;          /* that wait to be sent, of all connections */
    size_t queue;              /* [bytes] that wait to be sent, of one connection */
    us_t wait;                 /* [us] media that has waited so long is dropped */
    us_t blocked;              /* [us] a connection may take nothing of what it is sent */
    us_t first;                /* [us] from accept to the first authentic check */
    us_t idle;                 /* [us] a connection may say nothing whole, or get no answer */
    struct socket_place place; /* of the listener; connections end with the process */
};

struct ice_tcp_counters {
    uint64_t opened, closed;
    uint64_t refused; /* at once, beyond a limit */
    uint64_t silent;  /* closed: nothing authentic in time, or before others needed the place */
    uint64_t stuck;   /* closed: took nothing for too long */
    uint64_t bad;     /* closed: not framed as RFC 4571 says */
    uint64_t dropped; /* packets that waited too long, or found no place */
    uint64_t gone;    /* packets for a connection that is closed */
};

/* Listen at this address, or take the listener that is kept there. ERR_EXISTS: somebody else does;
 * ERR_IO, ERR_NOMEM; why[WHY_MAX] then says the reason, and *ret is untouched. */
enum err ice_tcp_open(const struct ice_tcp_config *c, const struct addr *bind,
                      const struct rng *rng, struct ice_tcp **ret, char why[WHY_MAX]);
/* Closes all connections. NULL allowed; returns NULL. */
struct ice_tcp *ice_tcp_close(struct ice_tcp *t);
/* Readable when ice_tcp_poll has something to do. */
int ice_tcp_fd(const struct ice_tcp *t);
/* Take new connections and what has come on others, and send what waited for its connection. */
void ice_tcp_poll(struct ice_tcp *t, us_t now);
/* Up to ICE_TCP_BATCH packets of what has come, as udp_recv. Returns how many; fewer than that:
 * nothing is left. */
size_t ice_tcp_recv(struct ice_tcp *t, struct packet_pool *pool, struct packet **ret);
/* Something that has come was not received yet, and no descriptor will tell. NULL allowed. */
bool ice_tcp_waits(const struct ice_tcp *t);
/* Send the packets of a train whose `to` has a via; what is not taken now waits. */
void ice_tcp_send(struct ice_tcp *t, us_t now, const struct train *train);
/* When to call ice_tcp_timeout, or US_NEVER. NULL allowed. */
us_t ice_tcp_deadline(const struct ice_tcp *t);
/* Close who says nothing, or takes nothing. NULL allowed. */
void ice_tcp_timeout(struct ice_tcp *t, us_t now);
const struct ice_tcp_counters *ice_tcp_counters(const struct ice_tcp *t);

#endif
