#include "recorder/seal/keys.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define INFO_MAX 64 /* [bytes] */

/* HKDF-Expand (RFC 5869 section 2.3) for one block of SHA-384: a single HMAC. */
enum err keys_expand(const uint8_t key[KEY_LEN], const char *label, struct bytes info,
                     uint8_t ret[KEY_LEN]) {
    uint8_t text[INFO_MAX], block[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct wr w = wr_of(text, sizeof(text));
    wr_bytes(&w, label, strlen(label));
    wr_bytes(&w, info.p, info.n);
    wr_u8(&w, 1);
    CHECK(!w.bad);
    bool ok = HMAC(EVP_sha384(), key, KEY_LEN, text, wr_len(&w), block, &n) && n >= KEY_LEN;
    if (ok) {
        memcpy(ret, block, KEY_LEN);
    }
    mem_wipe(block, sizeof(block));
    return ok ? OK : ERR_CRYPTO;
}

enum err keys_signing(const uint8_t seed[KEY_LEN], struct signing_key *ret) {
    size_t n = KEY_LEN;
    EVP_PKEY *p = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY_LEN);
    bool ok = p && EVP_PKEY_get_raw_public_key(p, ret->verifying, &n) == 1 && n == KEY_LEN;
    EVP_PKEY_free(p);
    if (ok) {
        memcpy(ret->signing, seed, KEY_LEN);
    }
    return ok ? OK : ERR_CRYPTO;
}

enum err keys_sign(const struct signing_key *k, struct bytes text, uint8_t ret[SIGNATURE_LEN]) {
    size_t n = SIGNATURE_LEN;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY *p = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, k->signing, KEY_LEN);
    bool ok = c && p && EVP_DigestSignInit(c, NULL, NULL, NULL, p) == 1 &&
              EVP_DigestSign(c, ret, &n, text.p, text.n) == 1 && n == SIGNATURE_LEN;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(p);
    return ok ? OK : ERR_CRYPTO;
}

enum err keys_verify(const struct signing_key *k, struct bytes text,
                     const uint8_t signature[SIGNATURE_LEN]) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY *p = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->verifying, KEY_LEN);
    bool ok = c && p && EVP_DigestVerifyInit(c, NULL, NULL, NULL, p) == 1 &&
              EVP_DigestVerify(c, signature, SIGNATURE_LEN, text.p, text.n) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(p);
    return ok ? OK : ERR_AUTH;
}
