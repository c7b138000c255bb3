/* Who may sign, and by which rules: the configuration, the keyring, the claims. */
#include "server/config/issuer_config.h"

#include "server/auth/auth.h"
#include "server/auth/issuer_claims.h"
#include "server/auth/jws.h"
#include "server/auth/keyring.h"
#include "server/config/config.h"
#include "server/config/outbound_url.h"
#include "tests/unit/server/auth/token_keys.h"
#include "tests/unit/test.h"
#include "json/json_read.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1767323045
static const wall_t now = {NOW * US_PER_S};
static char why[WHY_MAX];

static struct config *parse(const char *text) {
    struct config *c = NULL;
    why[0] = '\0';
    config_parse("t.json", text, strlen(text), &c, why);
    return c;
}

/* {"auth": {"issuers": [TEXT]}} */
static struct config *with_issuers(const char *list) {
    char text[4096];
    snprintf(text, sizeof(text), "{\"auth\": {\"issuers\": [\n%s]}}", list);
    return parse(text);
}

static void refused(const char *list, const char *message) {
    struct config *c = with_issuers(list);
    EXPECT(c == NULL);
    EXPECT_STR(why, message);
    config_free(c);
}

/* ---- configuration ---- */

TEST(issuer_config_all_members) {
    struct config *c = with_issuers(
        "{\"name\": \"staff\", \"issuer\": \"https://a.example\", \"algorithms\": [\"RS256\", "
        "\"ES256\"], \"keys_url\": \"https://a.example:8443/certs?x=1\", \"ca_file\": \"ca.pem\", "
        "\"audience\": \"tours\", \"leeway_s\": 5, \"max_lifetime_s\": 600, \"role_claim\": "
        "[\"realm_access\", \"roles\"], \"roles\": {\"hosts\": \"agent\", \"guests\": \"buyer\"}, "
        "\"tour_claim\": \"room\"},"
        "{\"name\": \"b\", \"issuer\": \"b\", \"algorithms\": [\"HS256\"], \"secret_file\": \"s\", "
        "\"role_claim\": \"groups\"}");
    REQUIRE(c && c->issuers.n == 2);
    const struct issuer_config *a = &c->issuers.at[0], *b = &c->issuers.at[1];
    EXPECT_STR(a->name, "staff");
    EXPECT_STR(a->issuer, "https://a.example");
    EXPECT_EQ(a->algorithms, 1u << JWS_RS256 | 1u << JWS_ES256);
    EXPECT_EQ(a->source, ISSUER_KEYS_URL);
    EXPECT_STR(a->ca_file, "ca.pem");
    EXPECT_STR(a->audience, "tours");
    EXPECT_EQ(a->leeway_s, 5);
    EXPECT_EQ(a->max_lifetime_s, 600);
    EXPECT_STR(a->role_claim[1], "roles");
    REQUIRE(a->n_roles == 2);
    EXPECT_STR(a->roles[0].from, "hosts");
    EXPECT_EQ(a->roles[1].to, ROLE_BUYER);
    EXPECT_STR(a->tour_claim, "room");
    EXPECT_EQ(b->source, ISSUER_SECRET_FILE);
    EXPECT_STR(b->role_claim[0], "groups");
    EXPECT(b->role_claim[1] == NULL && b->audience == NULL);
    EXPECT_EQ(b->leeway_s, ISSUER_DEFAULT);
    config_free(c);
}

#define A "\"name\": \"a\", \"issuer\": \"https://a\", \"algorithms\": [\"RS256\"]"
#define URL "\"keys_url\": \"https://a/k\""

TEST(issuer_config_errors_have_lines) {
    refused("{" A ",\n\"keys_url\": \"http://a/k\"}",
            "t.json:3: \"auth.issuers[0].keys_url\": must be a URL that begins with https:// (or "
            "http:// on this machine itself)");
    refused("{" A ", " URL ",\n\"keys_file\": \"f\"}",
            "t.json:3: \"auth.issuers[0].keys_file\": stands beside another place for keys: one is "
            "right");
    refused("{" A "}", "t.json:2: \"auth.issuers[0]\": needs name, issuer, algorithms and one of "
                       "keys_url, keys_file and secret_file");
    refused("{" A ", " URL "},\n{" A ", " URL "}",
            "t.json:3: \"auth.issuers[1].name\": stands at auth.issuers[0] already");
    refused("{\"name\": \"a\", \"issuer\": \"a\", " URL ",\n\"algorithms\": [\"none\"]}",
            "t.json:3: \"auth.issuers[0].algorithms\": must be a list of \"HS256\", \"RS256\" or "
            "\"ES256\"");
    refused(
        "{\"name\": \"a\", \"issuer\": \"a\", " URL ",\n\"algorithms\": [\"HS256\"]}",
        "t.json:3: \"auth.issuers[0].algorithms\": must not have HS256: a URL tells no secrets");
    refused("{" A ",\n\"secret_file\": \"s\"}",
            "t.json:2: \"auth.issuers[0].algorithms\": must be [\"HS256\"] with secret_file");
    refused("{" A ", " URL ",\n\"roles\": {\"x\": \"king\"}}",
            "t.json:3: \"auth.issuers[0].roles\": \"x\" must become \"buyer\", \"agent\" or "
            "\"ops\"");
    refused("{" A ", " URL ",\n\"roles\": {}}",
            "t.json:3: \"auth.issuers[0].roles\": must be an object of 1..64 like {\"a group\": "
            "\"agent\"}");
    refused("{" A ", " URL ",\n\"leeway_s\": 601}",
            "t.json:3: \"auth.issuers[0].leeway_s\": must be a whole number 0..600");
    refused("{" A ", " URL ",\n\"name\": \"b\"}", "t.json:3: duplicate object key near '\"name\"'");
    refused("{\"name\": \"a b\"}",
            "t.json:2: \"auth.issuers[0].name\": must be 1..16 of A-Z a-z 0-9 _ -");
    refused("7", "t.json:2: \"auth.issuers[0]\": must be an object");
    refused(
        "{" A ", " URL ",\n\"keys\": 1}",
        "t.json:3: \"auth.issuers[0].keys\": unknown key (an issuer has name, issuer, audience, "
        "algorithms, keys_url, ca_file, keys_file, secret_file, leeway_s, max_lifetime_s, "
        "role_claim, roles and tour_claim)");
    refused("{" A ", \"keys_file\": \"f\",\n\"ca_file\": \"c\"}",
            "t.json:3: \"auth.issuers[0].ca_file\": is for keys_url only");
}

TEST(issuer_config_rules_with_the_rest) {
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"{\"auth\": {\"audience\": \"\", \"issuers\": [{" A ", " URL "}]}}", "needs an audience"},
        {"{\"auth\": {\"issuer\": \"https://a\", \"issuers\": [{" A ", " URL "}]}}",
         "must not stand in auth.issuers"},
        {"{\"auth\": {\"hs256_secret_file\": \"\"}}", "nobody could sign"},
        {"{\"auth\": {\"jwks\": {\"refresh_s\": 10, \"pause_s\": 11}}}", "auth.jwks.pause_s"},
        {"{\"auth\": {\"jwks\": {\"refresh_s\": 600, \"max_age_s\": 599}}}", "auth.jwks.max_age_s"},
        {"{\"auth\": {\"issuers\": {}}}", "must be a list of at most 16 issuers"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct config *c = parse(bad[i].text);
        EXPECT(c == NULL);
        if (!strstr(why, bad[i].part)) {
            test_fail(__FILE__, __LINE__, "%s", why);
        }
        config_free(c);
    }
    struct config *c =
        parse("{\"auth\": {\"hs256_secret_file\": \"\", \"issuers\": [{" A ", " URL "}]}}");
    EXPECT(c != NULL);
    config_free(c);
}

TEST(issuer_url) {
    static const char *const good[] = {
        "https://a.example",       "https://a.example/",   "https://a.example:8443/x/y?z=1&u=%20",
        "https://[2001:db8::1]/k", "http://127.0.0.1:9/k", "http://127.1.2.3/k",
        "http://[::1]:9/k",        "http://localhost/k"};
    static const char *const bad[] = {"",
                                      "a",
                                      "https://",
                                      "https:///k",
                                      "ftp://a/k",
                                      "HTTPS://a/k",
                                      "http://a/k",
                                      "http://10.0.0.1/k",
                                      "http://127.0.0.1.example/k",
                                      "http://localhost.example/k",
                                      "http://127.0.0.1@a.example/k",
                                      "http://127.1/k",
                                      "http://[::2]/k",
                                      "http://[::1/k",
                                      "https://u:p@a/k",
                                      "https://a:0/k",
                                      "https://a:/k",
                                      "https://a:65536/k",
                                      "https://a:8x/k",
                                      "https://a\\b/k",
                                      "https://a b/k",
                                      "https://a/k l",
                                      "https://a/k#f",
                                      "https://a/\r\nX: y",
                                      "https://-a/k",
                                      "https://a?x",
                                      "https://\xc3\xa4/k"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (!outbound_url_ok(good[i])) {
            test_fail(__FILE__, __LINE__, "%s", good[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (outbound_url_ok(bad[i])) {
            test_fail(__FILE__, __LINE__, "%s", bad[i]);
        }
    }
}

TEST(addresses_of_brokers_are_such) {
    static const char *const nats[] = {"tls://a.example:4222", "tls://a", "nats://127.0.0.1:4222",
                                       "nats://[::1]:4222", "nats://localhost"};
    static const char *const no_nats[] = {
        "nats://a.example", "nats://10.0.0.1:4222", "tls://",    "tls://a:0",
        "tls://u:p@a:4222", "tls://a:4222/",        "https://a", "a:4222",
        "tls://a:4222,b"};
    static const char *const no_broker[] = {
        "a", "a:", ":9092", "a:9092,b:9092", "a:65536", "a:9092/x", "::1:1", "", "PLAINTEXT://a:1"};
    bool here = false;
    for (size_t i = 0; i < sizeof(nats) / sizeof(nats[0]); i++) {
        EXPECT(outbound_nats_ok(nats[i]));
    }
    for (size_t i = 0; i < sizeof(no_nats) / sizeof(no_nats[0]); i++) {
        EXPECT(!outbound_nats_ok(no_nats[i]));
    }
    for (size_t i = 0; i < sizeof(no_broker) / sizeof(no_broker[0]); i++) {
        EXPECT(!outbound_broker_ok(no_broker[i], &here));
    }
    EXPECT(outbound_broker_ok("a.example:9092", &here) && !here);
    EXPECT(outbound_broker_ok("[::1]:9092", &here) && here);
    EXPECT(outbound_broker_ok("127.9.9.9:9092", &here) && here);
}

TEST_ALLOC(issuer_config_without_memory) {
    struct config *c = with_issuers(
        "{" A ", " URL ", \"audience\": \"x\", \"role_claim\": [\"a\", \"b\"], \"roles\": {\"x\": "
        "\"ops\"}}");
    EXPECT(c || mem_failed());
    if (c) {
        struct issuer_config copy;
        enum err e = issuer_config_copy(&c->issuers.at[0], &copy);
        EXPECT(e == OK || mem_failed());
        EXPECT(e == OK ? strcmp(copy.roles[0].from, "x") == 0 : copy.issuer == NULL);
        issuer_config_clear(&copy);
    }
    config_free(c);
}

/* ---- claims ---- */

static struct claims got;

#define T(text) ((char *)(uintptr_t)(text)) /* of a configuration that nobody writes to */

static enum code judge(const struct issuer_config *c, const char *claims) {
    static const struct json_limits limits = {4096, 16, 1024};
    const struct json *o = NULL;
    enum err e = json_read(claims, strlen(claims), &limits, &o, NULL);
    memset(&got, 0, sizeof(got));
    enum code code = e == OK ? issuer_claims(c, now, o, &got) : CODE_INTERNAL;
    json_free(o);
    return code;
}

#define TIMES "\"exp\":1767323100,\"aud\":\"oriel\""
#define WHO "\"tour\":\"demo\",\"sub\":\"ada\""

TEST(issuer_claims_groups_become_roles) {
    struct issuer_role roles[] = {
        {T("tour-ops"), ROLE_OPS}, {T("hosts"), ROLE_AGENT}, {T("*"), ROLE_BUYER}};
    struct issuer_config c = {.name = "staff",
                              .audience = T("oriel"),
                              .role_claim = {T("groups")},
                              .roles = roles,
                              .n_roles = ARRAY_LEN(roles)};
    static const struct {
        const char *groups;
        enum role role;
    } rows[] = {{"[\"x\",\"hosts\"]", ROLE_AGENT},
                {"[\"hosts\",\"tour-ops\"]", ROLE_OPS}, /* the configuration's order counts */
                {"\"hosts\"", ROLE_AGENT},
                {"[\"host\"]", ROLE_NONE},
                {"[\"agent\"]", ROLE_NONE}, /* our own words are not theirs */
                {"\"ops\"", ROLE_NONE},
                {"[[\"hosts\"],7,null]", ROLE_NONE},
                {"{\"hosts\":1}", ROLE_NONE},
                {"[]", ROLE_NONE},
                {"[\"*\"]", ROLE_BUYER}};
    char text[256];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(text, sizeof(text), "{" TIMES "," WHO ",\"role\":\"ops\",\"groups\":%s}",
                 rows[i].groups);
        EXPECT_EQ(judge(&c, text), rows[i].role == ROLE_NONE ? CODE_TOKEN_CLAIMS : CODE_OK);
        EXPECT_EQ(got.role, rows[i].role);
        EXPECT(rows[i].role == ROLE_NONE || strcmp(got.sub, "staff:ada") == 0);
    }
    c.role_claim[0] = T("realm_access");
    c.role_claim[1] = T("roles");
    EXPECT_EQ(judge(&c, "{" TIMES "," WHO ",\"realm_access\":{\"roles\":[\"hosts\"]}}"), CODE_OK);
    EXPECT_EQ(judge(&c, "{" TIMES "," WHO ",\"realm_access\":[\"hosts\"]}"), CODE_TOKEN_CLAIMS);
    EXPECT_EQ(judge(&c, "{" TIMES "," WHO ",\"roles\":[\"hosts\"]}"), CODE_TOKEN_CLAIMS);
}

/* Who may see the recordings of everybody is said by us, or by "roles". */
TEST(issuer_claims_ops_is_not_everybodys_to_say) {
    struct issuer_role roles[] = {{T("ops"), ROLE_OPS}};
    struct issuer_config c = {.name = "staff", .audience = T("oriel")};
    EXPECT_EQ(judge(&c, "{" TIMES "," WHO ",\"role\":\"ops\"}"), CODE_TOKEN_CLAIMS);
    EXPECT_EQ(judge(&c, "{" TIMES "," WHO ",\"role\":\"agent\"}"), CODE_OK);
    c.roles = roles;
    c.n_roles = 1;
    EXPECT_EQ(judge(&c, "{" TIMES "," WHO ",\"role\":\"ops\"}"), CODE_OK);
    EXPECT_EQ(got.role, ROLE_OPS);
    struct issuer_config ours = {.audience = T("oriel")};
    EXPECT_EQ(judge(&ours, "{" TIMES "," WHO ",\"role\":\"ops\"}"), CODE_OK);
}

TEST(issuer_claims_tour_claim_and_long_subs) {
    struct issuer_config c = {
        .name = "sixteen-chars-xy", .audience = T("oriel"), .tour_claim = T("room")};
    char text[256], sub[SUB_MAX + 2];
    EXPECT_EQ(judge(&c, "{" TIMES ",\"role\":\"buyer\",\"sub\":\"s\",\"room\":\"a\"}"), CODE_OK);
    EXPECT_STR(got.tour, "a");
    EXPECT_EQ(judge(&c, "{" TIMES ",\"role\":\"buyer\",\"sub\":\"s\",\"tour\":\"a\"}"),
              CODE_TOKEN_CLAIMS);
    for (size_t n = SUB_MAX - 18; n <= SUB_MAX + 1; n++) {
        memset(sub, 'x', n);
        sub[n] = '\0';
        snprintf(text, sizeof(text), "{" TIMES ",\"role\":\"buyer\",\"sub\":\"%s\",\"room\":\"a\"}",
                 sub);
        EXPECT_EQ(judge(&c, text), n + 17 <= SUB_MAX ? CODE_OK : CODE_TOKEN_CLAIMS);
    }
}

TEST(issuer_claims_lifetime) {
    struct issuer_config c = {.audience = T("oriel"), .leeway_s = 30, .max_lifetime_s = 600};
    static const struct {
        const char *times;
        enum code code;
    } rows[] = {{"\"exp\":1767323645", CODE_OK},
                {"\"exp\":1767323675", CODE_OK}, /* the other clock may be ahead */
                {"\"exp\":1767323676", CODE_TOKEN_LIFETIME},
                {"\"exp\":1e300", CODE_TOKEN_LIFETIME},
                {"\"exp\":1767323645,\"iat\":1767323045", CODE_OK},
                {"\"exp\":1767323645,\"iat\":1767323044", CODE_TOKEN_LIFETIME},
                {"\"exp\":1767323050,\"iat\":0", CODE_TOKEN_LIFETIME},
                {"\"exp\":1767323050,\"iat\":\"0\"", CODE_TOKEN_CLAIMS},
                {"\"exp\":1767323900,\"iat\":1767323900", CODE_TOKEN_LIFETIME},
                {"\"exp\":1767323015,\"iat\":0", CODE_TOKEN_EXPIRED}};
    char text[256];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(text, sizeof(text), "{%s,\"aud\":\"oriel\"," WHO ",\"role\":\"agent\"}",
                 rows[i].times);
        if (judge(&c, text) != rows[i].code) {
            test_fail(__FILE__, __LINE__, "%s: %s", text, code_name(judge(&c, text)));
        }
    }
    c.max_lifetime_s = 0;
    EXPECT_EQ(
        judge(&c, "{\"exp\":1e300,\"iat\":\"x\",\"aud\":\"oriel\"," WHO ",\"role\":\"agent\"}"),
        CODE_OK);
}

/* ---- who may sign what ---- */

/* Two issuers with keys of their own, and ourselves with a secret, for anybody who is not named. */
struct world {
    struct token_key *rsa, *ec;
    struct auth *auth;
    unsigned wanted[2];
};

#define SECRET "0123456789abcdef0123456789abcdef"

static void on_want(void *ctx, size_t i) {
    ((struct world *)ctx)->wanted[i]++;
}

static struct keyset *set_of(const char *jwk) {
    char text[4096];
    struct keyset *s = NULL;
    snprintf(text, sizeof(text), "{\"keys\":[%s]}", jwk);
    CHECK(keyset_read(text, strlen(text), KEYSET_PUBLIC, &s, why) == OK);
    return s;
}

static void begin(struct world *w) {
    *w = (struct world){.rsa = token_key_new("RS256"), .ec = token_key_new("ES256")};
    struct config *c = with_issuers(
        "{\"name\": \"r\", \"issuer\": \"https://r\", \"algorithms\": [\"RS256\"], " URL "},"
        "{\"name\": \"e\", \"issuer\": \"https://e\", \"algorithms\": [\"ES256\"], " URL "}");
    CHECK(c);
    struct auth_config a = {
        .secret = SECRET, .audience = "oriel", .others = &c->issuers, .want = on_want, .ctx = w};
    w->auth = auth_new(&a);
    CHECK(w->auth);
    config_free(c);
}

static void end(struct world *w) {
    auth_free(w->auth);
    token_key_free(w->rsa);
    token_key_free(w->ec);
}

static void give_keys(struct world *w) {
    auth_replace(w->auth, 0, set_of(token_key_jwk(w->rsa, "k1", "")));
    auth_replace(w->auth, 1, set_of(token_key_jwk(w->ec, "k1", "")));
}

/* The code for a token, which is freed. */
static enum code show(struct world *w, char *token) {
    enum code code = auth_verify(w->auth, now, token, strlen(token), &got);
    free(token);
    return code;
}

#define BODY(iss) "{\"iss\":\"" iss "\"," TIMES "," WHO ",\"role\":\"agent\"}"
#define RS "{\"alg\":\"RS256\",\"kid\":\"k1\"}"
#define ES "{\"alg\":\"ES256\",\"kid\":\"k1\"}"
#define HS "{\"alg\":\"HS256\",\"kid\":\"k1\"}"

static char *hmac(const char *secret, const char *header, const char *body) {
    return token_hmac(secret, strlen(secret), header, body);
}

TEST(keyring_each_issuer_has_its_own_keys) {
    struct world w;
    begin(&w);
    give_keys(&w);
    EXPECT_EQ(show(&w, token_key_sign(w.rsa, RS, BODY("https://r"))), CODE_OK);
    EXPECT_STR(got.sub, "r:ada");
    EXPECT_EQ(show(&w, token_key_sign(w.ec, ES, BODY("https://e"))), CODE_OK);
    EXPECT_STR(got.sub, "e:ada");
    EXPECT_EQ(show(&w, hmac(SECRET, HS, BODY("https://us"))), CODE_OK);
    EXPECT_STR(got.sub, "ada");
#define OUR(sub) \
    "{\"iss\":\"https://us\"," TIMES ",\"sub\":\"" sub "\",\"tour\":\"t\",\"role\":\"agent\"}"
    EXPECT_EQ(show(&w, hmac(SECRET, HS, OUR("r:ada"))), CODE_TOKEN_CLAIMS);
    EXPECT_EQ(show(&w, hmac(SECRET, HS, OUR("e:"))), CODE_TOKEN_CLAIMS);
    EXPECT_EQ(show(&w, hmac(SECRET, HS, OUR("rr:ada"))), CODE_OK);
    EXPECT_EQ(show(&w, hmac(SECRET, HS, OUR("r"))), CODE_OK);
    /* Nobody signs for another, we neither. */
    EXPECT_EQ(show(&w, token_key_sign(w.rsa, RS, BODY("https://e"))), CODE_TOKEN_ALGORITHM);
    EXPECT_EQ(show(&w, token_key_sign(w.ec, ES, BODY("https://r"))), CODE_TOKEN_ALGORITHM);
    EXPECT_EQ(show(&w, token_key_sign(w.ec, ES, BODY("https://us"))), CODE_TOKEN_ALGORITHM);
    EXPECT_EQ(show(&w, hmac(SECRET, HS, BODY("https://r"))), CODE_TOKEN_ALGORITHM);
    /* What the header says is not what counts. */
    EXPECT_EQ(w.wanted[0] + w.wanted[1], 0);
    EXPECT_EQ(show(&w, token_key_sign(w.rsa, ES, BODY("https://e"))), CODE_TOKEN_SIGNATURE);
    EXPECT_EQ(show(&w, token_key_sign(w.ec, RS, BODY("https://r"))), CODE_TOKEN_SIGNATURE);
    /* Who gave a new key the name of the old one is asked for it, too. */
    EXPECT(w.wanted[0] == 1 && w.wanted[1] == 1);
    end(&w);
}

TEST(keyring_a_public_key_is_no_secret_here_either) {
    struct world w;
    begin(&w);
    give_keys(&w);
    char *pem = token_key_pem(w.rsa);
    EXPECT_EQ(show(&w, hmac(pem, HS, BODY("https://r"))), CODE_TOKEN_ALGORITHM);
    EXPECT_EQ(show(&w, hmac(pem, RS, BODY("https://r"))), CODE_TOKEN_SIGNATURE);
    EXPECT_EQ(show(&w, hmac(pem, HS, BODY("https://us"))), CODE_TOKEN_SIGNATURE);
    free(pem);
    end(&w);
}

TEST(keyring_keys_come_and_go) {
    struct world w;
    begin(&w);
    EXPECT_EQ(show(&w, token_key_sign(w.rsa, RS, BODY("https://r"))), CODE_TOKEN_NO_KEYS);
    EXPECT_EQ(w.wanted[0], 1);
    give_keys(&w);
    EXPECT_EQ(show(&w, token_key_sign(w.rsa, RS, BODY("https://r"))), CODE_OK);
    EXPECT_EQ(
        show(&w, token_key_sign(w.rsa, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", BODY("https://r"))),
        CODE_TOKEN_KEY_UNKNOWN);
    EXPECT_EQ(w.wanted[0], 2);
    /* The next set: the old key is no key any more. */
    struct token_key *next = token_key_new("RS256");
    auth_replace(w.auth, 0, set_of(token_key_jwk(next, "k2", "")));
    EXPECT_EQ(
        show(&w, token_key_sign(next, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", BODY("https://r"))),
        CODE_OK);
    EXPECT_EQ(show(&w, token_key_sign(w.rsa, RS, BODY("https://r"))), CODE_TOKEN_KEY_UNKNOWN);
    EXPECT_EQ(
        show(&w, token_key_sign(w.rsa, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", BODY("https://r"))),
        CODE_TOKEN_SIGNATURE);
    auth_replace(w.auth, 0, NULL);
    EXPECT_EQ(show(&w, token_key_sign(next, "{\"alg\":\"RS256\"}", BODY("https://r"))),
              CODE_TOKEN_NO_KEYS);
    EXPECT_EQ(w.wanted[1], 0);
    token_key_free(next);
    end(&w);
}

TEST(keyring_nobody_we_know) {
    struct config *c = with_issuers("{" A ", " URL "}");
    REQUIRE(c);
    struct auth_config a = {.audience = "oriel", .others = &c->issuers};
    struct auth *auth = auth_new(&a);
    REQUIRE(auth);
    static const char *const bodies[] = {BODY("https://b"), BODY(""), "{}", "{\"iss\":7}",
                                         "{\"iss\":[\"https://a\"]}"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        char *token = hmac(SECRET, HS, bodies[i]);
        EXPECT_EQ(auth_verify(auth, now, token, strlen(token), &got), CODE_TOKEN_ISSUER);
        free(token);
    }
    EXPECT_EQ(auth_count(auth, CODE_TOKEN_ISSUER), ARRAY_LEN(bodies));
    EXPECT(auth_mint(auth, now, &(struct claims){.role = ROLE_OPS, .sub = "x"}) == NULL);
    auth_free(auth);
    config_free(c);
}

/* Rules and files are read again while the server runs. */
TEST(auth_adopts_what_was_read_again) {
    struct world w;
    begin(&w);
    give_keys(&w);
    EXPECT_EQ(show(&w, token_key_sign(w.rsa, RS, BODY("https://r"))), CODE_OK);
    struct config *c = with_issuers(
        "{\"name\": \"e\", \"issuer\": \"https://e\", \"algorithms\": [\"ES256\"], \"keys_url\": "
        "\"https://other/k\"},"
        "{\"name\": \"r\", \"issuer\": \"https://r\", \"algorithms\": [\"RS256\"], " URL "}");
    REQUIRE(c);
    struct auth_config a = {
        .secret = "another secret of enough length!", .audience = "oriel", .others = &c->issuers};
    struct auth *fresh = auth_new(&a);
    REQUIRE(fresh);
    auth_adopt(w.auth, fresh);
    config_free(c);
    EXPECT_EQ(show(&w, token_key_sign(w.rsa, RS, BODY("https://r"))), CODE_OK);
    EXPECT_STR(got.sub, "r:ada");
    EXPECT_EQ(show(&w, token_key_sign(w.ec, ES, BODY("https://e"))), CODE_TOKEN_NO_KEYS);
    EXPECT_EQ(show(&w, hmac(SECRET, HS, BODY("https://us"))), CODE_TOKEN_SIGNATURE);
    EXPECT_EQ(auth_count(w.auth, CODE_OK), 2);
    end(&w);
}

/* ---- files ---- */

static void write_file(const char *file, const char *text) {
    FILE *f = fopen(file, "we");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static enum err read_files(const char *member, const char *file, const char *algorithm,
                           struct auth **ret) {
    char text[512];
    snprintf(text, sizeof(text),
             "{\"name\": \"f\", \"issuer\": \"https://f\", \"algorithms\": [\"%s\"], \"%s\": "
             "\"%s\"}",
             algorithm, member, file);
    struct config *c = with_issuers(text);
    CHECK(c);
    struct auth_config a = {.audience = "oriel", .others = &c->issuers};
    struct auth *auth = auth_new(&a);
    CHECK(auth);
    enum err e = auth_read_files(auth, why);
    config_free(c);
    *ret = e == OK ? auth : auth_free(auth);
    return e;
}

TEST(auth_keys_in_files) {
    char dir[] = "/tmp/oriel-keys-XXXXXX", file[64];
    REQUIRE(mkdtemp(dir));
    snprintf(file, sizeof(file), "%s/keys", dir);
    struct token_key *k = token_key_new("ES256");
    struct auth *a = NULL;
    char *pem = token_key_pem(k), *token = token_key_sign(k, ES, BODY("https://f"));
    EXPECT_EQ(read_files("keys_file", file, "ES256", &a), ERR_IO);
    EXPECT(strstr(why, file) && strstr(why, "cannot read the keys"));
    write_file(file, pem);
    EXPECT_EQ(read_files("keys_file", file, "ES256", &a), OK);
    EXPECT(a && auth_verify(a, now, token, strlen(token), &got) == CODE_OK);
    auth_free(a);
    EXPECT_EQ(read_files("keys_file", file, "RS256", &a), ERR_UNKNOWN);
    EXPECT(strstr(why, "holds no key for RS256"));
    write_file(file, token_key_jwk(k, "k1", ""));
    EXPECT_EQ(read_files("keys_file", file, "ES256", &a), OK);
    EXPECT(a && auth_verify(a, now, token, strlen(token), &got) == CODE_OK);
    auth_free(a);
    write_file(file, "nonsense");
    EXPECT_EQ(read_files("keys_file", file, "ES256", &a), ERR_FORMAT);
    EXPECT(strstr(why, "neither a JWK Set nor PEM"));
    EXPECT_EQ(chmod(file, 0644), 0); /* public keys were for everybody */
    EXPECT_EQ(read_files("secret_file", file, "HS256", &a), ERR_DENIED);
    EXPECT(strstr(why, file) && strstr(why, "chmod 0600"));
    EXPECT_EQ(read_files("keys_file", file, "HS256", &a), ERR_DENIED);
    EXPECT_EQ(chmod(file, 0600), 0);
    EXPECT_EQ(read_files("secret_file", file, "HS256", &a), ERR_SHORT);
    write_file(file, SECRET "\n");
    free(token);
    token = hmac(SECRET, HS, BODY("https://f"));
    EXPECT_EQ(read_files("secret_file", file, "HS256", &a), OK);
    EXPECT(a && auth_verify(a, now, token, strlen(token), &got) == CODE_OK);
    EXPECT_STR(got.sub, "f:ada");
    auth_free(a);
    free(token);
    free(pem);
    token_key_free(k);
    unlink(file);
    rmdir(dir);
}

/* ---- tokens that are none ---- */

TEST(jws_each_class_has_its_code) {
    struct world w;
    begin(&w);
    give_keys(&w);
    static const struct {
        const char *header, *body;
        enum code code;
    } rows[] = {
        {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", BODY("x"), CODE_TOKEN_DOUBLED},
        {HS, "{\"role\":\"buyer\",\"role\":\"agent\"," WHO "," TIMES "}", CODE_TOKEN_DOUBLED},
        {HS, "{\"a\":{\"b\":1,\"b\":2}," WHO "," TIMES ",\"role\":\"ops\"}", CODE_TOKEN_DOUBLED},
        {"{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}", BODY("x"), CODE_TOKEN_TYPE},
        {"{\"alg\":\"HS256\",\"typ\":7}", BODY("x"), CODE_TOKEN_TYPE},
        {"{\"alg\":\"HS256\",\"typ\":\"jwt\"}", BODY("x"), CODE_OK},
        {"{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}", BODY("x"), CODE_OK},
        {"{\"alg\":\"HS256\",\"kid\":7}", BODY("x"), CODE_TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", BODY("x"), CODE_TOKEN_MALFORMED},
        {"{\"alg\":\"HS384\"}", BODY("x"), CODE_TOKEN_ALGORITHM},
        {"{\"alg\":\"none\"}", BODY("x"), CODE_TOKEN_ALGORITHM},
        {"[]", BODY("x"), CODE_TOKEN_MALFORMED},
        {HS, "[]", CODE_TOKEN_MALFORMED},
        {HS, "{\"sub\":\"a\\u0000b\"}", CODE_TOKEN_MALFORMED},
        {HS, "{\"sub\":\"\xff\"}", CODE_TOKEN_MALFORMED},
        {"{\"alg\":\"HS256\",\"jku\":\"https://evil\",\"jwk\":{},\"x5u\":\"https://evil\"}",
         BODY("x"), CODE_OK}, /* never looked at: our keys count */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum code code = show(&w, hmac(SECRET, rows[i].header, rows[i].body));
        if (code != rows[i].code) {
            test_fail(__FILE__, __LINE__, "%s %s: %s", rows[i].header, rows[i].body,
                      code_name(code));
        }
    }
    end(&w);
}

TEST_ALLOC(auth_without_memory) {
    struct config *c = parse("{\"auth\": {\"issuers\": [{" A ", " URL "}]}}");
    if (c) {
        struct auth_config a = {.secret = SECRET, .audience = "oriel", .others = &c->issuers};
        struct auth *auth = auth_new(&a);
        EXPECT(auth || mem_failed());
        const struct claims who = {.role = ROLE_AGENT,
                                   .tour = "demo",
                                   .sub = "s",
                                   .name = "N",
                                   .expires = {(NOW + 60) * US_PER_S}};
        char *token = auth ? auth_mint(auth, now, &who) : NULL;
        EXPECT(token || mem_failed());
        if (token) {
            enum code code = auth_verify(auth, now, token, strlen(token), &got);
            EXPECT(code == CODE_OK || (code == CODE_INTERNAL && mem_failed()));
        }
        mem_free(token);
        auth_free(auth);
    }
    config_free(c);
}
