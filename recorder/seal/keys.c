#include "recorder/seal/keys.h"

#include "base/check.h"
#include "recorder/seal/secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define GCM_IV_LEN 12
#define GCM_TAG_LEN 16
#define WRAP_CONTEXT "oriel-wrap/1"

static enum err kek_create(const char *path, const struct rng *rng, char why[WHY_MAX]) {
    uint8_t key[KEY_LEN];
    char hex[2 * KEY_LEN + 1];
    rng_fill(rng, key, sizeof(key));
    hex_encode(hex, key, sizeof(key));
    enum err e = secret_create(path, bytes_of(hex, 2 * KEY_LEN), why);
    mem_wipe(key, sizeof(key));
    mem_wipe(hex, sizeof(hex));
    return e;
}

static enum err kek_read(const char *path, struct kek *ret, char why[WHY_MAX]) {
    char text[2 * KEY_LEN + 64];
    size_t n = 0;
    enum err e = secret_read(path, text, sizeof(text), &n, why);
    if (e == OK && (n != 2 * KEY_LEN || !hex_decode(ret->key, KEY_LEN, text))) {
        snprintf(why, WHY_MAX, "key file %.300s: not 64 hex digits", path);
        mem_wipe(ret, sizeof(*ret));
        e = ERR_FORMAT;
    }
    mem_wipe(text, sizeof(text));
    return e;
}

enum err kek_load(const char *path, const struct rng *create, struct kek *ret, char why[WHY_MAX]) {
    enum err e = kek_read(path, ret, why);
    if (e == ERR_UNKNOWN && create) {
        e = kek_create(path, create, why);
        e = e == OK ? kek_read(path, ret, why) : e;
    }
    return e;
}

/* AES-256-GCM over one key, text and AAD as given. */
static bool gcm(EVP_CIPHER_CTX *c, const struct kek *k, const uint8_t *iv, struct bytes aad,
                int encrypt) {
    int n;
    return EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, k->key, iv, encrypt) == 1 &&
           EVP_CipherUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1;
}

static struct bytes wrap_aad(const struct id *recording, uint8_t *out) {
    memcpy(out, WRAP_CONTEXT, sizeof(WRAP_CONTEXT) - 1);
    memcpy(out + sizeof(WRAP_CONTEXT) - 1, recording->b, ID_LEN);
    return bytes_of(out, sizeof(WRAP_CONTEXT) - 1 + ID_LEN);
}

enum err kek_wrap(const struct kek *k, const struct id *recording, const struct rng *rng,
                  const uint8_t root[KEY_LEN], uint8_t ret_wrap[WRAP_LEN]) {
    uint8_t aad[64];
    int n = 0, rest = 0;
    uint8_t *text = ret_wrap + GCM_IV_LEN;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    rng_fill(rng, ret_wrap, GCM_IV_LEN);
    bool ok = c && gcm(c, k, ret_wrap, wrap_aad(recording, aad), 1) &&
              EVP_CipherUpdate(c, text, &n, root, KEY_LEN) == 1 &&
              EVP_CipherFinal_ex(c, text + n, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, text + KEY_LEN) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok ? OK : ERR_CRYPTO;
}

enum err kek_unwrap(const struct kek *k, const struct id *recording, const uint8_t wrap[WRAP_LEN],
                    uint8_t ret_root[KEY_LEN]) {
    uint8_t aad[64], tag[GCM_TAG_LEN];
    int n = 0, rest = 0;
    const uint8_t *text = wrap + GCM_IV_LEN;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    memcpy(tag, text + KEY_LEN, sizeof(tag));
    bool ok = c && gcm(c, k, wrap, wrap_aad(recording, aad), 0) &&
              EVP_CipherUpdate(c, ret_root, &n, text, KEY_LEN) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, tag) == 1 &&
              EVP_CipherFinal_ex(c, ret_root + n, &rest) == 1;
    EVP_CIPHER_CTX_free(c);
    if (!ok) {
        mem_wipe(ret_root, KEY_LEN);
    }
    return ok ? OK : ERR_AUTH;
}

/* HKDF-Expand (RFC 5869 section 2.3) for one block of SHA-384: a single HMAC. */
static bool derive(const uint8_t root[KEY_LEN], const char *label, const struct id *recording,
                   uint8_t out[KEY_LEN]) {
    uint8_t info[64], block[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct wr w = wr_of(info, sizeof(info));
    wr_bytes(&w, label, strlen(label));
    wr_bytes(&w, recording->b, ID_LEN);
    wr_u8(&w, 1);
    CHECK(!w.bad);
    bool ok = HMAC(EVP_sha384(), root, KEY_LEN, info, wr_len(&w), block, &n) && n >= KEY_LEN;
    if (ok) {
        memcpy(out, block, KEY_LEN);
    }
    mem_wipe(block, sizeof(block));
    return ok;
}

enum err keys_derive(const uint8_t root[KEY_LEN], const struct id *recording,
                     struct recording_keys *ret) {
    size_t n = KEY_LEN;
    struct recording_keys k;
    bool ok = derive(root, "oriel-objects/1", recording, k.objects) &&
              derive(root, "oriel-signing/1", recording, k.signing);
    EVP_PKEY *p =
        ok ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, k.signing, KEY_LEN) : NULL;
    ok = p && EVP_PKEY_get_raw_public_key(p, k.verifying, &n) == 1 && n == KEY_LEN;
    EVP_PKEY_free(p);
    if (ok) {
        *ret = k;
    }
    mem_wipe(&k, sizeof(k));
    return ok ? OK : ERR_CRYPTO;
}

enum err keys_sign(const struct recording_keys *k, struct bytes text, uint8_t ret[SIGNATURE_LEN]) {
    size_t n = SIGNATURE_LEN;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY *p = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, k->signing, KEY_LEN);
    bool ok = c && p && EVP_DigestSignInit(c, NULL, NULL, NULL, p) == 1 &&
              EVP_DigestSign(c, ret, &n, text.p, text.n) == 1 && n == SIGNATURE_LEN;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(p);
    return ok ? OK : ERR_CRYPTO;
}

enum err keys_verify(const struct recording_keys *k, struct bytes text,
                     const uint8_t signature[SIGNATURE_LEN]) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    EVP_PKEY *p = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->verifying, KEY_LEN);
    bool ok = c && p && EVP_DigestVerifyInit(c, NULL, NULL, NULL, p) == 1 &&
              EVP_DigestVerify(c, signature, SIGNATURE_LEN, text.p, text.n) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(p);
    return ok ? OK : ERR_AUTH;
}
