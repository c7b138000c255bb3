#include "server/auth/algorithm.h"

#include "base/alloc.h"
#include "base/check.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#define P256_LEN 32 /* [bytes] of a coordinate, and of each half of a signature */
#define P256_POINT (1 + 2 * P256_LEN)
#define ECDSA_DER_MAX 80       /* [bytes] two INTEGERs of 33 bytes in a SEQUENCE are 72 */
#define RSA_EXPONENT_MAX 4     /* [bytes] */
#define EC_UNCOMPRESSED 0x04   /* SEC 1 section 2.3.3 */
#define P256_NAME "prime256v1" /* as OpenSSL calls it */

struct jws_key {
    enum jws_algorithm algorithm;
    uint8_t *secret; /* of HS256 */
    size_t n;        /* [bytes] */
    EVP_PKEY *pkey;  /* of the others */
};

/* Takes pkey. What OpenSSL complained about on the way is not left to the next caller. */
static enum err key_of(enum jws_algorithm a, EVP_PKEY *pkey, struct jws_key **ret) {
    ERR_clear_error();
    struct jws_key *k = pkey ? mem_zalloc(1, sizeof(*k)) : NULL;
    if (!k) {
        EVP_PKEY_free(pkey);
        return pkey ? ERR_NOMEM : ERR_CRYPTO;
    }
    k->algorithm = a;
    k->pkey = pkey;
    *ret = k;
    return OK;
}

enum err jws_key_secret(struct bytes secret, struct jws_key **ret) {
    if (secret.n < JWS_SECRET_MIN || secret.n > JWS_SECRET_MAX) {
        return secret.n < JWS_SECRET_MIN ? ERR_SHORT : ERR_LONG;
    }
    struct jws_key *k = mem_zalloc(1, sizeof(*k));
    uint8_t *copy = k ? mem_alloc(secret.n) : NULL;
    if (!copy) {
        mem_free(k);
        return ERR_NOMEM;
    }
    memcpy(copy, secret.p, secret.n);
    *k = (struct jws_key){.algorithm = JWS_HS256, .secret = copy, .n = secret.n};
    *ret = k;
    return OK;
}

/* A public key of these parameters, or NULL; consumes b. */
static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *b) {
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;
    if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    return pkey;
}

static EVP_PKEY *rsa_public(const BIGNUM *n, const BIGNUM *e) {
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    if (!b || OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) != 1) {
        OSSL_PARAM_BLD_free(b);
        return NULL;
    }
    return from_params("RSA", b);
}

static enum err rsa_key(const BIGNUM *n, const BIGNUM *e, struct jws_key **ret) {
    int bits = BN_num_bits(n);
    if (bits < JWS_RSA_BITS_MIN || bits > JWS_RSA_BITS_MAX) {
        return bits < JWS_RSA_BITS_MIN ? ERR_SHORT : ERR_LONG;
    }
    if (BN_num_bytes(e) > RSA_EXPONENT_MAX || !BN_is_odd(e) || BN_is_one(e) || !BN_is_odd(n)) {
        return ERR_RANGE;
    }
    return key_of(JWS_RS256, rsa_public(n, e), ret);
}

enum err jws_key_rsa(struct bytes n, struct bytes e, struct jws_key **ret) {
    if (n.n > 2 * JWS_RSA_BITS_MAX / 8 || e.n > 2 * JWS_RSA_BITS_MAX / 8) {
        return ERR_LONG;
    }
    BIGNUM *modulus = BN_bin2bn(n.p, (int)n.n, NULL), *exponent = BN_bin2bn(e.p, (int)e.n, NULL);
    enum err err = modulus && exponent ? rsa_key(modulus, exponent, ret) : ERR_NOMEM;
    BN_free(modulus);
    BN_free(exponent);
    return err;
}

/* OpenSSL takes no point that is not on the curve. */
static EVP_PKEY *p256_public(const uint8_t point[P256_POINT]) {
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    if (!b || OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, P256_NAME, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT) != 1) {
        OSSL_PARAM_BLD_free(b);
        return NULL;
    }
    return from_params("EC", b);
}

enum err jws_key_p256(struct bytes x, struct bytes y, struct jws_key **ret) {
    uint8_t point[P256_POINT] = {EC_UNCOMPRESSED};
    if (x.n != P256_LEN || y.n != P256_LEN) {
        return ERR_FORMAT;
    }
    memcpy(point + 1, x.p, P256_LEN);
    memcpy(point + 1 + P256_LEN, y.p, P256_LEN);
    return key_of(JWS_ES256, p256_public(point), ret);
}

static enum err again_rsa(const EVP_PKEY *k, struct jws_key **ret) {
    BIGNUM *n = NULL, *e = NULL;
    bool ok = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
              EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) == 1;
    enum err err = ok ? rsa_key(n, e, ret) : ERR_FORMAT;
    BN_free(n);
    BN_free(e);
    return err;
}

static enum err again_p256(const EVP_PKEY *k, struct jws_key **ret) {
    char group[32] = "";
    uint8_t xy[2 * P256_LEN];
    BIGNUM *x = NULL, *y = NULL;
    if (EVP_PKEY_get_group_name(k, group, sizeof(group), NULL) != 1 ||
        strcmp(group, P256_NAME) != 0) {
        return ERR_UNSUPPORTED;
    }
    bool ok = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
              EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
              BN_bn2binpad(x, xy, P256_LEN) == P256_LEN &&
              BN_bn2binpad(y, xy + P256_LEN, P256_LEN) == P256_LEN;
    BN_free(x);
    BN_free(y);
    return !ok ? ERR_FORMAT
               : jws_key_p256(bytes_of(xy, P256_LEN), bytes_of(xy + P256_LEN, P256_LEN), ret);
}

/* A key that came in a file is made anew of its numbers, so that nothing else of the file (a curve
 * that was spelled out, parameters of its own) has a say. Frees k. */
static enum err again(EVP_PKEY *k, struct jws_key **ret) {
    enum err e = !k                                        ? ERR_FORMAT
                 : EVP_PKEY_get_base_id(k) == EVP_PKEY_RSA ? again_rsa(k, ret)
                 : EVP_PKEY_get_base_id(k) == EVP_PKEY_EC  ? again_p256(k, ret)
                                                           : ERR_UNSUPPORTED;
    EVP_PKEY_free(k);
    ERR_clear_error();
    return e;
}

enum err jws_key_spki(struct bytes der, struct jws_key **ret) {
    const uint8_t *p = der.p;
    return again(d2i_PUBKEY(NULL, &p, (long)der.n), ret);
}

enum err jws_key_certificate(struct bytes der, struct jws_key **ret) {
    const uint8_t *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    enum err e = again(x ? X509_get_pubkey(x) : NULL, ret);
    X509_free(x);
    return e;
}

struct jws_key *jws_key_free(struct jws_key *k) {
    if (!k) {
        return NULL;
    }
    if (k->secret) {
        mem_wipe(k->secret, k->n);
    }
    mem_free(k->secret);
    EVP_PKEY_free(k->pkey);
    return mem_free(k);
}

enum jws_algorithm jws_key_algorithm(const struct jws_key *k) {
    return k->algorithm;
}

void jws_key_sign(const struct jws_key *k, struct bytes input, uint8_t out[JWS_HS256_LEN]) {
    unsigned n = 0;
    CHECK(k->algorithm == JWS_HS256);
    CHECK(HMAC(EVP_sha256(), k->secret, (int)k->n, input.p, input.n, out, &n) &&
          n == JWS_HS256_LEN);
}

static bool verify_hmac(const struct jws_key *k, struct bytes input, struct bytes signature) {
    uint8_t mac[JWS_HS256_LEN];
    jws_key_sign(k, input, mac);
    bool ok = signature.n == sizeof(mac) && ct_equal(mac, signature.p, sizeof(mac));
    mem_wipe(mac, sizeof(mac));
    return ok;
}

/* PKCS #1 v1.5 for RSA, which is OpenSSL's default; DER for ECDSA. */
static bool verify_public(const struct jws_key *k, struct bytes input, struct bytes signature) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1 &&
              EVP_DigestVerify(ctx, signature.p, signature.n, input.p, input.n) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

/* RFC 7518 section 3.4: R and S with 32 bytes each. OpenSSL wants them in DER. */
static bool verify_p256(const struct jws_key *k, struct bytes input, struct bytes signature) {
    uint8_t der[ECDSA_DER_MAX], *p = der;
    if (signature.n != 2 * P256_LEN) {
        return false;
    }
    ECDSA_SIG *s = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.p, P256_LEN, NULL);
    BIGNUM *t = BN_bin2bn(signature.p + P256_LEN, P256_LEN, NULL);
    bool ok = s && r && t && ECDSA_SIG_set0(s, r, t) == 1;
    if (!ok) {
        BN_free(r);
        BN_free(t);
    }
    int n = ok ? i2d_ECDSA_SIG(s, NULL) : 0;
    ok = n > 0 && n <= ECDSA_DER_MAX && i2d_ECDSA_SIG(s, &p) == n &&
         verify_public(k, input, bytes_of(der, (size_t)n));
    ECDSA_SIG_free(s);
    return ok;
}

bool jws_key_verify(const struct jws_key *k, struct bytes input, struct bytes signature) {
    switch (k->algorithm) {
    case JWS_HS256:
        return verify_hmac(k, input, signature);
    case JWS_RS256:
        return signature.n == (size_t)EVP_PKEY_get_size(k->pkey) &&
               verify_public(k, input, signature);
    case JWS_ES256:
        return verify_p256(k, input, signature);
    case JWS_NONE:
        break;
    }
    return false;
}
