#include "server/auth/auth.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/utf8.h"

#include <errno.h>
#include <jansson.h>
#include <jwt.h>
#include <string.h>

struct auth {
    char *secret, *issuer, *audience;
    int64_t leeway_s;
};

struct auth *auth_new(const struct auth_config *c) {
    struct auth *a = mem_zalloc(1, sizeof(*a));
    if (!a) {
        return NULL;
    }
    a->secret = mem_strdup(c->secret);
    a->issuer = mem_strdup(c->issuer ? c->issuer : "");
    a->audience = mem_strdup(c->audience ? c->audience : "");
    a->leeway_s = c->leeway_s;
    return a->secret && a->issuer && a->audience ? a : auth_free(a);
}

struct auth *auth_free(struct auth *a) {
    if (!a) {
        return NULL;
    }
    if (a->secret) {
        mem_wipe(a->secret, strlen(a->secret));
    }
    mem_free(a->secret);
    mem_free(a->issuer);
    mem_free(a->audience);
    return mem_free(a);
}

static int base64url_value(char c) {
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c ? strchr(set, c) : NULL;
    return at ? (int)(at - set) : -1;
}

/* Decode n characters (RFC 4648 section 5, no padding); the length, or -1. */
static long base64url_decode(const char *s, size_t n, char *out) {
    uint32_t bits = 0;
    unsigned have = 0;
    long len = 0;
    for (size_t i = 0; i < n; i++) {
        int v = base64url_value(s[i]);
        if (v < 0) {
            return -1;
        }
        bits = (bits << 6 | (uint32_t)v) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[len++] = (char)(bits >> have & 0xff);
        }
    }
    return n % 4 == 1 ? -1 : len;
}

/* The pinned algorithm, checked on the header itself before libjwt acts on what it says. */
static enum sig_code check_header(const char *token) {
    char text[AUTH_TOKEN_MAX];
    const char *dot = strchr(token, '.');
    long n = dot ? base64url_decode(token, (size_t)(dot - token), text) : -1;
    json_t *header = n > 0 ? json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *alg = json_string_value(json_object_get(header, "alg"));
    enum sig_code code = !json_is_object(header)             ? SIG_TOKEN_MALFORMED
                         : !alg || strcmp(alg, "HS256") != 0 ? SIG_TOKEN_ALGORITHM
                                                             : SIG_OK;
    if (json_object_get(header, "crit")) {
        code = SIG_TOKEN_MALFORMED; /* RFC 7515 section 4.1.11: we understand no extension */
    }
    json_decref(header);
    return code;
}

static bool three_parts(const char *token) {
    const char *first = strchr(token, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;
    return second && !strchr(second + 1, '.') && first > token && second > first + 1;
}

static json_t *all_grants(jwt_t *jwt) {
    char *text = jwt_get_grants_json(jwt, NULL);
    json_t *grants = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return grants;
}

/* aud is a string or a list of strings (RFC 7519 section 4.1.3). */
static bool audience_ok(const struct auth *a, const json_t *grants) {
    const json_t *aud = json_object_get(grants, "aud");
    const char *one = json_string_value(aud);
    if (!*a->audience || (one && strcmp(one, a->audience) == 0)) {
        return true;
    }
    for (size_t i = 0; i < json_array_size(aud); i++) {
        one = json_string_value(json_array_get(aud, i));
        if (one && strcmp(one, a->audience) == 0) {
            return true;
        }
    }
    return false;
}

static bool issuer_ok(const struct auth *a, const json_t *grants) {
    const char *iss = json_string_value(json_object_get(grants, "iss"));
    return !*a->issuer || (iss && strcmp(iss, a->issuer) == 0);
}

static enum sig_code check_times(const struct auth *a, wall_t wall, const json_t *grants,
                                 wall_t *ret) {
    const json_t *exp = json_object_get(grants, "exp"), *nbf = json_object_get(grants, "nbf");
    double now = (double)wall.us / 1e6;
    if (!json_is_number(exp) || (nbf && !json_is_number(nbf))) {
        return SIG_TOKEN_CLAIMS;
    }
    double expires = json_number_value(exp);
    if (now >= expires + (double)a->leeway_s) {
        return SIG_TOKEN_EXPIRED;
    }
    if (nbf && now + (double)a->leeway_s < json_number_value(nbf)) {
        return SIG_TOKEN_NOT_YET;
    }
    /* Year 9999 is far enough and keeps the product below 2^63. */
    ret->us = (int64_t)(expires < 253402300799.0 ? expires : 253402300799.0) * US_PER_S;
    return SIG_OK;
}

/* Copy a string claim of at most cap - 1 bytes; false when it does not fit or is no string. An
 * absent one is the empty string. */
static bool text_claim(const json_t *grants, const char *name, char *out, size_t cap) {
    const json_t *v = json_object_get(grants, name);
    size_t n = json_string_length(v);
    if (v && (!json_is_string(v) || n >= cap || strlen(json_string_value(v)) != n)) {
        return false;
    }
    memcpy(out, v ? json_string_value(v) : "", n + 1);
    return true;
}

static enum sig_code read_claims(const struct auth *a, wall_t wall, const json_t *grants,
                                 struct claims *c) {
    char role[16] = "";
    enum sig_code code = check_times(a, wall, grants, &c->expires);
    if (code != SIG_OK) {
        return code;
    }
    if (!audience_ok(a, grants) || !issuer_ok(a, grants)) {
        return SIG_TOKEN_AUDIENCE;
    }
    bool ok = text_claim(grants, "role", role, sizeof(role)) &&
              text_claim(grants, "tour", c->tour, sizeof(c->tour)) &&
              text_claim(grants, "sub", c->sub, sizeof(c->sub)) &&
              text_claim(grants, "name", c->name, sizeof(c->name)) &&
              (!*c->tour || tour_name_valid(c->tour));
    c->role = role_from_name(role);
    if (!ok || !utf8_printable(c->name) || c->role == ROLE_NONE || !*c->sub ||
        (!*c->tour && c->role != ROLE_OPS)) {
        return SIG_TOKEN_CLAIMS;
    }
    return SIG_OK;
}

static enum sig_code check_token(const struct auth *a, wall_t wall, const char *token,
                                 struct claims *ret) {
    enum sig_code code = three_parts(token) ? check_header(token) : SIG_TOKEN_MALFORMED;
    jwt_t *jwt = NULL;
    if (code != SIG_OK) {
        return code;
    }
    /* Without a key libjwt only parses, which tells a malformed token from a forged one. */
    if (jwt_decode(&jwt, token, NULL, 0) != 0) {
        return SIG_TOKEN_MALFORMED;
    }
    jwt_free(jwt);
    jwt = NULL;
    if (jwt_decode(&jwt, token, (const unsigned char *)a->secret, (int)strlen(a->secret)) != 0) {
        return SIG_TOKEN_SIGNATURE;
    }
    struct claims c = {0};
    json_t *grants = jwt_get_alg(jwt) == JWT_ALG_HS256 ? all_grants(jwt) : NULL;
    code = grants ? read_claims(a, wall, grants, &c) : SIG_TOKEN_ALGORITHM;
    json_decref(grants);
    jwt_free(jwt);
    if (code == SIG_OK) {
        *ret = c;
    }
    return code;
}

enum sig_code auth_verify(const struct auth *a, wall_t wall, const char *token, size_t n,
                          struct claims *ret) {
    char copy[AUTH_TOKEN_MAX];
    if (!token || n == 0) {
        return SIG_TOKEN_MISSING;
    }
    if (n >= sizeof(copy) || memchr(token, '\0', n)) {
        return SIG_TOKEN_MALFORMED;
    }
    memcpy(copy, token, n);
    copy[n] = '\0';
    enum sig_code code = check_token(a, wall, copy, ret);
    mem_wipe(copy, n);
    return code;
}

static bool add_claims(jwt_t *jwt, const struct auth *a, wall_t wall, const struct claims *c) {
    int bad = jwt_add_grant(jwt, "role", role_name(c->role));
    bad |= jwt_add_grant(jwt, "sub", c->sub);
    bad |= *c->tour ? jwt_add_grant(jwt, "tour", c->tour) : 0;
    bad |= *c->name ? jwt_add_grant(jwt, "name", c->name) : 0;
    bad |= *a->issuer ? jwt_add_grant(jwt, "iss", a->issuer) : 0;
    bad |= *a->audience ? jwt_add_grant(jwt, "aud", a->audience) : 0;
    bad |= jwt_add_grant_int(jwt, "iat", (long)(wall.us / US_PER_S));
    bad |= jwt_add_grant_int(jwt, "exp", (long)(c->expires.us / US_PER_S));
    return bad == 0;
}

char *auth_mint(const struct auth *a, wall_t wall, const struct claims *c) {
    jwt_t *jwt = NULL;
    char *token = NULL;
    if (jwt_new(&jwt) != 0) {
        return NULL;
    }
    if (add_claims(jwt, a, wall, c) &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)a->secret, (int)strlen(a->secret)) ==
            0) {
        char *text = jwt_encode_str(jwt);
        token = text ? mem_strdup(text) : NULL;
        free(text);
    }
    jwt_free(jwt);
    return token;
}
