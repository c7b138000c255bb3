/* libs: server */
/* Arbitrary bytes as a token that somebody shows, and as what a token says. */
#include "server/auth/auth.h"
#include "server/auth/issuer_claims.h"
#include "server/auth/keyset.h"
#include "server/config/config.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/utf8.h"
#include "json/json_read.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char text[] =
    "{\"auth\": {\"max_lifetime_s\": 31622400, \"issuers\": [{\"name\": \"idp\", \"issuer\": "
    "\"https://idp\", \"algorithms\": [\"RS256\", \"ES256\"], \"keys_url\": \"https://idp/k\", "
    "\"role_claim\": [\"access\", \"groups\"], \"roles\": {\"hosts\": \"agent\", \"ops\": "
    "\"ops\"}, "
    "\"tour_claim\": \"room\"}]}}";
static const char keys[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"kid\":\"k\"}";
static const struct json_limits limits = {1 << 20, JSON_DEPTH_MAX, 1 << 16};
static const wall_t now = {INT64_C(1767323045) * US_PER_S};

static struct auth *make(const struct config *cfg) {
    struct auth_config c = {
        .secret = "0123456789abcdef0123456789abcdef", .audience = "oriel", .others = &cfg->issuers};
    struct auth *a = auth_new(&c);
    struct keyset *set = NULL;
    char why[WHY_MAX];
    CHECK(a && keyset_read(keys, strlen(keys), KEYSET_PUBLIC, &set, why) == OK);
    auth_replace(a, 0, set);
    return a;
}

static void look(enum code code, const struct claims *c) {
    CHECK(code < CODE_COUNT);
    if (code == CODE_OK) {
        CHECK(c->role != ROLE_NONE && *c->sub && strlen(c->sub) <= SUB_MAX);
        CHECK(strlen(c->name) <= NAME_MAX_BYTES && utf8_printable(c->name));
        CHECK(*c->tour ? tour_name_valid(c->tour) : c->role == ROLE_OPS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static struct config *cfg;
    static struct auth *auth;
    char why[WHY_MAX];
    struct claims c;
    if (!cfg) {
        CHECK(config_parse("f", text, strlen(text), &cfg, why) == OK);
        auth = make(cfg);
    }
    look(auth_verify(auth, now, (const char *)data, n, &c), &c);
    const struct json *o = NULL;
    if (json_read(data, n, &limits, &o, NULL) == OK) {
        struct issuer_config x = cfg->issuers.at[0];
        static char audience[] = "oriel";
        x.audience = audience;
        x.leeway_s = 30;
        x.max_lifetime_s = 0;
        look(issuer_claims(&x, now, o, &c), &c);
    }
    json_free(o);
    return 0;
}
