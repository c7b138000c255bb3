/* Certificates of the simulation, made once per process from a fixed seed (number 0 is the
 * server's), and OpenSSL's randomness, which a world borrows so that its handshakes replay. */
#ifndef ORIEL_TESTS_SIM_IDENTITIES_H
#define ORIEL_TESTS_SIM_IDENTITIES_H

#include "base/rng.h"
#include "media/secure/dtls.h"

/* Make them; false when OpenSSL refuses. */
bool sim_identities_init(void);
void sim_identities_free(void);
const struct dtls_identity *sim_identity(unsigned number);
/* OpenSSL draws from this state (NULL: the fixed one) until the next call. False when it refuses.
 */
bool sim_entropy(struct rng_seeded *s);

#endif
