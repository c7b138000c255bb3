/* Sockets of server/net/udp.h that talk to each other on this machine. */
#ifndef ORIEL_TESTS_UNIT_SERVER_LOOPBACK_H
#define ORIEL_TESTS_UNIT_SERVER_LOOPBACK_H

#include "server/net/udp.h"
#include "tests/unit/test.h"

#define NOW US_PER_S

/* On 127.0.0.1 and any port; NULL, and why is printed. */
struct udp *loopback_open(void);
/* Waits at most 5 s for something to read. */
bool loopback_readable(const struct udp *u);
/* Reads until there are so many. Returns how many came, which the caller owns; `in` has room for
 * UDP_BATCH more. */
size_t loopback_take(struct udp *u, struct packet_pool *pool, struct packet **in, size_t want);
/* A packet of len bytes of this value. */
void loopback_queue(struct udp *from, const struct addr *to, uint8_t fill, size_t len);
/* A train of n of them. */
void loopback_train(struct udp *from, const struct addr *to, uint8_t fill, size_t len, size_t n);
/* Whether a train that is sent now goes as a whole. */
bool loopback_sends_whole(struct udp *u, const struct addr *to, us_t now);
/* An address of IPv6. */
struct addr loopback_v6(const char *ip, uint32_t scope);

#endif
