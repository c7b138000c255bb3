#include "server/auth/keyring.h"

#include "base/alloc.h"
#include "base/check.h"
#include "json/json_read.h"

struct keyring {
    struct {
        struct issuer_config c;
        struct keyset *keys;
    } at[KEYRING_MAX];
    size_t n;
};

struct keyring *keyring_new(void) {
    return mem_zalloc(1, sizeof(struct keyring));
}

struct keyring *keyring_free(struct keyring *r) {
    if (!r) {
        return NULL;
    }
    for (size_t i = 0; i < r->n; i++) {
        issuer_config_clear(&r->at[i].c);
        keyset_free(r->at[i].keys);
    }
    return mem_free(r);
}

enum err keyring_add(struct keyring *r, const struct issuer_config *c) {
    if (r->n == KEYRING_MAX) {
        return ERR_FULL;
    }
    enum err e = issuer_config_copy(c, &r->at[r->n].c);
    r->n += e == OK;
    return e;
}

size_t keyring_len(const struct keyring *r) {
    return r->n;
}

const struct issuer_config *keyring_issuer(const struct keyring *r, size_t i) {
    CHECK(i < r->n);
    return &r->at[i].c;
}

const struct keyset *keyring_keys(const struct keyring *r, size_t i) {
    CHECK(i < r->n);
    return r->at[i].keys;
}

void keyring_replace(struct keyring *r, size_t i, struct keyset *keys) {
    CHECK(i < r->n);
    keyset_free(r->at[i].keys);
    r->at[i].keys = keys;
}

struct keyset *keyring_take(struct keyring *r, size_t i) {
    CHECK(i < r->n);
    struct keyset *keys = r->at[i].keys;
    r->at[i].keys = NULL;
    return keys;
}

/* Who is named wins over who may be anybody, so that the latter signs for no other. */
static bool find(const struct keyring *r, const char *iss, size_t *ret_i) {
    bool found = false;
    for (size_t i = 0; i < r->n; i++) {
        const char *name = r->at[i].c.issuer;
        bool named = *name && iss && strcmp(name, iss) == 0;
        if (named || (!*name && !found)) {
            *ret_i = i;
            found = true;
        }
        if (named) {
            break;
        }
    }
    return found;
}

enum code keyring_verify(const struct keyring *r, const struct jws *j, size_t *ret_i) {
    if (!find(r, json_get_string(json_member(j->claims, "iss"), NULL), ret_i)) {
        return CODE_TOKEN_ISSUER;
    }
    const struct issuer_config *c = &r->at[*ret_i].c;
    const struct keyset *keys = r->at[*ret_i].keys;
    if (!(c->algorithms & 1u << j->algorithm)) {
        return CODE_TOKEN_ALGORITHM;
    }
    if (!keys) {
        return CODE_TOKEN_NO_KEYS;
    }
    switch (keyset_verify(keys, j->algorithm, j->kid, j->input, j->signature)) {
    case KEYSET_OK:
        return CODE_OK;
    case KEYSET_NO_KEY:
        return CODE_TOKEN_KEY_UNKNOWN;
    case KEYSET_WRONG:
        break;
    }
    return CODE_TOKEN_SIGNATURE;
}
