/* AES-256-GCM (NIST SP 800-38D) over a few bytes at once: wrapped keys and the like. Sealed: IV 12,
 * ciphertext, tag 16; the IV is random, so one key serves at most 2^32 texts. Objects are sealed by
 * floe.h. OpenSSL stays inside. Thread: any. */
#ifndef ORIEL_RECORDER_SEAL_AEAD_H
#define ORIEL_RECORDER_SEAL_AEAD_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"

#define AEAD_KEY_LEN 32
#define AEAD_IV_LEN 12
#define AEAD_TAG_LEN 16
#define AEAD_OVERHEAD (AEAD_IV_LEN + AEAD_TAG_LEN) /* [bytes] */

struct aead {
    const uint8_t *key; /* AEAD_KEY_LEN */
    struct bytes aad;
};

/* Into out, which has room for plain.n + AEAD_OVERHEAD. ERR_CRYPTO. */
enum err aead_seal(const struct aead *a, const struct rng *rng, struct bytes plain, uint8_t *out);
/* Into out, which has room for sealed.n - AEAD_OVERHEAD; zero after an error. ERR_SHORT, ERR_AUTH:
 * changed, another key or another AAD. */
enum err aead_open(const struct aead *a, struct bytes sealed, uint8_t *out);

#endif
