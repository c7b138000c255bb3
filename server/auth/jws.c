#include "server/auth/jws.h"

#include "base/base64url.h"
#include "json/json_read.h"

#include <strings.h>

/* The JSON object in n characters of base64url. */
static enum code read_object(const char *s, size_t n, const struct json **ret) {
    static const struct json_limits limits = {BASE64URL_BYTES(JWS_PART_MAX), JWS_DEPTH_MAX,
                                              JWS_VALUES_MAX};
    uint8_t text[BASE64URL_BYTES(JWS_PART_MAX)];
    size_t len = 0;
    if (n > JWS_PART_MAX || !base64url_decode(s, n, text, &len)) {
        return CODE_TOKEN_MALFORMED;
    }
    enum err e = json_read(text, len, &limits, ret, NULL);
    mem_wipe(text, len);
    return e == OK           ? CODE_OK
           : e == ERR_EXISTS ? CODE_TOKEN_DOUBLED
           : e == ERR_NOMEM  ? CODE_INTERNAL
                             : CODE_TOKEN_MALFORMED;
}

/* RFC 9068 calls an access token at+jwt; a token for a logout, an event or a proof of possession
 * may have the same issuer, and is no way in. */
static bool type_ok(const struct json *header) {
    const struct json *typ = json_member(header, "typ");
    const char *s = json_get_string(typ, NULL);
    if (s && strncasecmp(s, "application/", 12) == 0) {
        s += 12;
    }
    return !typ || (s && (strcasecmp(s, "JWT") == 0 || strcasecmp(s, "at+jwt") == 0));
}

static enum code read_header(struct jws *j) {
    const struct json *kid = json_member(j->header, "kid");
    j->kid = json_get_string(kid, NULL);
    j->algorithm = jws_algorithm_from(json_get_string(json_member(j->header, "alg"), NULL));
    /* RFC 7515 section 4.1.11: who does not understand an extension refuses, and we know none. */
    if (json_member(j->header, "crit") || (kid && !j->kid)) {
        return CODE_TOKEN_MALFORMED;
    }
    return j->algorithm == JWS_NONE ? CODE_TOKEN_ALGORITHM
           : !type_ok(j->header)    ? CODE_TOKEN_TYPE
                                    : CODE_OK;
}

static enum code read_parts(const char *token, size_t n, struct jws *j) {
    const char *end = token + n, *first = memchr(token, '.', n);
    const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (!second || first == token || second == first + 1 ||
        memchr(second + 1, '.', (size_t)(end - second - 1))) {
        return CODE_TOKEN_MALFORMED;
    }
    size_t len = (size_t)(end - second - 1);
    j->input = bytes_of(token, (size_t)(second - token));
    enum code code = read_object(token, (size_t)(first - token), &j->header);
    code = code == CODE_OK ? read_header(j) : code;
    if (code == CODE_OK) {
        code = read_object(first + 1, (size_t)(second - first - 1), &j->claims);
    }
    if (code == CODE_OK && (BASE64URL_BYTES(len) > sizeof(j->raw) ||
                            !base64url_decode(second + 1, len, j->raw, &len))) {
        code = CODE_TOKEN_MALFORMED;
    }
    j->signature = bytes_of(j->raw, len);
    return code;
}

enum code jws_read(const char *token, size_t n, struct jws *ret) {
    *ret = (struct jws){0};
    enum code code = read_parts(token, n, ret);
    if (code != CODE_OK) {
        jws_free(ret);
    }
    return code;
}

void jws_free(struct jws *j) {
    json_free(j->header);
    json_free(j->claims);
    *j = (struct jws){0};
}
