#include "recorder/seal/aead.h"

#include <openssl/err.h>
#include <openssl/evp.h>

static bool begin(EVP_CIPHER_CTX *c, const struct aead *a, const uint8_t *iv, int encrypt) {
    int n;
    return c && a->aad.n <= INT32_MAX &&
           EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, a->key, iv, encrypt) == 1 &&
           (a->aad.n == 0 || EVP_CipherUpdate(c, NULL, &n, a->aad.p, (int)a->aad.n) == 1);
}

enum err aead_seal(const struct aead *a, const struct rng *rng, struct bytes plain, uint8_t *out) {
    uint8_t *text = out + AEAD_IV_LEN;
    int n = 0, rest = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    rng_fill(rng, out, AEAD_IV_LEN);
    bool ok = plain.n <= INT32_MAX && begin(c, a, out, 1) &&
              (plain.n == 0 || EVP_CipherUpdate(c, text, &n, plain.p, (int)plain.n) == 1) &&
              EVP_CipherFinal_ex(c, text + n, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN, text + plain.n) == 1;
    EVP_CIPHER_CTX_free(c);
    ERR_clear_error();
    return ok ? OK : ERR_CRYPTO;
}

enum err aead_open(const struct aead *a, struct bytes sealed, uint8_t *out) {
    uint8_t tag[AEAD_TAG_LEN];
    int n = 0, rest = 0;
    if (sealed.n < AEAD_OVERHEAD || sealed.n > INT32_MAX) {
        return ERR_SHORT;
    }
    size_t len = sealed.n - AEAD_OVERHEAD;
    const uint8_t *text = sealed.p + AEAD_IV_LEN;
    memcpy(tag, text + len, sizeof(tag));
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = begin(c, a, sealed.p, 0) &&
              (len == 0 || EVP_CipherUpdate(c, out, &n, text, (int)len) == 1) &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN, tag) == 1 &&
              EVP_CipherFinal_ex(c, out + n, &rest) == 1;
    EVP_CIPHER_CTX_free(c);
    ERR_clear_error();
    if (!ok) {
        mem_wipe(out, len);
    }
    return ok ? OK : ERR_AUTH;
}
