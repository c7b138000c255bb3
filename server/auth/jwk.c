#include "server/auth/jwk.h"

#include "base/base64url.h"

#include <jansson.h>

#define MEMBER_MAX (2 * JWS_RSA_BITS_MAX / 8) /* [bytes] decoded */

/* A member that is bytes in base64url; false when it is missing or no such text. */
static bool read_bytes(const json_t *o, const char *name, uint8_t out[MEMBER_MAX],
                       struct bytes *ret) {
    const json_t *v = json_object_get(o, name);
    size_t n = json_string_length(v);
    if (!json_is_string(v) || n == 0 || BASE64URL_BYTES(n) > MEMBER_MAX ||
        !base64url_decode(json_string_value(v), n, out, &n)) {
        return false;
    }
    *ret = bytes_of(out, n);
    return true;
}

static bool text_is(const json_t *o, const char *name, const char *value) {
    const char *s = json_string_value(json_object_get(o, name));
    return s && strcmp(s, value) == 0;
}

/* RFC 7517 sections 4.2 and 4.3: what it is for, if it says so. */
static bool for_verifying(const json_t *o) {
    const json_t *ops = json_object_get(o, "key_ops");
    bool verify = !ops;
    for (size_t i = 0; i < json_array_size(ops); i++) {
        const char *op = json_string_value(json_array_get(ops, i));
        verify = verify || (op && strcmp(op, "verify") == 0);
    }
    return verify && (!json_object_get(o, "use") || text_is(o, "use", "sig"));
}

static enum err read_secret(const json_t *o, struct jws_key **ret) {
    uint8_t raw[MEMBER_MAX];
    struct bytes k;
    enum err e = read_bytes(o, "k", raw, &k) ? jws_key_secret(k, ret) : ERR_FORMAT;
    mem_wipe(raw, sizeof(raw));
    return e;
}

static enum err read_rsa(const json_t *o, struct jws_key **ret) {
    uint8_t modulus[MEMBER_MAX], exponent[MEMBER_MAX];
    struct bytes n, e;
    bool ok = read_bytes(o, "n", modulus, &n) && read_bytes(o, "e", exponent, &e);
    return ok ? jws_key_rsa(n, e, ret) : ERR_FORMAT;
}

static enum err read_ec(const json_t *o, struct jws_key **ret) {
    uint8_t one[MEMBER_MAX], two[MEMBER_MAX];
    struct bytes x, y;
    if (!text_is(o, "crv", "P-256")) {
        return ERR_UNSUPPORTED;
    }
    bool ok = read_bytes(o, "x", one, &x) && read_bytes(o, "y", two, &y);
    return ok ? jws_key_p256(x, y, ret) : ERR_FORMAT;
}

enum err jwk_read(const struct json_t *o, bool secrets, struct jws_key **ret,
                  const char **ret_kid) {
    const json_t *kid = json_object_get(o, "kid");
    const char *kty = json_string_value(json_object_get(o, "kty"));
    const struct {
        const char *kty;
        enum jws_algorithm algorithm;
        enum err (*read)(const json_t *o, struct jws_key **ret);
        bool allowed;
    } kinds[] = {{"RSA", JWS_RS256, read_rsa, true},
                 {"EC", JWS_ES256, read_ec, true},
                 {"oct", JWS_HS256, read_secret, secrets}};
    if (!kty || (kid && strlen(json_string_value(kid) ? json_string_value(kid) : "") !=
                            json_string_length(kid))) {
        return ERR_FORMAT;
    }
    if (kid && !json_is_string(kid)) {
        return ERR_FORMAT;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kty, kinds[i].kty) != 0) {
            continue;
        }
        bool alg =
            !json_object_get(o, "alg") || text_is(o, "alg", jws_algorithm_name(kinds[i].algorithm));
        /* Whoever could read it could have signed with it. */
        if (kinds[i].algorithm != JWS_HS256 && json_object_get(o, "d")) {
            return ERR_DENIED;
        }
        enum err e =
            alg && kinds[i].allowed && for_verifying(o) ? kinds[i].read(o, ret) : ERR_UNSUPPORTED;
        *ret_kid = e == OK ? json_string_value(kid) : *ret_kid;
        return e;
    }
    return ERR_UNSUPPORTED;
}
