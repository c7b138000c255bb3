#include "server/events/retry.h"

us_t retry_after(const struct retry_policy *p, uint32_t failures, const struct rng *rng) {
    us_t wait = p->first;
    for (uint32_t i = 1; i < failures && wait < p->most; i++) {
        wait *= 2;
    }
    wait = us_min(wait, p->most);
    uint64_t half = (uint64_t)wait / 2;
    return (us_t)(half + rng_u64(rng) % (half + 1));
}
