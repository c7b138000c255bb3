#include "server/auth/jwks_fetch.h"

#include "base/check.h"
#include "server/auth/jwks_cache.h"

#include <openssl/evp.h>
#include <stdio.h>

static enum err take(const struct http_answer *a, struct jwks_fetched *ret, char why[WHY_MAX]) {
    struct jwks_fetched x = {.keys = NULL};
    char control[256];
    unsigned n = 0;
    if (a->status != 200) {
        snprintf(why, WHY_MAX, "the answer has status %d%s", a->status,
                 a->status >= 300 && a->status < 400 ? " (redirects are not followed)" : "");
        return ERR_IO;
    }
    const char *text = a->body.p ? a->body.p : "";
    enum err e = keyset_read(text, a->body.n, KEYSET_PUBLIC, &x.keys, why);
    if (e != OK) {
        return e;
    }
    CHECK(EVP_Digest(text, a->body.n, x.hash, &n, EVP_sha256(), NULL) == 1 && n == JWKS_HASH);
    x.fresh_for =
        http_header(a, "Cache-Control", control, sizeof(control)) ? jwks_fresh_for(control) : 0;
    *ret = x;
    return OK;
}

enum err jwks_fetch(const struct http *http, const char *url, struct jwks_fetched *ret,
                    char why[WHY_MAX]) {
    static const struct http_field headers[] = {
        {"Accept", "application/jwk-set+json, application/json"},
        {"User-Agent", "oriel/" ORIEL_VERSION}};
    const struct http_request q = {.method = "GET",
                                   .url = url,
                                   .headers = headers,
                                   .n_headers = ARRAY_LEN(headers),
                                   .limit = KEYSET_TEXT_MAX};
    struct http_answer a = {0};
    why[0] = '\0';
    enum err e = http->ask(http->ctx, &q, &a);
    if (e == OK) {
        e = take(&a, ret, why);
    } else {
        snprintf(why, WHY_MAX, "%.500s", a.why);
    }
    http_answer_free(&a);
    return e;
}
