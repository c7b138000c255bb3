#include "tests/sim/sim_identities.h"

#include "media/secure/openssl.h"
#include "tests/sim/sim_world.h"

static struct dtls_identity *ids[1 + SIM_BROWSERS_MAX];
static struct rng_seeded fixed, *current = &fixed;

static int draw(unsigned char *out, int n) {
    struct rng r = rng_from_seeded(current);
    rng_fill(&r, out, (size_t)n);
    return 1;
}

static int enough(void) {
    return 1;
}

void sim_entropy(struct rng_seeded *s) {
    current = s ? s : &fixed;
}

bool sim_identities_init(void) {
    static const RAND_METHOD method = {.bytes = draw, .pseudorand = draw, .status = enough};
    rng_seed(&fixed, 1);
    if (RAND_set_rand_method(&method) != 1) {
        return false;
    }
    for (unsigned i = 0; i < 1 + SIM_BROWSERS_MAX; i++) {
        ids[i] = dtls_identity_new((wall_t){1750000000 * US_PER_S});
        if (!ids[i]) {
            return false;
        }
    }
    return true;
}

void sim_identities_free(void) {
    for (unsigned i = 0; i < 1 + SIM_BROWSERS_MAX; i++) {
        ids[i] = dtls_identity_free(ids[i]);
    }
}

const struct dtls_identity *sim_identity(unsigned number) {
    return ids[number];
}
