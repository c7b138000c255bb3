/* OpenSSL's randomness as an argument, for tests and the simulator only: with a seeded source a
 * handshake replays byte for byte. Production never calls it. */
#ifndef ORIEL_MEDIA_SECURE_ENTROPY_H
#define ORIEL_MEDIA_SECURE_ENTROPY_H

#include "base/err.h"
#include "base/rng.h"

/* From now on everything OpenSSL draws in this process, in any thread, comes from r, which must be
 * valid until the next call; NULL gives OpenSSL its own source back. ERR_CRYPTO when OpenSSL
 * refuses. */
enum err secure_entropy(const struct rng *r);

#endif
