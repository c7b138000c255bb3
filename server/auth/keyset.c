#include "server/auth/keyset.h"

#include "base/alloc.h"
#include "server/auth/jwk.h"
#include "json/json_read.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>

struct entry {
    char *kid; /* NULL: fits any */
    struct jws_key *key;
};

struct keyset {
    struct entry keys[KEYSET_KEYS_MAX];
    size_t n, passed_over;
};

/* Takes key, also on failure. */
static enum err add(struct keyset *s, struct jws_key *key, const char *kid) {
    char *copy = kid ? mem_strdup(kid) : NULL;
    enum err e = s->n == KEYSET_KEYS_MAX ? ERR_FULL : kid && !copy ? ERR_NOMEM : OK;
    if (e != OK) {
        jws_key_free(key);
        mem_free(copy);
        return e;
    }
    s->keys[s->n++] = (struct entry){copy, key};
    return OK;
}

/* What is wrong with key number i, for people. */
static enum err complain(enum err e, size_t i, char why[WHY_MAX]) {
    const char *what = e == ERR_DENIED   ? "is private: only public keys belong here"
                       : e == ERR_SHORT  ? "is too short: RSA needs 2048 bits, a secret 32 bytes"
                       : e == ERR_LONG   ? "is too long"
                       : e == ERR_RANGE  ? "has no sound modulus and exponent"
                       : e == ERR_CRYPTO ? "is no sound key"
                       : e == ERR_FORMAT ? "lacks a member, or one is not what it should be"
                       : e == ERR_FULL   ? "is one too many"
                       : e == ERR_NOMEM  ? "finds no memory"
                                         : "is not for RS256, ES256 (or HS256 where that may be)";
    snprintf(why, WHY_MAX, "key %zu %s", i + 1, what);
    return e;
}

static enum err add_jwk(struct keyset *s, const struct json *o, enum keyset_source from) {
    struct jws_key *key = NULL;
    const char *kid = NULL;
    enum err e = jwk_read(o, from == KEYSET_PRIVATE, &key, &kid);
    if (e == OK && kid && strlen(kid) > KEYSET_KID_MAX) {
        jws_key_free(key);
        return ERR_FORMAT;
    }
    return e == OK ? add(s, key, kid) : e;
}

static enum err read_jwks(struct keyset *s, const struct json *list, enum keyset_source from,
                          char why[WHY_MAX]) {
    for (size_t i = 0; i < json_count(list); i++) {
        enum err e = add_jwk(s, json_item(list, i), from);
        bool fatal =
            e == ERR_NOMEM || e == ERR_FULL || (from == KEYSET_PRIVATE && e != ERR_UNSUPPORTED);
        if (e != OK && fatal) {
            return complain(e, i, why);
        }
        s->passed_over += e != OK;
    }
    return OK;
}

static enum err read_json(struct keyset *s, const char *text, size_t n, enum keyset_source from,
                          char why[WHY_MAX]) {
    static const struct json_limits limits = {KEYSET_TEXT_MAX, KEYSET_DEPTH_MAX, KEYSET_VALUES_MAX};
    const struct json *o = NULL;
    struct json_error error;
    enum err e = json_read(text, n, &limits, &o, &error);
    if (e != OK) {
        snprintf(why, WHY_MAX, "line %u: %.100s", error.at.line, error.what);
        return e == ERR_NOMEM ? e : ERR_FORMAT;
    }
    const struct json *list = json_member(o, "keys");
    e = ERR_FORMAT;
    if (json_kind(list) == JSON_KIND_LIST) {
        e = read_jwks(s, list, from, why);
    } else if (!list && json_member(o, "kty")) {
        e = add_jwk(s, o, from);
        e = e == OK ? OK : complain(e, 0, why);
    } else {
        snprintf(why, WHY_MAX, "is no JWK Set (RFC 7517): it has no list of keys");
    }
    json_free(o);
    return e;
}

static enum err add_pem(struct keyset *s, const char *label, struct bytes der) {
    struct jws_key *key = NULL;
    enum err e = strcmp(label, PEM_STRING_PUBLIC) == 0 ? jws_key_spki(der, &key)
                 : strcmp(label, PEM_STRING_X509) == 0 ? jws_key_certificate(der, &key)
                 : strstr(label, "PRIVATE")            ? ERR_DENIED
                                                       : ERR_UNSUPPORTED;
    return e == OK ? add(s, key, NULL) : e;
}

static enum err read_pem(struct keyset *s, const char *text, size_t n, char why[WHY_MAX]) {
    BIO *bio = BIO_new_mem_buf(text, (int)n);
    enum err e = bio ? OK : ERR_NOMEM;
    char *label = NULL, *header = NULL;
    uint8_t *der = NULL;
    long len = 0;
    ERR_clear_error();
    for (size_t i = 0; e == OK && PEM_read_bio(bio, &label, &header, &der, &len) == 1; i++) {
        e = add_pem(s, label, bytes_of(der, (size_t)len));
        mem_wipe(der, (size_t)len);
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_free(der);
        e = e == OK ? OK : complain(e, i, why);
    }
    /* The end is that no further one begins; anything else is one that cannot be read. */
    if (e == OK && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        e = complain(ERR_FORMAT, s->n, why);
    }
    ERR_clear_error();
    BIO_free(bio);
    return e;
}

static enum err read_text(struct keyset *s, const char *text, size_t n, enum keyset_source from,
                          char why[WHY_MAX]) {
    size_t at = 0;
    while (at < n && memchr(" \t\r\n", text[at], 4)) {
        at++;
    }
    if (n > KEYSET_TEXT_MAX) {
        snprintf(why, WHY_MAX, "is longer than %d bytes", KEYSET_TEXT_MAX);
        return ERR_LONG;
    }
    bool pem = from == KEYSET_PRIVATE && memmem(text, n, "-----BEGIN ", 11);
    enum err e = at < n && text[at] == '{' ? read_json(s, text, n, from, why)
                 : pem                     ? read_pem(s, text, n, why)
                                           : ERR_FORMAT;
    if (e == ERR_FORMAT && !why[0]) {
        snprintf(why, WHY_MAX,
                 from == KEYSET_PRIVATE ? "is neither a JWK Set nor PEM"
                                        : "is no JWK Set (RFC 7517)");
    }
    if (e == OK && s->n == 0) {
        snprintf(why, WHY_MAX, "holds no key that could be used (RS256 or ES256)");
        e = ERR_UNKNOWN;
    }
    return e;
}

enum err keyset_read(const char *text, size_t n, enum keyset_source from, struct keyset **ret,
                     char why[WHY_MAX]) {
    struct keyset *s = mem_zalloc(1, sizeof(*s));
    why[0] = '\0';
    enum err e = s ? read_text(s, text, n, from, why) : ERR_NOMEM;
    if (e != OK) {
        keyset_free(s);
        return e;
    }
    *ret = s;
    return OK;
}

enum err keyset_of_secret(const char *secret, struct keyset **ret) {
    struct keyset *s = mem_zalloc(1, sizeof(*s));
    struct jws_key *key = NULL;
    enum err e = s ? jws_key_secret(bytes_of(secret, strlen(secret)), &key) : ERR_NOMEM;
    if (e != OK) {
        mem_free(s);
        return e;
    }
    s->keys[s->n++].key = key;
    *ret = s;
    return OK;
}

struct keyset *keyset_free(struct keyset *s) {
    if (!s) {
        return NULL;
    }
    for (size_t i = 0; i < s->n; i++) {
        jws_key_free(s->keys[i].key);
        mem_free(s->keys[i].kid);
    }
    return mem_free(s);
}

size_t keyset_len(const struct keyset *s) {
    return s->n;
}

size_t keyset_passed_over(const struct keyset *s) {
    return s->passed_over;
}

unsigned keyset_algorithms(const struct keyset *s) {
    unsigned mask = 0;
    for (size_t i = 0; i < s->n; i++) {
        mask |= 1u << jws_key_algorithm(s->keys[i].key);
    }
    return mask;
}

const struct jws_key *keyset_first(const struct keyset *s) {
    return s->keys[0].key;
}

enum keyset_verdict keyset_verify(const struct keyset *s, enum jws_algorithm a, const char *kid,
                                  struct bytes input, struct bytes signature) {
    enum keyset_verdict v = KEYSET_NO_KEY;
    unsigned tries = 0;
    /* First those that are meant, or those that without a name of their own may be passed by. */
    for (size_t i = 0; i < 2 * s->n; i++) {
        const struct entry *k = &s->keys[i % s->n];
        bool meant = kid && k->kid && strcmp(k->kid, kid) == 0;
        bool fits = i < s->n ? meant : !meant && (!kid || !k->kid);
        if (!fits || jws_key_algorithm(k->key) != a || tries == KEYSET_TRIES) {
            continue;
        }
        tries++;
        if (jws_key_verify(k->key, input, signature)) {
            return KEYSET_OK;
        }
        v = KEYSET_WRONG;
    }
    return v;
}
