/* Keys: the key-encryption key (KEK) of the installation, one random root key per recording that
 * it wraps, and what is derived from a root key, the manifest's signature among it. OpenSSL stays
 * inside. Thread: any. */
#ifndef ORIEL_RECORDER_SEAL_KEYS_H
#define ORIEL_RECORDER_SEAL_KEYS_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"
#include "recorder/seal/id.h"

#define KEY_LEN 32       /* [bytes] AES-256 */
#define WRAP_LEN 60      /* [bytes] IV 12, wrapped key 32, tag 16 */
#define SIGNATURE_LEN 64 /* [bytes] Ed25519 (RFC 8032) */

struct kek {
    uint8_t key[KEY_LEN];
};

/* What one recording needs, derived from its root key by HKDF-Expand-SHA-384 (RFC 5869). Secret:
 * wipe with mem_wipe. */
struct recording_keys {
    uint8_t objects[KEY_LEN];   /* FLOE key of every object */
    uint8_t signing[KEY_LEN];   /* Ed25519 private key (seed) of the manifest */
    uint8_t verifying[KEY_LEN]; /* Ed25519 public key */
};

/* Read 64 hex digits from the file. With create, a missing file is made with a random key and
 * mode 0600, durably. ERR_UNKNOWN (no file), ERR_IO, ERR_FORMAT; the reason in why[WHY_MAX]. */
enum err kek_load(const char *path, const struct rng *create, struct kek *ret, char why[WHY_MAX]);
/* Wrap a root key for storage: AES-256-GCM, AAD "oriel-wrap/1" | recording id. ERR_CRYPTO. */
enum err kek_wrap(const struct kek *k, const struct id *recording, const struct rng *rng,
                  const uint8_t root[KEY_LEN], uint8_t ret_wrap[WRAP_LEN]);
/* ERR_AUTH: changed, of another recording or under another KEK; ret_root is then zero. */
enum err kek_unwrap(const struct kek *k, const struct id *recording, const uint8_t wrap[WRAP_LEN],
                    uint8_t ret_root[KEY_LEN]);
/* Derive the keys of a recording from its root key. ERR_CRYPTO. */
enum err keys_derive(const uint8_t root[KEY_LEN], const struct id *recording,
                     struct recording_keys *ret);

/* Ed25519 (RFC 8032). ERR_CRYPTO. */
enum err keys_sign(const struct recording_keys *k, struct bytes text, uint8_t ret[SIGNATURE_LEN]);
/* ERR_AUTH when the signature is not of this text under this key. */
enum err keys_verify(const struct recording_keys *k, struct bytes text,
                     const uint8_t signature[SIGNATURE_LEN]);

#endif
