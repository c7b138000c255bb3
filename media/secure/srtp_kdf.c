#include "media/secure/srtp_kdf.h"
#include "media/secure/openssl.h"

bool srtp_kdf(const struct srtp_master *m, enum srtp_label label, uint8_t *out, size_t n) {
    static const uint8_t zeros[SRTP_KDF_MAX];
    uint8_t iv[16] = {0};
    int len = 0;
    if (n > sizeof(zeros)) {
        return false;
    }
    /* x = (label || 48 zero bits) XOR master_salt, right-aligned in 112 bits; IV = x * 2^16. */
    memcpy(iv, m->salt, SRTP_SALT_MAX);
    iv[7] ^= (uint8_t)label;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, m->key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &len, zeros, (int)n) == 1 && (size_t)len == n;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

bool srtp_session_derive(const struct srtp_master *m, enum srtp_label first,
                         struct srtp_session_keys *ret) {
    return srtp_kdf(m, first, ret->key, sizeof(ret->key)) &&
           srtp_kdf(m, first + 1, ret->auth, sizeof(ret->auth)) &&
           srtp_kdf(m, first + 2, ret->salt, sizeof(ret->salt));
}
