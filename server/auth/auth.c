#include "server/auth/auth.h"

#include "base/alloc.h"
#include "base/base64url.h"
#include "base/check.h"
#include "base/json_write.h"
#include "base/owner.h"
#include "server/auth/auth_secret.h"
#include "server/auth/issuer_claims.h"
#include "server/auth/keyring.h"
#include "server/auth/revoked.h"
#include "server/auth/scopes.h"
#include "server/auth/secret_file.h"
#include "server/os/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct auth {
    struct owner owner;
    struct keyring *ring; /* the others, then ourselves */
    size_t n_others;
    bool mints;
    const char *revoked_file; /* until it has been read */
    struct revoked *revoked;  /* NULL: nobody */
    void (*want)(void *ctx, size_t i);
    void *ctx;
    uint64_t counts[CODE_COUNT];
};

/* An issuer with what "auth" says where it says nothing itself. */
static enum err add(struct auth *a, const struct auth_config *c, struct issuer_config x) {
    x.audience = x.audience ? x.audience : (char *)(c->audience ? c->audience : "");
    x.leeway_s = x.leeway_s == ISSUER_DEFAULT ? c->leeway_s : x.leeway_s;
    x.max_lifetime_s = x.max_lifetime_s == ISSUER_DEFAULT ? c->max_lifetime_s : x.max_lifetime_s;
    return keyring_add(a->ring, &x);
}

static enum err add_ourselves(struct auth *a, const struct auth_config *c) {
    struct keyset *keys = NULL;
    struct issuer_config own = {.issuer = (char *)(c->issuer ? c->issuer : ""),
                                .algorithms = 1u << JWS_HS256,
                                .source = ISSUER_SECRET_FILE,
                                .leeway_s = ISSUER_DEFAULT,
                                .max_lifetime_s = ISSUER_DEFAULT};
    enum err e = keyset_of_secret(c->secret, &keys);
    e = e == OK ? add(a, c, own) : e;
    if (e != OK) {
        keyset_free(keys);
        return e;
    }
    keyring_replace(a->ring, a->n_others, keys);
    a->mints = true;
    return OK;
}

struct auth *auth_new(const struct auth_config *c) {
    struct auth *a = mem_zalloc(1, sizeof(*a));
    if (!a) {
        return NULL;
    }
    a->want = c->want;
    a->ctx = c->ctx;
    a->revoked_file = c->revoked_file;
    a->ring = keyring_new();
    enum err e = a->ring ? OK : ERR_NOMEM;
    for (size_t i = 0; c->others && i < c->others->n && e == OK; i++) {
        e = add(a, c, c->others->at[i]);
        a->n_others += e == OK;
    }
    e = e == OK && c->secret ? add_ourselves(a, c) : e;
    return e == OK ? a : auth_free(a);
}

struct auth *auth_free(struct auth *a) {
    if (a) {
        keyring_free(a->ring);
        revoked_free(a->revoked);
    }
    return mem_free(a);
}

/* ---- keys ---- */

static enum err read_keys(const struct issuer_config *c, struct keyset **ret, char why[WHY_MAX]) {
    char *text = NULL, what[WHY_MAX] = "";
    const char *wrong = NULL;
    size_t n = 0;
    bool secret = c->algorithms & 1u << JWS_HS256; /* public keys are for everybody */
    enum err e = secret ? secret_file_read(c->keys, KEYSET_TEXT_MAX, &text, &n, &wrong)
                        : files_read(c->keys, KEYSET_TEXT_MAX, &text, &n);
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.200s: cannot read the keys: %.80s", c->keys,
                 e == ERR_LONG ? "longer than 256 KiB"
                 : wrong       ? wrong
                               : strerror(errno));
        return e;
    }
    struct keyset *keys = NULL;
    e = keyset_read(text, n, KEYSET_PRIVATE, &keys, what);
    mem_wipe(text, n);
    mem_free(text);
    unsigned lacks = e == OK ? c->algorithms & ~keyset_algorithms(keys) : 0;
    if (lacks) {
        e = ERR_UNKNOWN;
        snprintf(what, sizeof(what), "holds no key for %s",
                 lacks & 1u << JWS_HS256   ? "HS256"
                 : lacks & 1u << JWS_RS256 ? "RS256"
                                           : "ES256");
        keyset_free(keys);
    }
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.200s: %.250s", c->keys, *what ? what : err_name(e));
        return e;
    }
    *ret = keys;
    return OK;
}

static enum err read_secret(const struct issuer_config *c, struct keyset **ret, char why[WHY_MAX]) {
    char *secret = NULL;
    enum err e = auth_secret_load(c->keys, false, &secret, why);
    if (e == OK) {
        e = keyset_of_secret(secret, ret);
        mem_wipe(secret, strlen(secret));
        mem_free(secret);
    }
    return e;
}

enum err auth_read_files(struct auth *a, char why[WHY_MAX]) {
    for (size_t i = 0; i < a->n_others; i++) {
        const struct issuer_config *c = keyring_issuer(a->ring, i);
        struct keyset *keys = NULL;
        enum err e = c->source == ISSUER_KEYS_FILE     ? read_keys(c, &keys, why)
                     : c->source == ISSUER_SECRET_FILE ? read_secret(c, &keys, why)
                                                       : OK;
        if (e != OK) {
            return e;
        }
        if (keys) {
            keyring_replace(a->ring, i, keys);
        }
    }
    const char *file = a->revoked_file;
    a->revoked_file = NULL;
    return file && *file ? revoked_read(file, &a->revoked, why) : OK;
}

void auth_replace(struct auth *a, size_t i, struct keyset *keys) {
    OWNER_CHECK(&a->owner);
    CHECK(i < a->n_others);
    keyring_replace(a->ring, i, keys);
}

static bool same(const char *a, const char *b) {
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* Only where nothing has changed: for these, and no others, jwks_thread.c goes on to watch how old
 * their keys are. */
static bool same_source(const struct issuer_config *a, const struct issuer_config *b) {
    return a->source == ISSUER_KEYS_URL && b->source == ISSUER_KEYS_URL &&
           strcmp(a->name, b->name) == 0 && same(a->issuer, b->issuer) && same(a->keys, b->keys) &&
           same(a->ca_file, b->ca_file);
}

static void keep_fetched(struct auth *a, struct auth *fresh) {
    for (size_t i = 0; i < fresh->n_others; i++) {
        for (size_t k = 0; k < a->n_others; k++) {
            if (same_source(keyring_issuer(a->ring, k), keyring_issuer(fresh->ring, i))) {
                keyring_replace(fresh->ring, i, keyring_take(a->ring, k));
            }
        }
    }
}

void auth_adopt(struct auth *a, struct auth *fresh) {
    OWNER_CHECK(&a->owner);
    struct auth old = *a;
    keep_fetched(a, fresh);
    *a = *fresh;
    a->owner = old.owner;
    memcpy(a->counts, old.counts, sizeof(a->counts));
    fresh->ring = old.ring;
    fresh->revoked = old.revoked;
    auth_free(fresh);
}

const struct keyring *auth_keyring(const struct auth *a) {
    return a->ring;
}

/* ---- tokens ---- */

/* A signature that is wrong, too: not everybody names keys, or gives a new key a new name. */
static bool newer_keys_may_help(enum code code) {
    return code == CODE_TOKEN_KEY_UNKNOWN || code == CODE_TOKEN_NO_KEYS ||
           code == CODE_TOKEN_SIGNATURE;
}

/* What another issuer calls its people, NAME:SUB, is not for us to say. */
static bool is_of_another(const struct auth *a, size_t issuer, const char *sub) {
    for (size_t i = 0; issuer == a->n_others && i < a->n_others; i++) {
        const char *name = keyring_issuer(a->ring, i)->name;
        size_t n = strlen(name);
        if (strncmp(sub, name, n) == 0 && sub[n] == ':') {
            return true;
        }
    }
    return false;
}

bool auth_revoked(const struct auth *a, const char *sub) {
    return revoked_has(a->revoked, sub);
}

static enum code verify(struct auth *a, wall_t wall, const char *token, size_t n,
                        struct claims *ret) {
    struct jws j;
    size_t i = 0;
    if (!token || n == 0) {
        return CODE_TOKEN_MISSING;
    }
    if (n >= AUTH_TOKEN_MAX || memchr(token, '\0', n)) {
        return CODE_TOKEN_MALFORMED;
    }
    enum code code = jws_read(token, n, &j);
    if (code != CODE_OK) {
        return code;
    }
    code = keyring_verify(a->ring, &j, &i);
    if (a->want && newer_keys_may_help(code) &&
        keyring_issuer(a->ring, i)->source == ISSUER_KEYS_URL) {
        a->want(a->ctx, i);
    }
    struct claims claims;
    code =
        code == CODE_OK ? issuer_claims(keyring_issuer(a->ring, i), wall, j.claims, &claims) : code;
    if (code == CODE_OK && is_of_another(a, i, claims.sub)) {
        code = CODE_TOKEN_CLAIMS;
    }
    if (code == CODE_OK && auth_revoked(a, claims.sub)) {
        code = CODE_TOKEN_REVOKED;
    }
    if (code == CODE_OK) {
        *ret = claims;
    }
    jws_free(&j);
    return code;
}

enum code auth_verify(struct auth *a, wall_t wall, const char *token, size_t n,
                      struct claims *ret) {
    OWNER_CHECK(&a->owner);
    enum code code = verify(a, wall, token, n, ret);
    a->counts[code]++;
    return code;
}

uint64_t auth_count(const struct auth *a, enum code code) {
    return a->counts[code];
}

static void put_scopes(struct buffer *b, uint32_t scopes) {
    char text[256] = "";
    struct buffer t = buffer_fixed(text, sizeof(text));
    for (unsigned i = 0; i < SCOPE_COUNT; i++) {
        if (scopes & 1u << i) {
            buffer_printf(&t, "%s%s", t.n ? " " : "", scope_word(i));
        }
    }
    json_put_string(b, "role", "service");
    json_put_string(b, "scope", text);
}

static void put_claims(struct buffer *b, const struct issuer_config *own, wall_t wall,
                       const struct claims *c) {
    json_open(b, NULL, '{');
    if (c->scopes) {
        put_scopes(b, c->scopes);
    } else {
        json_put_string(b, "role", role_name(c->role));
    }
    json_put_string(b, "sub", c->sub);
    if (*c->tour) {
        json_put_string(b, "tour", c->tour);
    }
    if (*c->name) {
        json_put_string(b, "name", c->name);
    }
    if (capabilities_any(&c->can)) {
        capabilities_put_part(b, "can", &c->can);
    }
    if (*own->issuer) {
        json_put_string(b, "iss", own->issuer);
    }
    if (*own->audience) {
        json_put_string(b, "aud", own->audience);
    }
    json_put_int(b, "iat", wall.us / US_PER_S);
    json_put_int(b, "exp", c->expires.us / US_PER_S);
    json_close(b, '}');
}

char *auth_mint(const struct auth *a, wall_t wall, const struct claims *c) {
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    struct buffer token = {0}, text = {0};
    uint8_t mac[JWS_HS256_LEN];
    if (!a->mints) {
        return NULL;
    }
    put_claims(&text, keyring_issuer(a->ring, a->n_others), wall, c);
    base64url_put(&token, header, sizeof(header) - 1);
    buffer_str(&token, ".");
    base64url_put(&token, text.p, text.n);
    if (!text.bad && !token.bad) {
        jws_key_sign(keyset_first(keyring_keys(a->ring, a->n_others)), bytes_of(token.p, token.n),
                     mac);
        buffer_str(&token, ".");
        base64url_put(&token, mac, sizeof(mac));
    }
    token.bad = token.bad || text.bad;
    buffer_free(&text);
    char *done = buffer_take(&token);
    buffer_free(&token);
    return done;
}
