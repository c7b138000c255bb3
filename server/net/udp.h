/* A worker's UDP socket: batches in, batches out (recvmmsg, and sendmmsg of
 * trains, which the kernel cuts into packets by UDP_SEGMENT). Owner: one worker thread. */
#ifndef ORIEL_SERVER_NET_UDP_H
#define ORIEL_SERVER_NET_UDP_H

#include "base/packet.h"
#include "media/media.h"
#include "server/os/socket_store.h"

#define UDP_BATCH ENGINE_BATCH_MAX /* datagrams read by one call; more gain less than 1 % each */
#define UDP_TRAINS 16 /* sent by one call: 320 KiB, so that they are in the cache still */

struct udp;

/* Bind a non-blocking socket, or take the one that is kept in this place (NULL: in none), where a
 * new one is kept from then on. A wildcard IPv6 address serves IPv4 too; a wildcard of
 * either family learns which of our addresses a datagram came to (packet.to) and answers from it.
 * ERR_IO with the reason in why[WHY_MAX]; *ret untouched then. */
enum err udp_open(const struct addr *bind, const struct socket_place *place, struct udp **ret,
                  char why[WHY_MAX]);
struct udp *udp_close(struct udp *u);
int udp_fd(const struct udp *u);
uint16_t udp_port(const struct udp *u);

struct udp_counters {
    uint64_t recv_errors, send_errors, send_would_block, truncated, pool_empty;
    uint64_t trains_cut;    /* trains that had to be sent packet by packet */
    uint64_t fragmented;    /* packets that the path takes in fragments only (IPv4) */
    uint64_t trains_paused; /* so often were none sent for a while, because they were refused */
};

/* Read up to UDP_BATCH datagrams into packets of the pool, stamped with now and their sender. The
 * caller owns them. Returns how many; fewer than UDP_BATCH means that the socket is drained. When
 * the pool is empty the datagrams are read and counted as pool_empty. */
size_t udp_recv(struct udp *u, struct packet_pool *pool, us_t now, struct packet **ret);
/* The next free train of the send batch, to be filled by the caller. When the batch is full it is
 * sent first, at the time that was told last. */
struct train *udp_slot(struct udp *u);
/* Keep the train last returned by udp_slot in the batch. */
void udp_keep(struct udp *u);
/* Send the batch. What the kernel does not take is lost as it would be in the network: counted.
 * Where it takes no trains, their packets are sent one by one; after some refusals in a row no
 * train is tried for a second, and for up to a minute when that stays so. */
void udp_flush(struct udp *u, us_t now);
const struct udp_counters *udp_counters(const struct udp *u);

#endif
