/* A transport address without <sys/socket.h>, so that the core can compare and hash it. */
#ifndef ORIEL_BASE_ADDR_H
#define ORIEL_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addr {
    uint8_t ip[16]; /* IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2) */
    uint16_t port;  /* host byte order */
    uint16_t via;   /* 0: UDP; else the number of the TCP connection, of one worker's, that leads
                       there: what is meant for it goes by this connection or not at all */
    uint32_t scope; /* index of the interface, where a link-local address needs it; else 0 */
};

#define ADDR_TEXT_MAX 64

/* True for an IPv4-mapped address. */
static inline bool addr_is_v4(const struct addr *a) {
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return __builtin_memcmp(a->ip, prefix, sizeof(prefix)) == 0;
}
/* True for an IPv6 address that says nothing without its interface (RFC 4291 section 2.5.6). */
static inline bool addr_is_link_local(const struct addr *a) {
    return a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}
/* Same address, port and scope, and reached by the same connection. */
bool addr_eq(const struct addr *a, const struct addr *b);
/* A key for base/map.h. With a secret seed nobody outside can choose two addresses that collide; it
 * is not unique all the same: compare with addr_eq before trusting a match. */
uint64_t addr_hash(const struct addr *a, uint64_t seed);
/* The address a.b.c.d:port. */
struct addr addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port);
/* "1.2.3.4:5" or "[::1]:5" into out of ADDR_TEXT_MAX bytes; returns out. */
char *addr_text(const struct addr *a, char *out);

#endif
