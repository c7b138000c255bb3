/* AES-GCM by OpenSSL's EVP: the cipher context is kept with its key, each packet sets only the IV.
 */
#include "media/secure/openssl.h"
#include "media/secure/srtp_gcm.h"

static EVP_CIPHER_CTX *ctx_of(struct gcm_key *k) {
    return (EVP_CIPHER_CTX *)k; /* it is nothing else */
}

static bool usable(void) {
    return true;
}

static void key_free(struct gcm_key *k) {
    EVP_CIPHER_CTX_free(ctx_of(k));
}

static struct gcm_key *key_new(const uint8_t *key, size_t key_len) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    if (c && EVP_EncryptInit_ex(c, cipher, NULL, key, NULL) != 1) {
        EVP_CIPHER_CTX_free(c);
        c = NULL;
    }
    return (struct gcm_key *)c;
}

static bool seal(struct gcm_key *k, const struct gcm_job *job) {
    EVP_CIPHER_CTX *c = ctx_of(k);
    uint8_t none[GCM_TAG];
    size_t plain = job->plain.n;
    int n = 0;
    /* EVP_CTRL_AEAD_GET_TAG would build the same parameter with more detours. */
    OSSL_PARAM tag[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, job->out + plain, GCM_TAG),
        OSSL_PARAM_construct_end()};
    return EVP_EncryptInit_ex(c, NULL, NULL, NULL, job->iv) == 1 &&
           EVP_EncryptUpdate(c, NULL, &n, job->aad.p, (int)job->aad.n) == 1 &&
           (plain == 0 || EVP_EncryptUpdate(c, job->out, &n, job->plain.p, (int)plain) == 1) &&
           EVP_EncryptFinal_ex(c, none, &n) == 1 && EVP_CIPHER_CTX_get_params(c, tag) == 1;
}

static bool gcm_open(struct gcm_key *k, const struct gcm_open_job *job) {
    EVP_CIPHER_CTX *c = ctx_of(k);
    uint8_t none[GCM_TAG];
    int n = 0;
    OSSL_PARAM tag[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, job->tag, GCM_TAG),
        OSSL_PARAM_construct_end()};
    return EVP_DecryptInit_ex(c, NULL, NULL, NULL, job->iv) == 1 &&
           EVP_CIPHER_CTX_set_params(c, tag) == 1 &&
           EVP_DecryptUpdate(c, NULL, &n, job->aad.p, (int)job->aad.n) == 1 &&
           (job->n == 0 || EVP_DecryptUpdate(c, job->text, &n, job->text, (int)job->n) == 1) &&
           EVP_DecryptFinal_ex(c, none, &n) == 1;
}

const struct gcm_engine gcm_openssl = {.name = "openssl",
                                       .usable = usable,
                                       .key_new = key_new,
                                       .key_free = key_free,
                                       .seal = seal,
                                       .open = gcm_open};
