#include "base/buffer.h"
#include "base/bytes.h"
#include "server/auth/auth.h"
#include "server/auth/auth_secret.h"
#include "server/auth/auth_ticket.h"
#include "server/auth/jws.h"
#include "tests/unit/server/auth/token_keys.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef"

static const wall_t now = {1767323045 * US_PER_S};
static struct claims got;

static struct auth *make(const char *issuer) {
    struct auth_config c = {
        .secret = SECRET, .issuer = issuer, .audience = "oriel", .leeway_s = 30};
    return auth_new(&c);
}

/* A token with this payload, made without what is tested. */
static char *token_of(const char *payload, const char *header, const char *secret) {
    return token_hmac(secret, strlen(secret), header, payload);
}

#define HS256 "{\"typ\":\"JWT\",\"alg\":\"HS256\"}"

static enum code verify_text(const char *token) {
    struct auth *a = make("");
    memset(&got, 0, sizeof(got));
    enum code code = auth_verify(a, now, token, strlen(token), &got);
    auth_free(a);
    return code;
}

static enum code verify(const char *payload) {
    char *t = token_of(payload, HS256, SECRET);
    enum code code = t ? verify_text(t) : CODE_INTERNAL;
    free(t);
    return code;
}

#define GOOD "\"role\":\"agent\",\"tour\":\"demo\",\"sub\":\"s1\",\"name\":\"Zo\xc3\xab\""
#define TIMES "\"aud\":\"oriel\",\"exp\":1767323046"

TEST(auth_good_token) {
    EXPECT_EQ(verify("{" GOOD "," TIMES "}"), CODE_OK);
    EXPECT_EQ(got.role, ROLE_AGENT);
    EXPECT_STR(got.tour, "demo");
    EXPECT_STR(got.sub, "s1");
    EXPECT_STR(got.name, "Zo\xc3\xab");
    EXPECT_EQ(got.expires.us, 1767323046 * US_PER_S);
}

TEST(auth_mint_and_verify) {
    struct auth *a = make("https://example.com");
    struct claims c = {
        .role = ROLE_OPS, .sub = "op", .name = "Op", .expires = {now.us + 60 * US_PER_S}};
    REQUIRE(a);
    char *t = auth_mint(a, now, &c);
    REQUIRE(t);
    EXPECT_EQ(auth_verify(a, now, t, strlen(t), &got), CODE_OK);
    EXPECT_EQ(got.role, ROLE_OPS);
    EXPECT_STR(got.tour, "");
    EXPECT_STR(got.name, "Op");
    struct auth *other = make("https://other.example");
    EXPECT_EQ(auth_verify(other, now, t, strlen(t), &got), CODE_TOKEN_ISSUER);
    auth_free(other);
    mem_free(t);
    auth_free(a);
}

TEST(auth_a_token_may_withhold_rights) {
    static const char *const bad[] = {"7", "null", "{\"audio\":\"all\"}", "{\"record\":true}",
                                      "{\"chat\":\"yes\"}"};
    char text[256];
    EXPECT_EQ(verify("{" GOOD "," TIMES "}"), CODE_OK);
    EXPECT(!capabilities_any(&got.can));
    EXPECT_EQ(verify("{" GOOD "," TIMES ",\"can\":{\"screen\":\"receive\",\"chat\":false}}"),
              CODE_OK);
    EXPECT_EQ(got.can.kinds, 1u << SOURCE_SCREEN);
    EXPECT(got.can.to.send == 0 && got.can.to.receive == got.can.kinds);
    EXPECT(got.can.has_chat && !got.can.to.chat && !got.can.has_point);
    struct claims c = got;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        snprintf(text, sizeof(text), "{" GOOD "," TIMES ",\"can\":%s}", bad[i]);
        EXPECT_EQ(verify(text), CODE_TOKEN_CLAIMS);
    }
    /* What is minted says the same. */
    struct auth *a = make("");
    c.expires.us = now.us + 60 * US_PER_S;
    REQUIRE(a);
    char *t = auth_mint(a, now, &c);
    REQUIRE(t);
    memset(&got, 0, sizeof(got));
    EXPECT_EQ(auth_verify(a, now, t, strlen(t), &got), CODE_OK);
    EXPECT(memcmp(&got.can, &c.can, sizeof(c.can)) == 0 && got.can.kinds);
    mem_free(t);
    auth_free(a);
}

/* With n lists more, in each other or in a row; the claims and their own list are levels, too. */
static enum code verify_lists(unsigned n, bool nested) {
    struct buffer b = {0};
    buffer_str(&b, "{" GOOD "," TIMES ",\"x\":[");
    for (unsigned i = 0; i < n; i++) {
        buffer_str(&b, nested ? "[" : i ? ",1" : "1");
    }
    for (unsigned i = 0; i < n && nested; i++) {
        buffer_str(&b, "]");
    }
    buffer_str(&b, "]}");
    enum code code = verify(b.p);
    buffer_free(&b);
    return code;
}

TEST(auth_json_is_bounded) {
    EXPECT_EQ(verify_lists(JWS_DEPTH_MAX - 2, true), CODE_OK);
    EXPECT_EQ(verify_lists(JWS_DEPTH_MAX - 1, true), CODE_TOKEN_MALFORMED);
    /* Two brackets, and a comma before each member and item but the first. */
    EXPECT_EQ(verify_lists(JWS_VALUES_MAX - 7, false), CODE_OK);
    EXPECT_EQ(verify_lists(JWS_VALUES_MAX - 6, false), CODE_TOKEN_MALFORMED);
}

TEST(auth_times) {
    EXPECT_EQ(verify("{" GOOD ",\"aud\":\"oriel\",\"exp\":1767323016}"), CODE_OK);
    EXPECT_EQ(verify("{" GOOD ",\"aud\":\"oriel\",\"exp\":1767323015}"), CODE_TOKEN_EXPIRED);
    EXPECT_EQ(verify("{" GOOD ",\"aud\":\"oriel\",\"exp\":0}"), CODE_TOKEN_EXPIRED);
    EXPECT_EQ(verify("{" GOOD "," TIMES ",\"nbf\":1767323075}"), CODE_OK);
    EXPECT_EQ(verify("{" GOOD "," TIMES ",\"nbf\":1767323076}"), CODE_TOKEN_NOT_YET);
    EXPECT_EQ(verify("{" GOOD ",\"aud\":\"oriel\"}"), CODE_TOKEN_CLAIMS);
    EXPECT_EQ(verify("{" GOOD ",\"aud\":\"oriel\",\"exp\":\"soon\"}"), CODE_TOKEN_CLAIMS);
    EXPECT_EQ(verify("{" GOOD ",\"aud\":\"oriel\",\"exp\":1e300}"), CODE_OK);
}

TEST(auth_audience) {
    EXPECT_EQ(verify("{" GOOD ",\"exp\":1767323046}"), CODE_TOKEN_AUDIENCE);
    EXPECT_EQ(verify("{" GOOD ",\"aud\":\"x\",\"exp\":1767323046}"), CODE_TOKEN_AUDIENCE);
    EXPECT_EQ(verify("{" GOOD ",\"aud\":[\"x\",\"oriel\"],\"exp\":1767323046}"), CODE_OK);
    EXPECT_EQ(verify("{" GOOD ",\"aud\":[\"x\",7],\"exp\":1767323046}"), CODE_TOKEN_AUDIENCE);
}

TEST(auth_claims) {
    static const char *const bad[] = {
        "{" TIMES ",\"role\":\"king\",\"tour\":\"demo\",\"sub\":\"s\"}",
        "{" TIMES ",\"tour\":\"demo\",\"sub\":\"s\"}",
        "{" TIMES ",\"role\":\"agent\",\"sub\":\"s\"}",
        "{" TIMES ",\"role\":\"agent\",\"tour\":\"demo\"}",
        "{" TIMES ",\"role\":\"agent\",\"tour\":\"demo\",\"sub\":7}",
        "{" TIMES ",\"role\":\"agent\",\"tour\":\"de mo\",\"sub\":\"s\"}",
        "{" TIMES ",\"role\":\"agent\",\"tour\":\"demo\",\"sub\":\"s\",\"name\":[]}",
        "{" TIMES ",\"role\":\"agent\",\"tour\":\"demo\",\"sub\":\"s\",\"name\":\"a\\nb\"}",
        "{" TIMES ",\"role\":\"agent\",\"tour\":\"demo\",\"sub\":"
        "\"0123456789012345678901234567890123456789012345678901234567890123456\"}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (verify(bad[i]) != CODE_TOKEN_CLAIMS) {
            test_fail(__FILE__, __LINE__, "%s", bad[i]);
        }
        EXPECT_EQ(got.role, ROLE_NONE);
    }
}

TEST(auth_signature) {
    char *t = token_of("{" GOOD "," TIMES "}", HS256, "another secret of enough length!");
    REQUIRE(t);
    EXPECT_EQ(verify_text(t), CODE_TOKEN_SIGNATURE);
    free(t);
    t = token_of("{" GOOD "," TIMES "}", HS256, SECRET);
    REQUIRE(t);
    *strrchr(t, '.') = '\0';
    char cut[AUTH_TOKEN_MAX];
    snprintf(cut, sizeof(cut), "%s.", t);
    EXPECT_EQ(verify_text(cut), CODE_TOKEN_SIGNATURE);
    free(t);
}

TEST(auth_algorithm_is_pinned) {
    char *t = token_of("{" GOOD "," TIMES "}", "{\"alg\":\"HS512\"}", SECRET);
    REQUIRE(t);
    EXPECT_EQ(verify_text(t), CODE_TOKEN_ALGORITHM);
    free(t);
    /* {"alg":"none"} and {"alg":"RS256"} with payload {} */
    EXPECT_EQ(verify_text("eyJhbGciOiJub25lIn0.e30."), CODE_TOKEN_ALGORITHM);
    EXPECT_EQ(verify_text("eyJhbGciOiJSUzI1NiJ9.e30.AAAA"), CODE_TOKEN_ALGORITHM);
    EXPECT_EQ(verify_text("e30.e30.AAAA"), CODE_TOKEN_ALGORITHM);
}

TEST(auth_malformed) {
    static const char *const bad[] = {"x",
                                      "a.b",
                                      "a.b.c.d",
                                      "..",
                                      ".e30.AA",
                                      "e30..AA",
                                      "!!.e30.AA",
                                      "eyJhbGciOiJIUzI1NiJ9.!!!.AAAA",
                                      "eyJhbGciOiJIUzI1NiJ9.AAAA.AAAA",
                                      "W10.e30.AAAA"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (verify_text(bad[i]) != CODE_TOKEN_MALFORMED) {
            test_fail(__FILE__, __LINE__, "%s", bad[i]);
        }
    }
    static char big[AUTH_TOKEN_MAX + 1];
    memset(big, 'a', AUTH_TOKEN_MAX);
    EXPECT_EQ(verify_text(big), CODE_TOKEN_MALFORMED);
    EXPECT_EQ(verify_text(""), CODE_TOKEN_MISSING);
}

TEST(auth_tickets) {
    static const uint8_t key[AUTH_TICKET_KEY] = {1}, other[AUTH_TICKET_KEY] = {2};
    static const char id[] = "00112233445566778899aabbccddeeff";
    us_t at = INT64_C(1700000000123456), late = INT64_C(1700000301000001);
    struct auth_ticket t = {.sub = "ops \xc3\xbc.|", .number = 7, .expires = late}, back;
    char text[AUTH_TICKET_MAX], changed[AUTH_TICKET_MAX];
    auth_ticket_make(key, id, &t, text);
    REQUIRE(auth_ticket_read(key, id, at, text, &back));
    EXPECT_STR(back.sub, t.sub);
    EXPECT_EQ(back.number, 7);
    EXPECT_EQ(back.expires, late);
    EXPECT(!auth_ticket_read(key, "10112233445566778899aabbccddeeff", at, text, &back));
    EXPECT(!auth_ticket_read(other, id, at, text, &back));
    EXPECT(auth_ticket_read(key, id, late - 1, text, &back));
    EXPECT(!auth_ticket_read(key, id, late, text, &back));
    for (size_t i = 0; text[i]; i++) {
        memcpy(changed, text, sizeof(changed));
        changed[i] = changed[i] == '0' ? '1' : '0';
        EXPECT(!auth_ticket_read(key, id, at, changed, &back));
        memcpy(changed, text, sizeof(changed));
        changed[i] = '\0';
        EXPECT(!auth_ticket_read(key, id, at, changed, &back));
    }
    EXPECT(!auth_ticket_read(key, id, at, "9999999999.", &back));
    memset(t.sub, 'x', SUB_MAX);
    t.sub[SUB_MAX] = '\0';
    auth_ticket_make(key, id, &t, text);
    EXPECT(auth_ticket_read(key, id, at, text, &back));
    EXPECT_STR(back.sub, t.sub);
    t.sub[0] = '\0';
    auth_ticket_make(key, id, &t, text);
    EXPECT(auth_ticket_read(key, id, at, text, &back));
    EXPECT_STR(back.sub, "");
}

TEST(auth_secret_files) {
    char dir[] = "/tmp/oriel-auth-XXXXXX", file[128], why[WHY_MAX] = "";
    char *a = NULL, *b = NULL;
    REQUIRE(mkdtemp(dir));
    snprintf(file, sizeof(file), "%s/sub/secret", dir);
    EXPECT_EQ(auth_secret_load(file, false, &a, why), ERR_IO);
    EXPECT(strstr(why, "auth.create_secret") && strstr(why, file));
    EXPECT_EQ(auth_secret_load(file, true, &a, why), OK);
    EXPECT_EQ(auth_secret_load(file, true, &b, why), OK);
    EXPECT_STR(a, b);
    EXPECT_EQ(a ? strlen(a) : 0, 64);
    struct stat st;
    EXPECT(stat(file, &st) == 0 && (st.st_mode & 0777) == 0600);
    static const mode_t readable[] = {0640, 0604, 0620, 0602, 0644};
    for (size_t i = 0; i < ARRAY_LEN(readable); i++) {
        char *c = NULL;
        EXPECT_EQ(chmod(file, readable[i]), 0);
        EXPECT_EQ(auth_secret_load(file, true, &c, why), ERR_DENIED);
        EXPECT(c == NULL && strstr(why, "chmod 0600") && strstr(why, file));
    }
    EXPECT_EQ(chmod(file, 0400), 0);
    mem_free(b);
    b = NULL;
    EXPECT_EQ(auth_secret_load(file, true, &b, why), OK);
    EXPECT_EQ(chmod(file, 0600), 0);
    EXPECT_EQ(truncate(file, 31), 0);
    mem_free(b);
    b = NULL;
    EXPECT_EQ(auth_secret_load(file, true, &b, why), ERR_SHORT);
    EXPECT(b == NULL);
    mem_free(a);
    unlink(file);
    snprintf(file, sizeof(file), "%s/sub", dir);
    rmdir(file);
    rmdir(dir);
}
