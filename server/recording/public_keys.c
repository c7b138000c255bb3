#include "server/recording/public_keys.h"

#include "base/base64url.h"
#include "base/bytes.h"
#include "base/json_write.h"
#include "json/json_read.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define KEY_CHARACTERS 43 /* of base64url */
#define BASE64_MAX 64     /* [bytes] of 44 with the NUL */
#define PEM_MAX 128
#define SPACES " \t\r\n"
/* DER of SubjectPublicKeyInfo before the 32 bytes of an Ed25519 key (RFC 8410 section 4). */
static const uint8_t spki[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0};

/* n is at most 32. */
static void base64url(const uint8_t *p, size_t n, char out[BASE64_MAX]) {
    struct buffer b = buffer_fixed(out, BASE64_MAX);
    base64url_put(&b, p, n);
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

/* ---- reading ---- */

static enum err add(struct library_signers *s, const uint8_t key[LIBRARY_SIGNER_LEN]) {
    if (s->n == LIBRARY_SIGNERS_MAX) {
        return ERR_FULL;
    }
    memcpy(s->keys[s->n++], key, LIBRARY_SIGNER_LEN);
    return OK;
}

static enum err add_jwk(struct library_signers *ret, const struct json *k) {
    uint8_t key[BASE64URL_BYTES(KEY_CHARACTERS)];
    size_t n = 0;
    const char *x = json_get_string(json_member(k, "x"), &n);
    bool ok = json_string_is(json_member(k, "kty"), "OKP") &&
              json_string_is(json_member(k, "crv"), "Ed25519") && x && n == KEY_CHARACTERS &&
              base64url_decode(x, n, key, &n);
    return ok ? add(ret, key) : ERR_FORMAT;
}

static enum err read_jwk_set(const char *text, size_t n, struct library_signers *ret) {
    const struct json_limits limits = {PUBLIC_KEYS_FILE_MAX, 16, PUBLIC_KEYS_FILE_MAX};
    const struct json *o = NULL;
    enum err e = json_read(text, n, &limits, &o, NULL);
    if (e != OK) {
        return e == ERR_NOMEM ? e : ERR_FORMAT;
    }
    const struct json *keys = json_member(o, "keys");
    e = json_kind(keys) == JSON_KIND_LIST ? OK : ERR_FORMAT;
    for (size_t i = 0; e == OK && i < json_count(keys); i++) {
        e = add_jwk(ret, json_item(keys, i));
    }
    json_free(o);
    return e;
}

static enum err add_der(struct library_signers *ret, const uint8_t *der, long n) {
    uint8_t key[LIBRARY_SIGNER_LEN];
    size_t len = sizeof(key);
    EVP_PKEY *k = d2i_PUBKEY(NULL, &der, n);
    bool ok = k && EVP_PKEY_get_id(k) == EVP_PKEY_ED25519 &&
              EVP_PKEY_get_raw_public_key(k, key, &len) == 1 && len == sizeof(key);
    EVP_PKEY_free(k);
    return ok ? add(ret, key) : ERR_FORMAT;
}

static enum err read_pem(const char *text, size_t n, struct library_signers *ret) {
    BIO *bio = BIO_new_mem_buf(text, (int)n);
    enum err e = bio ? OK : ERR_NOMEM;
    char *name = NULL, *header = NULL;
    uint8_t *der = NULL;
    long len = 0;
    while (e == OK && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
        e = strcmp(name, PEM_STRING_PUBLIC) == 0 ? add_der(ret, der, len) : ERR_FORMAT;
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    /* The end is that no further one begins; anything else is one that cannot be read. */
    bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    e = e == OK && !whole ? ERR_FORMAT : e;
    ERR_clear_error();
    BIO_free(bio);
    return e;
}

static enum err read_hex(const char *text, struct library_signers *ret) {
    enum err e = OK;
    for (const char *p = text + strspn(text, SPACES); e == OK && *p; p += strspn(p, SPACES)) {
        uint8_t key[LIBRARY_SIGNER_LEN];
        char word[2 * LIBRARY_SIGNER_LEN + 1];
        size_t n = strcspn(p, SPACES);
        if (n != 2 * LIBRARY_SIGNER_LEN) {
            return ERR_FORMAT;
        }
        memcpy(word, p, n);
        word[n] = '\0';
        e = hex_decode(key, sizeof(key), word) ? add(ret, key) : ERR_FORMAT;
        p += n;
    }
    return e;
}

enum err public_keys_read(const char *text, size_t n, struct library_signers *ret) {
    const char *first = text + strspn(text, SPACES);
    ret->n = 0;
    if (n > PUBLIC_KEYS_FILE_MAX || strlen(text) != n) {
        return ERR_FORMAT;
    }
    ERR_clear_error();
    enum err e = *first == '{'                 ? read_jwk_set(text, n, ret)
                 : strstr(text, "-----BEGIN ") ? read_pem(text, n, ret)
                                               : read_hex(text, ret);
    return e == OK && ret->n == 0 ? ERR_FORMAT : e;
}
