#include "media/transport/transports.h"

#include <string.h>

enum err transports_init(struct transports *all, const struct transports_config *c,
                         const struct rng *rng) {
    memset(all, 0, sizeof(*all));
    all->c = *c;
    list_init(&all->changed);
    all->seed = rng_u64(rng);
    all->ice = ice_new();
    all->ufrags = map_new((size_t)c->max * 2, rng_u64(rng)); /* two while ICE is restarted */
    all->addrs = map_new((size_t)c->max * TRANSPORT_PATHS_MAX, rng_u64(rng));
    return all->ice && all->ufrags && all->addrs ? OK : ERR_NOMEM;
}

void transports_free(struct transports *all) {
    map_free(all->addrs);
    map_free(all->ufrags);
    ice_free(all->ice);
    memset(all, 0, sizeof(*all));
}
