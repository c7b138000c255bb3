#include "server/auth/issuer_claims.h"

#include "base/utf8.h"
#include "server/auth/scopes.h"
#include "json/json_read.h"

#include <stdio.h>
#include <string.h>

#define FAR 253402300799.0 /* [s] year 9999 is far enough and keeps microseconds below 2^63 */

/* A string or a list in which it is. */
static bool says(const struct json *v, const char *what) {
    bool found = json_string_is(v, what);
    for (size_t i = 0; i < json_count(v) && !found; i++) {
        found = json_string_is(json_item(v, i), what);
    }
    return found;
}

/* aud is a string or a list of strings (RFC 7519 section 4.1.3). */
static bool audience_ok(const struct issuer_config *c, const struct json *claims) {
    return !*c->audience || says(json_member(claims, "aud"), c->audience);
}

/* However it was issued, it must not outlive the limit from now on; where it says when it was
 * issued, not from then on, either. */
static enum code check_lifetime(const struct issuer_config *c, double now, double expires,
                                const struct json *iat) {
    double most = (double)c->max_lifetime_s;
    if (most <= 0) {
        return CODE_OK;
    }
    double issued = 0;
    if (iat && !json_get_number(iat, &issued)) {
        return CODE_TOKEN_CLAIMS;
    }
    bool longer = expires - now > most + (double)c->leeway_s || (iat && expires - issued > most);
    return longer ? CODE_TOKEN_LIFETIME : CODE_OK;
}

static enum code check_times(const struct issuer_config *c, wall_t wall, const struct json *claims,
                             wall_t *ret) {
    const struct json *nbf = json_member(claims, "nbf");
    double now = (double)wall.us / 1e6, leeway = (double)c->leeway_s, expires = 0, begins = 0;
    if (!json_get_number(json_member(claims, "exp"), &expires) ||
        (nbf && !json_get_number(nbf, &begins))) {
        return CODE_TOKEN_CLAIMS;
    }
    if (now >= expires + leeway) {
        return CODE_TOKEN_EXPIRED;
    }
    if (nbf && now + leeway < begins) {
        return CODE_TOKEN_NOT_YET;
    }
    ret->us = (int64_t)(expires < FAR ? expires : FAR) * US_PER_S;
    return check_lifetime(c, now, expires, json_member(claims, "iat"));
}

static const struct json *role_claim(const struct issuer_config *c, const struct json *claims) {
    const struct json *v = c->role_claim[0] ? claims : json_member(claims, "role");
    for (size_t i = 0; i < ISSUER_PATH_MAX && c->role_claim[i]; i++) {
        v = json_member(v, c->role_claim[i]);
    }
    return v;
}

static enum role read_role(const struct issuer_config *c, const struct json *claims) {
    const struct json *v = role_claim(c, claims);
    if (c->n_roles == 0) {
        const char *s = json_get_string(v, NULL);
        enum role role = s ? role_from_name(s) : ROLE_NONE;
        /* All recordings of everybody: only we, or "roles" of the configuration, say so. */
        return role == ROLE_OPS && *c->name ? ROLE_NONE : role;
    }
    for (size_t i = 0; i < c->n_roles; i++) {
        if (says(v, c->roles[i].from)) {
            return c->roles[i].to;
        }
    }
    return ROLE_NONE;
}

/* Two issuers may call two people the same (RFC 7519 section 4.1.2), who must not get one seat. */
static bool read_sub(const struct issuer_config *c, const struct json *claims,
                     char out[SUB_MAX + 1]) {
    char sub[SUB_MAX + 1];
    if (!json_get_text_if_any(json_member(claims, "sub"), sub, sizeof(sub)) || !*sub) {
        return false;
    }
    int n = snprintf(out, SUB_MAX + 1, "%s%s%s", c->name, *c->name ? ":" : "", sub);
    return n <= SUB_MAX;
}

/* A program's token names its role or none at all; what a person's says of scopes is not for us. */
static uint32_t read_scopes(const struct issuer_config *c, const struct json *claims) {
    const struct json *role = role_claim(c, claims);
    const char *scope = json_get_string(json_member(claims, "scope"), NULL);
    bool program = !role || says(role, "service");
    return program && scope ? scopes_read(scope) : 0;
}

/* A member that we do not know is refused: it may be meant to withhold something. */
static bool read_can(const struct json *claims, struct capabilities_part *ret) {
    const struct json *can = json_member(claims, "can");
    return !can || capabilities_read(can, ret);
}

enum code issuer_claims(const struct issuer_config *c, wall_t wall, const struct json *claims,
                        struct claims *ret) {
    struct claims x = {.role = read_role(c, claims)};
    enum code code = check_times(c, wall, claims, &x.expires);
    if (code != CODE_OK) {
        return code;
    }
    if (!audience_ok(c, claims)) {
        return CODE_TOKEN_AUDIENCE;
    }
    const struct json *tour = json_member(claims, c->tour_claim ? c->tour_claim : "tour");
    bool ok = read_sub(c, claims, x.sub) && json_get_text_if_any(tour, x.tour, sizeof(x.tour)) &&
              json_get_text_if_any(json_member(claims, "name"), x.name, sizeof(x.name)) &&
              utf8_printable(x.name) && (!*x.tour || tour_name_valid(x.tour)) &&
              read_can(claims, &x.can);
    x.scopes = x.role == ROLE_NONE ? read_scopes(c, claims) : 0;
    bool service = x.scopes != 0;
    if (!ok || (x.role == ROLE_NONE && !service) || (!*x.tour && x.role != ROLE_OPS && !service)) {
        return CODE_TOKEN_CLAIMS;
    }
    *ret = x;
    return CODE_OK;
}
