#include "server/boot/tours_config.h"

struct tours_config tours_configured(const struct config *c) {
    /* Between two sweeps there may be some more that ended. */
    return (struct tours_config){.records = (size_t)(2 * c->limits_tours + c->limits_tours_ended),
                                 .ended = (size_t)c->limits_tours_ended,
                                 .per_sub = (size_t)c->limits_tours_per_token,
                                 .per_issuer = (size_t)c->limits_tours_per_issuer,
                                 .idempotency_keys = (size_t)c->limits_idempotency_keys};
}
