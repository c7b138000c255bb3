#include "server/auth/jwk.h"

#include "base/base64url.h"
#include "json/json_read.h"

#define MEMBER_MAX (2 * JWS_RSA_BITS_MAX / 8) /* [bytes] decoded */

/* A member that is bytes in base64url; false when it is missing or no such text. */
static bool read_bytes(const struct json *o, const char *name, uint8_t out[MEMBER_MAX],
                       struct bytes *ret) {
    size_t n;
    const char *s = json_get_string(json_member(o, name), &n);
    if (n == 0 || BASE64URL_BYTES(n) > MEMBER_MAX || !base64url_decode(s, n, out, &n)) {
        return false;
    }
    *ret = bytes_of(out, n);
    return true;
}

/* RFC 7517 sections 4.2 and 4.3: what it is for, if it says so. */
static bool for_verifying(const struct json *o) {
    const struct json *ops = json_member(o, "key_ops");
    bool verify = !ops;
    for (size_t i = 0; i < json_count(ops); i++) {
        verify = verify || json_string_is(json_item(ops, i), "verify");
    }
    const struct json *use = json_member(o, "use");
    return verify && (!use || json_string_is(use, "sig"));
}

static enum err read_secret(const struct json *o, struct jws_key **ret) {
    uint8_t raw[MEMBER_MAX];
    struct bytes k;
    enum err e = read_bytes(o, "k", raw, &k) ? jws_key_secret(k, ret) : ERR_FORMAT;
    mem_wipe(raw, sizeof(raw));
    return e;
}

static enum err read_rsa(const struct json *o, struct jws_key **ret) {
    uint8_t modulus[MEMBER_MAX], exponent[MEMBER_MAX];
    struct bytes n, e;
    bool ok = read_bytes(o, "n", modulus, &n) && read_bytes(o, "e", exponent, &e);
    return ok ? jws_key_rsa(n, e, ret) : ERR_FORMAT;
}

static enum err read_ec(const struct json *o, struct jws_key **ret) {
    uint8_t one[MEMBER_MAX], two[MEMBER_MAX];
    struct bytes x, y;
    if (!json_string_is(json_member(o, "crv"), "P-256")) {
        return ERR_UNSUPPORTED;
    }
    bool ok = read_bytes(o, "x", one, &x) && read_bytes(o, "y", two, &y);
    return ok ? jws_key_p256(x, y, ret) : ERR_FORMAT;
}

enum err jwk_read(const struct json *o, bool secrets, struct jws_key **ret, const char **ret_kid) {
    const struct json *kid = json_member(o, "kid"), *alg = json_member(o, "alg");
    const char *kty = json_get_string(json_member(o, "kty"), NULL);
    const struct {
        const char *kty;
        enum jws_algorithm algorithm;
        enum err (*read)(const struct json *o, struct jws_key **ret);
        bool allowed;
    } kinds[] = {{"RSA", JWS_RS256, read_rsa, true},
                 {"EC", JWS_ES256, read_ec, true},
                 {"oct", JWS_HS256, read_secret, secrets}};
    if (!kty || (kid && json_kind(kid) != JSON_KIND_STRING)) {
        return ERR_FORMAT;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kty, kinds[i].kty) != 0) {
            continue;
        }
        bool fits = !alg || json_string_is(alg, jws_algorithm_name(kinds[i].algorithm));
        /* Whoever could read it could have signed with it. */
        if (kinds[i].algorithm != JWS_HS256 && json_member(o, "d")) {
            return ERR_DENIED;
        }
        enum err e =
            fits && kinds[i].allowed && for_verifying(o) ? kinds[i].read(o, ret) : ERR_UNSUPPORTED;
        *ret_kid = e == OK ? json_get_string(kid, NULL) : *ret_kid;
        return e;
    }
    return ERR_UNSUPPORTED;
}
