#include "tests/sim/sim_identities.h"

#include "media/secure/entropy.h"
#include "tests/sim/sim_world.h"

/* Browsers beyond these share theirs. */
static struct dtls_identity *ids[1 + SIM_BROWSERS];
static struct rng_seeded fixed;
static struct rng current;

bool sim_entropy(struct rng_seeded *s) {
    current = rng_from_seeded(s ? s : &fixed);
    return secure_entropy(&current) == OK;
}

bool sim_identities_init(void) {
    rng_seed(&fixed, 1);
    if (!sim_entropy(NULL)) {
        return false;
    }
    for (unsigned i = 0; i < 1 + SIM_BROWSERS; i++) {
        ids[i] = dtls_identity_new((wall_t){1750000000 * US_PER_S});
        if (!ids[i]) {
            return false;
        }
    }
    return true;
}

void sim_identities_free(void) {
    for (unsigned i = 0; i < 1 + SIM_BROWSERS; i++) {
        ids[i] = dtls_identity_free(ids[i]);
    }
}

const struct dtls_identity *sim_identity(unsigned number) {
    return ids[number == 0 ? 0 : 1 + (number - 1) % SIM_BROWSERS];
}
