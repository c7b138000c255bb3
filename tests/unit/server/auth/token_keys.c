#include "tests/unit/server/auth/token_keys.h"

#include "base/alloc.h"
#include "base/check.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 16384

struct token_key {
    EVP_PKEY *pkey;
    bool ec;
};

struct token_key *token_key_new(const char *kind) {
    struct token_key *k = mem_zalloc(1, sizeof(*k));
    CHECK(k);
    k->ec = kind[0] == 'E';
    k->pkey = k->ec ? EVP_EC_gen(strcmp(kind, "ES384") == 0 ? "P-384" : "P-256")
                    : EVP_RSA_gen(strcmp(kind, "RS256/1024") == 0 ? 1024 : 2048);
    CHECK(k->pkey);
    return k;
}

struct token_key *token_key_free(struct token_key *k) {
    if (k) {
        EVP_PKEY_free(k->pkey);
    }
    return mem_free(k);
}

/* Base64url by way of OpenSSL's Base64. */
static char *encode(const void *p, size_t n, char *out) {
    int len = EVP_EncodeBlock((unsigned char *)out, p, (int)n);
    while (len > 0 && out[len - 1] == '=') {
        len--;
    }
    out[len] = '\0';
    for (char *c = out; *c; c++) {
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    }
    return out;
}

/* A number as base64url of `width` bytes; 0: as many as it has. */
static char *number(const EVP_PKEY *k, const char *param, int width, char *out) {
    BIGNUM *b = NULL;
    uint8_t raw[1024];
    CHECK(EVP_PKEY_get_bn_param(k, param, &b) == 1);
    int n = width ? width : BN_num_bytes(b);
    CHECK(BN_bn2binpad(b, raw, n) == n);
    BN_free(b);
    return encode(raw, (size_t)n, out);
}

const char *token_key_jwk(const struct token_key *k, const char *kid, const char *more) {
    static char texts[4][TEXT];
    static unsigned next;
    char one[2048], two[2048], name[128] = "";
    char *out = texts[next++ % 4];
    if (kid) {
        snprintf(name, sizeof(name), ",\"kid\":\"%s\"", kid);
    }
    if (k->ec) {
        int width = EVP_PKEY_get_bits(k->pkey) == 384 ? 48 : 32;
        snprintf(out, TEXT, "{\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"%s\",\"y\":\"%s\"%s%s}",
                 8 * width, number(k->pkey, OSSL_PKEY_PARAM_EC_PUB_X, width, one),
                 number(k->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, width, two), name, more);
    } else {
        snprintf(out, TEXT, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s%s}",
                 number(k->pkey, OSSL_PKEY_PARAM_RSA_N, 0, one),
                 number(k->pkey, OSSL_PKEY_PARAM_RSA_E, 0, two), name, more);
    }
    return out;
}

char *token_key_pem(const struct token_key *k) {
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL;
    CHECK(b && PEM_write_bio_PUBKEY(b, k->pkey) == 1);
    long n = BIO_get_mem_data(b, &text);
    char *out = strndup(text, (size_t)n);
    BIO_free(b);
    CHECK(out);
    return out;
}

/* "HEADER.PAYLOAD." with room for a signature. */
static char *unsigned_token(const char *header, const char *payload) {
    char *out = malloc(TEXT);
    char part[TEXT];
    CHECK(out && strlen(header) + strlen(payload) < TEXT / 2);
    int n = snprintf(out, TEXT, "%s.", encode(header, strlen(header), part));
    snprintf(out + n, (size_t)(TEXT - n), "%s", encode(payload, strlen(payload), part));
    return out;
}

static char *with_signature(char *token, const void *p, size_t n) {
    char part[TEXT];
    size_t len = strlen(token);
    snprintf(token + len, TEXT - len, ".%s", encode(p, n, part));
    return token;
}

char *token_key_sign(const struct token_key *k, const char *header, const char *payload) {
    char *token = unsigned_token(header, payload);
    uint8_t raw[1024], pair[64];
    size_t n = sizeof(raw);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1);
    CHECK(EVP_DigestSign(ctx, raw, &n, (const uint8_t *)token, strlen(token)) == 1);
    EVP_MD_CTX_free(ctx);
    if (!k->ec || EVP_PKEY_get_bits(k->pkey) != 256) {
        return with_signature(token, raw, n);
    }
    const uint8_t *p = raw;
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)n);
    CHECK(s && BN_bn2binpad(ECDSA_SIG_get0_r(s), pair, 32) == 32);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(s), pair + 32, 32) == 32);
    ECDSA_SIG_free(s);
    return with_signature(token, pair, sizeof(pair));
}

char *token_hmac(const void *secret, size_t n, const char *header, const char *payload) {
    char *token = unsigned_token(header, payload);
    uint8_t mac[32];
    unsigned len = 0;
    CHECK(HMAC(EVP_sha256(), secret, (int)n, (const uint8_t *)token, strlen(token), mac, &len));
    return with_signature(token, mac, len);
}
