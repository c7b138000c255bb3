#include "media/secure/srtp_kdf.h"
#include "base/bytes.h"
#include "media/secure/openssl.h"

#include <string.h>

bool srtp_kdf(const struct srtp_master *m, size_t key_len, enum srtp_label label, uint8_t *out,
              size_t n) {
    static const uint8_t zeros[SRTP_KDF_MAX];
    uint8_t iv[16] = {0};
    int len = 0;
    if (n > sizeof(zeros) || (key_len != 16 && key_len != 32)) {
        return false;
    }
    /* x = (label || 48 zero bits) XOR master_salt, right-aligned in 112 bits; IV = x * 2^16. */
    memcpy(iv, m->salt, SRTP_SALT_MAX);
    iv[7] ^= (uint8_t)label;
    const EVP_CIPHER *ctr = key_len == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx && EVP_EncryptInit_ex(ctx, ctr, NULL, m->key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &len, zeros, (int)n) == 1 && (size_t)len == n;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

bool srtp_session_derive(const struct srtp_master *m, uint16_t profile, enum srtp_label first,
                         struct srtp_session_keys *ret) {
    size_t key_len = srtp_key_len(profile);
    memset(ret, 0, sizeof(*ret));
    return srtp_kdf(m, key_len, first, ret->key, key_len) &&
           srtp_kdf(m, key_len, first + 1, ret->auth, sizeof(ret->auth)) &&
           srtp_kdf(m, key_len, first + 2, ret->salt, sizeof(ret->salt));
}

bool srtp_session_pair(const struct srtp_master *m, uint16_t profile,
                       struct srtp_session_keys *ret_rtp, struct srtp_session_keys *ret_rtcp) {
    struct srtp_master own = *m;
    memset(own.salt + srtp_salt_len(profile), 0, SRTP_SALT_MAX - srtp_salt_len(profile));
    bool ok = srtp_session_derive(&own, profile, SRTP_LABEL_RTP_KEY, ret_rtp) &&
              srtp_session_derive(&own, profile, SRTP_LABEL_RTCP_KEY, ret_rtcp);
    mem_wipe(&own, sizeof(own));
    return ok;
}
