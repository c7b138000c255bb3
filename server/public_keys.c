#include "server/public_keys.h"

#include "base/json_write.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define BASE64_MAX 64 /* [bytes] of 44 with the NUL */
#define PEM_MAX 128
/* DER of SubjectPublicKeyInfo before the 32 bytes of an Ed25519 key (RFC 8410 section 4). */
static const uint8_t spki[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0};

/* Base64url without padding (RFC 7515 section 2). n is at most 32. */
static void base64url(const uint8_t *p, size_t n, char out[BASE64_MAX]) {
    int len = EVP_EncodeBlock((unsigned char *)out, p, (int)n);
    while (len > 0 && out[len - 1] == '=') {
        len--;
    }
    out[len] = '\0';
    for (char *c = out; *c; c++) {
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    }
}

enum err public_key_id(const uint8_t key[LIBRARY_SIGNER_LEN], char out[PUBLIC_KEY_ID_MAX]) {
    char x[BASE64_MAX], text[160], id[BASE64_MAX];
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    base64url(key, LIBRARY_SIGNER_LEN, x);
    int len = snprintf(text, sizeof(text), "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", x);
    if (EVP_Digest(text, (size_t)len, hash, &n, EVP_sha256(), NULL) != 1) {
        return ERR_CRYPTO;
    }
    base64url(hash, n, id);
    memcpy(out, id, PUBLIC_KEY_ID_MAX);
    return OK;
}

static void pem_of(const uint8_t *key, char out[PEM_MAX]) {
    uint8_t der[sizeof(spki) + LIBRARY_SIGNER_LEN];
    char text[BASE64_MAX];
    memcpy(der, spki, sizeof(spki));
    memcpy(der + sizeof(spki), key, LIBRARY_SIGNER_LEN);
    EVP_EncodeBlock((unsigned char *)text, der, sizeof(der));
    snprintf(out, PEM_MAX, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", text);
}

enum err public_keys_json(const struct library_signers *s, struct buffer *ret) {
    json_open(ret, NULL, '{');
    json_open(ret, "keys", '[');
    for (size_t i = 0; i < s->n; i++) {
        char id[PUBLIC_KEY_ID_MAX], x[BASE64_MAX], pem[PEM_MAX];
        enum err e = public_key_id(s->keys[i], id);
        if (e != OK) {
            return e;
        }
        base64url(s->keys[i], LIBRARY_SIGNER_LEN, x);
        pem_of(s->keys[i], pem);
        json_open(ret, NULL, '{');
        json_put_string(ret, "kty", "OKP");
        json_put_string(ret, "crv", "Ed25519");
        json_put_string(ret, "alg", "EdDSA");
        json_put_string(ret, "use", "sig");
        json_put_string(ret, "kid", id);
        json_put_string(ret, "x", x);
        json_put_hex(ret, "hex", s->keys[i], LIBRARY_SIGNER_LEN);
        json_put_string(ret, "pem", pem);
        json_put_bool(ret, "current", i == 0);
        json_close(ret, '}');
    }
    json_close(ret, ']');
    json_close(ret, '}');
    return ret->bad ? ERR_NOMEM : OK;
}
