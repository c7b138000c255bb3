/* What all transports of one engine share: who is found by which ufrag and at which address, and
 * the patience they have. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_TRANSPORT_TRANSPORTS_H
#define ORIEL_MEDIA_TRANSPORT_TRANSPORTS_H

#include "base/list.h"
#include "base/map.h"
#include "base/rng.h"
#include "base/time.h"
#include "media/ice/ice.h"
#include "media/secure/dtls.h"
#include "media/wire/counters.h"

#define TRANSPORT_PATHS_MAX 4 /* validated addresses kept per transport */

struct transports_config {
    uint32_t max;       /* transports at once, range 1..65535 */
    us_t media_silence; /* [us] media pauses after this without an authenticated packet */
    us_t peer_timeout;  /* [us] and the transport is gone after this */
    us_t join_timeout;  /* [us] from its making to finished DTLS */
    const struct dtls_identity *identity; /* borrowed */
    struct engine_counters *counters;     /* borrowed */
    struct rng rng;                       /* borrowed */
};

struct transports {
    struct transports_config c;
    struct ice *ice;
    uint64_t seed;
    struct map *ufrags;  /* hash of a local ufrag -> struct transport */
    struct map *addrs;   /* hash of a validated remote address -> struct transport */
    struct link changed; /* transport.changed: what is kept of them is not so any more */
};

/* ERR_NOMEM: call transports_free. */
enum err transports_init(struct transports *all, const struct transports_config *c,
                         const struct rng *rng);
/* Every transport must have been closed. A zeroed struct is allowed. */
void transports_free(struct transports *all);

#endif
