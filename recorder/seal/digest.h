/* Digests (FIPS 180-4) of what is stored and chained. OpenSSL stays inside. Thread: any. */
#ifndef ORIEL_RECORDER_SEAL_DIGEST_H
#define ORIEL_RECORDER_SEAL_DIGEST_H

#include "base/bytes.h"

#define SHA256_LEN 32 /* [bytes] */

/* SHA-256 of the concatenation of a and b (b may be empty). */
void sha256_of(struct bytes a, struct bytes b, uint8_t ret[SHA256_LEN]);

#endif
