/* Keys, what is derived from them, and signatures. OpenSSL stays inside. Thread: any. */
#ifndef ORIEL_RECORDER_SEAL_KEYS_H
#define ORIEL_RECORDER_SEAL_KEYS_H

#include "base/bytes.h"
#include "base/err.h"

#define KEY_LEN 32       /* [bytes] AES-256, Ed25519 */
#define SIGNATURE_LEN 64 /* [bytes] Ed25519 (RFC 8032) */

/* Secret but for verifying: wipe with mem_wipe. */
struct signing_key {
    uint8_t signing[KEY_LEN];   /* Ed25519 private key (seed) */
    uint8_t verifying[KEY_LEN]; /* Ed25519 public key */
};

/* HKDF-Expand-SHA-384 (RFC 5869) of key, with label and info (together at most 63 bytes) one after
 * the other as its info: the first KEY_LEN bytes. ERR_CRYPTO. */
enum err keys_expand(const uint8_t key[KEY_LEN], const char *label, struct bytes info,
                     uint8_t ret[KEY_LEN]);
/* The pair of keys of an Ed25519 seed. ERR_CRYPTO. */
enum err keys_signing(const uint8_t seed[KEY_LEN], struct signing_key *ret);
/* Ed25519 (RFC 8032). ERR_CRYPTO. */
enum err keys_sign(const struct signing_key *k, struct bytes text, uint8_t ret[SIGNATURE_LEN]);
/* ERR_AUTH when the signature is not of this text under this key; only k->verifying is used. */
enum err keys_verify(const struct signing_key *k, struct bytes text,
                     const uint8_t signature[SIGNATURE_LEN]);

#endif
