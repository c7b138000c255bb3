/* The addresses that clients are told to send media to: what media.announce says, else
 * media.address, else every address of the machine. Names are resolved here: a
 * candidate may be a name (RFC 8839 section 5.1), but not every client looks names up.
 * Blocks while names are resolved. Thread: any. */
#ifndef ORIEL_SERVER_CONFIG_ANNOUNCE_H
#define ORIEL_SERVER_CONFIG_ANNOUNCE_H

#include "base/addr.h"
#include "base/err.h"
#include "server/config/config.h"
#include "server/net/lookups.h"

#define ANNOUNCE_MAX 8 /* addresses told to a client */

struct announce {
    struct addr at[ANNOUNCE_MAX]; /* without ports, in the order of preference */
    size_t n;
};

/* Who knows the addresses of a name: at most cap; how many, 0 when there is none. */
struct announce_resolver {
    size_t (*find)(void *ctx, const char *name, struct addr *out, size_t cap);
    void *ctx;
};
/* How long the system's is waited for. */
struct announce_wait {
    struct lookups *lookups;
    struct patience patience;
};
/* That of the system; ctx: struct announce_wait, or NULL: for as long as it takes. */
size_t announce_resolve(void *ctx, const char *name, struct addr *out, size_t cap);

/* bind: where media is received. IPv6 and IPv4 in turn, IPv6 first (RFC 8421 section 4), so that
 * neither family waits for all of the other; within a family in the order of the configuration.
 * Addresses of the link alone are left out, and of a name those of a family that bind does not
 * receive. ERR_UNKNOWN: a name has no address that is left; ERR_FULL: more than ANNOUNCE_MAX, of
 * the configuration (of the machine the first are taken). why names it. */
enum err announce_fill(struct announce *a, const struct config *cfg, const struct addr *bind,
                       const struct announce_resolver *r, char why[WHY_MAX]);
/* A host name as RFC 1123 section 2.1 has it, and no address of IPv4 gone wrong. */
bool announce_is_name(const char *text);

#endif
