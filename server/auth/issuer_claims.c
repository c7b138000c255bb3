#include "server/auth/issuer_claims.h"

#include "base/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define FAR 253402300799.0 /* [s] year 9999 is far enough and keeps microseconds below 2^63 */

/* aud is a string or a list of strings (RFC 7519 section 4.1.3). */
static bool audience_ok(const struct issuer_config *c, const json_t *claims) {
    const json_t *aud = json_object_get(claims, "aud");
    const char *one = json_string_value(aud);
    if (!*c->audience || (one && strcmp(one, c->audience) == 0)) {
        return true;
    }
    for (size_t i = 0; i < json_array_size(aud); i++) {
        one = json_string_value(json_array_get(aud, i));
        if (one && strcmp(one, c->audience) == 0) {
            return true;
        }
    }
    return false;
}

/* However it was issued, it must not outlive the limit from now on; where it says when it was
 * issued, not from then on, either. */
static enum sig_code check_lifetime(const struct issuer_config *c, double now, double expires,
                                    const json_t *iat) {
    double most = (double)c->max_lifetime_s;
    if (most <= 0) {
        return SIG_OK;
    }
    if (iat && !json_is_number(iat)) {
        return SIG_TOKEN_CLAIMS;
    }
    bool longer = expires - now > most + (double)c->leeway_s ||
                  (iat && expires - json_number_value(iat) > most);
    return longer ? SIG_TOKEN_LIFETIME : SIG_OK;
}

static enum sig_code check_times(const struct issuer_config *c, wall_t wall, const json_t *claims,
                                 wall_t *ret) {
    const json_t *exp = json_object_get(claims, "exp"), *nbf = json_object_get(claims, "nbf");
    double now = (double)wall.us / 1e6, leeway = (double)c->leeway_s;
    if (!json_is_number(exp) || (nbf && !json_is_number(nbf))) {
        return SIG_TOKEN_CLAIMS;
    }
    double expires = json_number_value(exp);
    if (now >= expires + leeway) {
        return SIG_TOKEN_EXPIRED;
    }
    if (nbf && now + leeway < json_number_value(nbf)) {
        return SIG_TOKEN_NOT_YET;
    }
    ret->us = (int64_t)(expires < FAR ? expires : FAR) * US_PER_S;
    return check_lifetime(c, now, expires, json_object_get(claims, "iat"));
}

/* Copy a string claim of at most cap - 1 bytes; false when it does not fit or is no string. An
 * absent one is the empty string. */
static bool text_claim(const json_t *claims, const char *name, char *out, size_t cap) {
    const json_t *v = json_object_get(claims, name);
    size_t n = json_string_length(v);
    if (v && (!json_is_string(v) || n >= cap || strlen(json_string_value(v)) != n)) {
        return false;
    }
    memcpy(out, v ? json_string_value(v) : "", n + 1);
    return true;
}

static const json_t *role_claim(const struct issuer_config *c, const json_t *claims) {
    const json_t *v = c->role_claim[0] ? claims : json_object_get(claims, "role");
    for (size_t i = 0; i < ISSUER_PATH_MAX && c->role_claim[i]; i++) {
        v = json_object_get(v, c->role_claim[i]);
    }
    return v;
}

/* A string or a list in which it is. */
static bool says(const json_t *v, const char *what) {
    const char *s = json_string_value(v);
    bool found = s && strcmp(s, what) == 0;
    for (size_t i = 0; i < json_array_size(v) && !found; i++) {
        s = json_string_value(json_array_get(v, i));
        found = s && strcmp(s, what) == 0;
    }
    return found;
}

static enum role read_role(const struct issuer_config *c, const json_t *claims) {
    const json_t *v = role_claim(c, claims);
    if (c->n_roles == 0) {
        return json_is_string(v) ? role_from_name(json_string_value(v)) : ROLE_NONE;
    }
    for (size_t i = 0; i < c->n_roles; i++) {
        if (says(v, c->roles[i].from)) {
            return c->roles[i].to;
        }
    }
    return ROLE_NONE;
}

/* Two issuers may call two people the same (RFC 7519 section 4.1.2), who must not get one seat. */
static bool read_sub(const struct issuer_config *c, const json_t *claims, char out[SUB_MAX + 1]) {
    char sub[SUB_MAX + 1];
    if (!text_claim(claims, "sub", sub, sizeof(sub)) || !*sub) {
        return false;
    }
    int n = snprintf(out, SUB_MAX + 1, "%s%s%s", c->name, *c->name ? ":" : "", sub);
    return n <= SUB_MAX;
}

enum sig_code issuer_claims(const struct issuer_config *c, wall_t wall, const struct json_t *claims,
                            struct claims *ret) {
    struct claims x = {.role = read_role(c, claims)};
    enum sig_code code = check_times(c, wall, claims, &x.expires);
    if (code != SIG_OK) {
        return code;
    }
    if (!audience_ok(c, claims)) {
        return SIG_TOKEN_AUDIENCE;
    }
    bool ok = read_sub(c, claims, x.sub) &&
              text_claim(claims, c->tour_claim ? c->tour_claim : "tour", x.tour, sizeof(x.tour)) &&
              text_claim(claims, "name", x.name, sizeof(x.name)) && utf8_printable(x.name) &&
              (!*x.tour || tour_name_valid(x.tour));
    if (!ok || x.role == ROLE_NONE || (!*x.tour && x.role != ROLE_OPS)) {
        return SIG_TOKEN_CLAIMS;
    }
    *ret = x;
    return SIG_OK;
}
