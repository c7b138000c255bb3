/* Keys and signatures: the examples of RFC 7515 and RFC 7517, and what must not be a key. */
#include "server/auth/keyset.h"

#include "base/buffer.h"
#include "server/auth/jws.h"
#include "tests/unit/server/auth/token_keys.h"
#include "tests/unit/test.h"

#include <stdlib.h>

static char why[WHY_MAX];

static struct keyset *read_from(const char *text, enum keyset_source from, enum err expected) {
    struct keyset *s = NULL;
    enum err e = keyset_read(text, strlen(text), from, &s, why);
    if (e != expected) {
        test_fail(__FILE__, __LINE__, "%s: %s instead of %s (%s)", text, err_name(e),
                  err_name(expected), why);
    }
    EXPECT((s != NULL) == (e == OK));
    EXPECT(e == OK || e == ERR_NOMEM || why[0]);
    return s;
}

/* Does this set take this token's signature? */
static enum keyset_verdict verify(const struct keyset *s, const char *token) {
    struct jws j;
    if (jws_read(token, strlen(token), &j) != CODE_OK) {
        test_fail(__FILE__, __LINE__, "no token: %s", token);
        return KEYSET_NO_KEY;
    }
    enum keyset_verdict v = keyset_verify(s, j.algorithm, j.kid, j.input, j.signature);
    jws_free(&j);
    return v;
}

/* RFC 7515 appendix A.1, A.2 and A.3: their keys without the private parts. */
#define PAYLOAD                                                                            \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290" \
    "Ijp0cnVlfQ"
static const char a1_key[] =
    "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS"
    "4hcgUuTwjAzZr1Z9CAow\"}";
static const char a1_token[] = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." PAYLOAD
                               ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static const char a2_key[] =
    "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-"
    "Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7"
    "OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3q"
    "Co5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyu"
    "XpoQ\",\"e\":\"AQAB\"}";
static const char a2_token[] =
    "eyJhbGciOiJSUzI1NiJ9." PAYLOAD
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2"
    "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB"
    "MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI"
    "2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
static const char a3_key[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y"
    "\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
static const char a3_token[] =
    "eyJhbGciOiJFUzI1NiJ9." PAYLOAD
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

TEST(keyset_rfc_7515_appendix_a) {
    static const struct {
        const char *key, *token;
        enum jws_algorithm algorithm;
    } rows[] = {{a1_key, a1_token, JWS_HS256},
                {a2_key, a2_token, JWS_RS256},
                {a3_key, a3_token, JWS_ES256}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct keyset *s = read_from(rows[i].key, KEYSET_PRIVATE, OK);
        REQUIRE(s);
        EXPECT_EQ(keyset_algorithms(s), 1u << rows[i].algorithm);
        for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
            EXPECT_EQ(verify(s, rows[k].token), k == i ? KEYSET_OK : KEYSET_NO_KEY);
        }
        /* Every bit of input and signature counts. */
        char changed[1024];
        size_t n = strlen(rows[i].token),
               from = (size_t)(strchr(rows[i].token, '.') - rows[i].token);
        for (size_t at = from + 1; at < n; at++) {
            memcpy(changed, rows[i].token, n + 1);
            changed[at] = changed[at] == 'A' ? 'E' : 'A';
            struct jws j;
            if (changed[at] != rows[i].token[at] && jws_read(changed, n, &j) == CODE_OK) {
                EXPECT_EQ(keyset_verify(s, j.algorithm, NULL, j.input, j.signature), KEYSET_WRONG);
                jws_free(&j);
            }
        }
        keyset_free(s);
    }
}

/* RFC 7517 appendix A.1: an EC key for encryption and an RSA key; A.3: two secrets, for AES. */
TEST(keyset_rfc_7517_appendix_a) {
    static const char a1[] =
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KP"
        "AqupUA\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"use\":\"enc\",\"kid\":"
        "\"1\"},{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfA"
        "AtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93l"
        "qt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n"
        "91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}]}";
    static const char a3[] =
        "{\"keys\":[{\"kty\":\"oct\",\"alg\":\"A128KW\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"},{\"kty\":"
        "\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTw"
        "jAzZr1Z9CAow\",\"kid\":\"HMAC key used in JWS spec Appendix A.1 example\"}]}";
    for (int from = KEYSET_PUBLIC; from <= KEYSET_PRIVATE; from++) {
        struct keyset *s = read_from(a1, (enum keyset_source)from, OK);
        REQUIRE(s);
        EXPECT_EQ(keyset_len(s), 1);
        EXPECT_EQ(keyset_passed_over(s), 1);
        EXPECT_EQ(keyset_algorithms(s), 1u << JWS_RS256);
        keyset_free(s);
    }
    struct keyset *s = read_from(a3, KEYSET_PRIVATE, OK);
    REQUIRE(s);
    EXPECT_EQ(keyset_len(s), 1);
    EXPECT_EQ(verify(s, a1_token), KEYSET_OK);
    keyset_free(s);
    read_from(a3, KEYSET_PUBLIC, ERR_UNKNOWN); /* what is told on the web is no secret */
}

#define X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\""

TEST(keyset_what_is_no_key) {
    static const struct {
        const char *jwk;
        enum err in_file; /* on the web each leaves nothing: ERR_UNKNOWN */
    } bad[] = {
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" X "\"}", ERR_CRYPTO},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}", ERR_FORMAT},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"" Y "\"}", ERR_FORMAT},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "=\",\"y\":\"" Y "\"}", ERR_FORMAT},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y "\"}", ERR_UNKNOWN},
        {"{\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" Y "\"}", ERR_UNKNOWN},
        {EC ",\"alg\":\"RS256\"}", ERR_UNKNOWN},
        {EC ",\"alg\":\"HS256\"}", ERR_UNKNOWN},
        {EC ",\"alg\":7}", ERR_UNKNOWN},
        {EC ",\"use\":\"enc\"}", ERR_UNKNOWN},
        {EC ",\"key_ops\":[\"sign\"]}", ERR_UNKNOWN},
        {EC ",\"key_ops\":\"verify\"}", ERR_UNKNOWN},
        {EC ",\"d\":\"AA\"}", ERR_DENIED},
        {EC ",\"kid\":7}", ERR_FORMAT},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"}", ERR_UNKNOWN},
        {"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", ERR_SHORT},
        {"{\"kty\":\"RSA\",\"e\":\"AQAB\"}", ERR_FORMAT},
        {"{\"kty\":\"oct\",\"k\":\"AAAA\"}", ERR_SHORT},
        {"{\"kty\":\"none\"}", ERR_UNKNOWN},
        {"{}", ERR_FORMAT},
        {"7", ERR_FORMAT},
        {"[]", ERR_FORMAT},
        {"null", ERR_FORMAT},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char text[512];
        snprintf(text, sizeof(text), "{\"keys\":[%s]}", bad[i].jwk);
        keyset_free(read_from(text, KEYSET_PRIVATE, bad[i].in_file));
        keyset_free(read_from(text, KEYSET_PUBLIC, ERR_UNKNOWN));
        /* One bad key on the web leaves the good ones. */
        snprintf(text, sizeof(text), "{\"keys\":[%s,%s]}", bad[i].jwk, EC "}");
        struct keyset *s = read_from(text, KEYSET_PUBLIC, OK);
        EXPECT(!s || (keyset_len(s) == 1 && keyset_passed_over(s) == 1));
        keyset_free(s);
    }
}

TEST(keyset_what_is_no_set) {
    static const char *const bad[] = {"",
                                      " ",
                                      "x",
                                      "[]",
                                      "{",
                                      "{\"keys\":{}}",
                                      "{\"keys\":[}",
                                      "{\"keys\":1}",
                                      "null",
                                      "\"a\"",
                                      "{}",
                                      "{\"keys\":[],\"keys\":[]}",
                                      "{\"keys\":[{\"kty\":\"EC\",\"kty\":\"RSA\"}]}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        keyset_free(read_from(bad[i], KEYSET_PUBLIC, ERR_FORMAT));
        keyset_free(read_from(bad[i], KEYSET_PRIVATE, ERR_FORMAT));
    }
    keyset_free(read_from("{\"keys\":[]}", KEYSET_PUBLIC, ERR_UNKNOWN));
    char *big = mem_alloc(KEYSET_TEXT_MAX + 2);
    REQUIRE(big);
    memset(big, ' ', KEYSET_TEXT_MAX + 1);
    big[KEYSET_TEXT_MAX + 1] = '\0';
    struct keyset *s = NULL;
    EXPECT_EQ(keyset_read(big, KEYSET_TEXT_MAX + 1, KEYSET_PUBLIC, &s, why), ERR_LONG);
    mem_free(big);
}

TEST(keyset_is_bounded) {
    struct buffer b = {0};
    for (unsigned n = KEYSET_KEYS_MAX; n <= KEYSET_KEYS_MAX + 1; n++) {
        buffer_cut(&b, 0);
        buffer_str(&b, "{\"keys\":[");
        for (unsigned i = 0; i < n; i++) {
            buffer_printf(&b, "%s" EC ",\"kid\":\"%u\"}", i ? "," : "", i);
        }
        buffer_str(&b, "]}");
        keyset_free(read_from(b.p, KEYSET_PUBLIC, n > KEYSET_KEYS_MAX ? ERR_FULL : OK));
    }
    buffer_free(&b);
}

TEST(keyset_pem) {
    static const char *const kinds[] = {"RS256", "ES256"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct token_key *k = token_key_new(kinds[i]);
        char header[64], *pem = token_key_pem(k);
        snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"any\"}", kinds[i]);
        char *token = token_key_sign(k, header, "{}");
        struct keyset *s = read_from(pem, KEYSET_PRIVATE, OK);
        EXPECT(s && verify(s, token) == KEYSET_OK);
        keyset_free(s);
        keyset_free(read_from(pem, KEYSET_PUBLIC, ERR_FORMAT));
        pem[strlen(pem) / 2] = '!';
        keyset_free(read_from(pem, KEYSET_PRIVATE, ERR_FORMAT));
        free(pem);
        free(token);
        token_key_free(k);
    }
    struct token_key *k = token_key_new("ES384");
    char *pem = token_key_pem(k);
    keyset_free(read_from(pem, KEYSET_PRIVATE, ERR_UNSUPPORTED));
    free(pem);
    token_key_free(k);
    k = token_key_new("RS256/1024");
    pem = token_key_pem(k);
    keyset_free(read_from(pem, KEYSET_PRIVATE, ERR_SHORT));
    free(pem);
    token_key_free(k);
    keyset_free(read_from("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                          KEYSET_PRIVATE, ERR_DENIED));
    EXPECT(strstr(why, "private"));
}

/* The oldest trick: the public key, which everybody has, as the secret of an HMAC. */
TEST(keyset_a_public_key_is_no_secret) {
    struct token_key *k = token_key_new("RS256");
    char *pem = token_key_pem(k), text[2048];
    snprintf(text, sizeof(text), "{\"keys\":[%s]}", token_key_jwk(k, "a", ""));
    struct keyset *sets[] = {read_from(pem, KEYSET_PRIVATE, OK),
                             read_from(text, KEYSET_PRIVATE, OK)};
    const char *const secrets[] = {pem, text, token_key_jwk(k, "a", "")};
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        for (size_t n = 0; n < ARRAY_LEN(secrets); n++) {
            char *token = token_hmac(secrets[n], strlen(secrets[n]),
                                     "{\"alg\":\"HS256\",\"kid\":\"a\"}", "{}");
            EXPECT_EQ(verify(sets[i], token), KEYSET_NO_KEY);
            free(token);
        }
        keyset_free(sets[i]);
    }
    free(pem);
    token_key_free(k);
}

TEST(keyset_kid_chooses) {
    struct token_key *a = token_key_new("ES256"), *b = token_key_new("ES256");
    char text[2048];
    snprintf(text, sizeof(text), "{\"keys\":[%s,%s]}", token_key_jwk(a, "a", ""),
             token_key_jwk(b, "b", ""));
    struct keyset *s = read_from(text, KEYSET_PUBLIC, OK);
    REQUIRE(s);
    static const struct {
        const char *header;
        enum keyset_verdict by_a, by_b;
    } rows[] = {{"{\"alg\":\"ES256\",\"kid\":\"a\"}", KEYSET_OK, KEYSET_WRONG},
                {"{\"alg\":\"ES256\",\"kid\":\"b\"}", KEYSET_WRONG, KEYSET_OK},
                {"{\"alg\":\"ES256\",\"kid\":\"c\"}", KEYSET_NO_KEY, KEYSET_NO_KEY},
                {"{\"alg\":\"ES256\",\"kid\":\"\"}", KEYSET_NO_KEY, KEYSET_NO_KEY},
                {"{\"alg\":\"ES256\"}", KEYSET_OK, KEYSET_OK}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *by_a = token_key_sign(a, rows[i].header, "{}");
        char *by_b = token_key_sign(b, rows[i].header, "{}");
        EXPECT_EQ(verify(s, by_a), rows[i].by_a);
        EXPECT_EQ(verify(s, by_b), rows[i].by_b);
        free(by_a);
        free(by_b);
    }
    keyset_free(s);
    token_key_free(a);
    token_key_free(b);
}

/* What one token costs has a limit, however many keys there are. */
TEST(keyset_tries_are_bounded) {
    struct token_key *keys[KEYSET_TRIES + 2];
    struct buffer b = {0};
    buffer_str(&b, "{\"keys\":[");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        keys[i] = token_key_new("ES256");
        buffer_printf(&b, "%s%s", i ? "," : "", token_key_jwk(keys[i], "same", ""));
    }
    buffer_str(&b, "]}");
    struct keyset *s = read_from(b.p, KEYSET_PUBLIC, OK);
    REQUIRE(s);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char *token = token_key_sign(keys[i], "{\"alg\":\"ES256\"}", "{}");
        EXPECT_EQ(verify(s, token), i < KEYSET_TRIES ? KEYSET_OK : KEYSET_WRONG);
        free(token);
        token_key_free(keys[i]);
    }
    keyset_free(s);
    buffer_free(&b);
}

/* However many there are before it that have no name. */
TEST(keyset_the_key_that_is_meant_is_tried_first) {
    struct token_key *keys[KEYSET_TRIES + 2], *last = token_key_new("ES256");
    struct buffer b = {0};
    buffer_str(&b, "{\"keys\":[");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        keys[i] = token_key_new("ES256");
        buffer_printf(&b, "%s,", token_key_jwk(keys[i], NULL, ""));
    }
    buffer_printf(&b, "%s]}", token_key_jwk(last, "meant", ""));
    struct keyset *s = read_from(b.p, KEYSET_PUBLIC, OK);
    REQUIRE(s);
    char *token = token_key_sign(last, "{\"alg\":\"ES256\",\"kid\":\"meant\"}", "{}");
    EXPECT_EQ(verify(s, token), KEYSET_OK);
    free(token);
    token = token_key_sign(keys[0], "{\"alg\":\"ES256\",\"kid\":\"meant\"}", "{}");
    EXPECT_EQ(verify(s, token), KEYSET_OK);
    free(token);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        token_key_free(keys[i]);
    }
    token_key_free(last);
    keyset_free(s);
    buffer_free(&b);
}

/* RFC 7518 section 3.4: R and S are numbers below the order, and not zero. */
TEST(keyset_p256_signatures_that_are_none) {
    struct keyset *s = read_from(a3_key, KEYSET_PUBLIC, OK);
    REQUIRE(s);
    uint8_t raw[80] = {0};
    const struct bytes input = bytes_of("x", 1);
    static const size_t lengths[] = {0, 1, 63, 64, 65, 72, 80};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        for (int fill = 0; fill < 256; fill += 51) {
            memset(raw, fill, sizeof(raw));
            EXPECT_EQ(keyset_verify(s, JWS_ES256, NULL, input, bytes_of(raw, lengths[i])),
                      KEYSET_WRONG);
        }
    }
    keyset_free(s);
}

TEST_ALLOC(keyset_without_memory) {
    static const char text[] = "{\"keys\":[" EC ",\"kid\":\"a\"}]}";
    struct keyset *s = NULL;
    enum err e = keyset_read(text, strlen(text), KEYSET_PUBLIC, &s, why);
    EXPECT(e == OK || mem_failed());
    keyset_free(s);
    s = NULL;
    e = keyset_of_secret("0123456789abcdef0123456789abcdef", &s);
    EXPECT(e == OK || mem_failed());
    keyset_free(s);
}
