#include "server/recording/public_keys.h"

#include "base/bytes.h"
#include "base/check.h"
#include "tests/unit/test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

/* The key of RFC 8037 appendix A.2, whose thumbprint is appendix A.3. */
static const uint8_t rfc8037[LIBRARY_SIGNER_LEN] = {
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
    0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};

TEST(public_key_has_the_thumbprint_of_the_rfc) {
    char id[PUBLIC_KEY_ID_MAX];
    EXPECT_EQ(public_key_id(rfc8037, id), OK);
    EXPECT_STR(id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

/* The PEM of the JSON, with its newlines, as OpenSSL reads it. */
static bool pem_is(const char *json, const uint8_t key[LIBRARY_SIGNER_LEN]) {
    const char *p = strstr(json, "\"pem\":\"");
    char pem[256];
    size_t n = 0, len = LIBRARY_SIGNER_LEN;
    uint8_t raw[LIBRARY_SIGNER_LEN];
    for (p = p ? p + 7 : ""; *p && *p != '"' && n + 1 < sizeof(pem); p++) {
        bool newline = p[0] == '\\' && p[1] == 'n';
        pem[n++] = newline ? '\n' : *p;
        p += newline;
    }
    BIO *bio = BIO_new_mem_buf(pem, (int)n);
    EVP_PKEY *k = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    bool ok = k && EVP_PKEY_get_raw_public_key(k, raw, &len) == 1 && len == sizeof(raw) &&
              memcmp(raw, key, len) == 0;
    EVP_PKEY_free(k);
    BIO_free(bio);
    return ok;
}

TEST(public_keys_are_a_jwk_set) {
    struct library_signers s = {.n = 0};
    struct buffer b = {0};
    EXPECT_EQ(public_keys_json(&s, &b), OK);
    EXPECT(b.n == strlen("{\"keys\":[]}") && memcmp(b.p, "{\"keys\":[]}", b.n) == 0);
    buffer_free(&b);
    b = (struct buffer){0};
    memcpy(s.keys[0], rfc8037, sizeof(rfc8037));
    s.keys[1][0] = 1;
    s.n = 2;
    REQUIRE(public_keys_json(&s, &b) == OK);
    buffer_put(&b, "", 1);
    REQUIRE(!b.bad);
    EXPECT(strstr(b.p, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"EdDSA\",\"use\":\"sig\","
                       "\"kid\":\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\","
                       "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
                       "\"hex\":\"d75a9801"));
    EXPECT(strstr(b.p, "\"current\":true},{") && strstr(b.p, "\"current\":false}]}"));
    EXPECT(pem_is(b.p, rfc8037));
    buffer_free(&b);
}

static enum err read_keys(const char *text, struct library_signers *ret) {
    return public_keys_read(text, strlen(text), ret);
}

TEST(public_keys_are_read_as_they_are_written) {
    struct library_signers s = {.n = 2}, back;
    struct buffer b = {0};
    char hex[2 * 64 + 3];
    memcpy(s.keys[0], rfc8037, sizeof(rfc8037));
    memset(s.keys[1], 0xfb, sizeof(s.keys[1])); /* '-' and '_' in base64url */
    REQUIRE(public_keys_json(&s, &b) == OK);
    buffer_put(&b, "", 1);
    REQUIRE(!b.bad);
    REQUIRE(read_keys(b.p, &back) == OK);
    EXPECT(back.n == 2 && memcmp(back.keys, s.keys, 2 * LIBRARY_SIGNER_LEN) == 0);
    buffer_free(&b);
    hex_encode(hex, s.keys[0], LIBRARY_SIGNER_LEN);
    hex[64] = '\n';
    hex_encode(hex + 65, s.keys[1], LIBRARY_SIGNER_LEN);
    REQUIRE(read_keys(hex, &back) == OK);
    EXPECT(back.n == 2 && memcmp(back.keys, s.keys, 2 * LIBRARY_SIGNER_LEN) == 0);
    /* RFC 8410 section 10.1, twice. */
#define PEM                                                          \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
    "-----END PUBLIC KEY-----\n"
    REQUIRE(read_keys("kept since 2026\n" PEM PEM, &back) == OK);
    EXPECT(back.n == 2 && back.keys[0][0] == 0x19 && back.keys[1][31] == 0xe1);
}

TEST(public_keys_that_are_none_are_refused) {
    static const char *const texts[] = {
        "",
        " \n",
        "d75a",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511g",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a00",
        "{}",
        "{\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":"
        "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
        "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp\"}]}", /* bits that must be zero */
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
        "\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2Vw\n-----END PUBLIC KEY-----\n",
        /* An X25519 key (RFC 8410 section 10.2's kind): not one that signs. */
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VuAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
        "-----END PUBLIC KEY-----\n",
        PEM "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n",
    };
    struct library_signers s;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        EXPECT_EQ(read_keys(texts[i], &s), ERR_FORMAT);
    }
    struct buffer b = {0};
    for (int i = 0; i <= LIBRARY_SIGNERS_MAX; i++) {
        buffer_str(&b, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n");
    }
    buffer_put(&b, "", 1);
    REQUIRE(!b.bad);
    EXPECT_EQ(read_keys(b.p, &s), ERR_FULL);
    buffer_free(&b);
    EXPECT_EQ(public_keys_read("a\0b", 3, &s), ERR_FORMAT);
}
