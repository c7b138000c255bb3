#include "base/base64url.h"
#include "tests/unit/test.h"

/* RFC 4648 section 10, without padding, and the two characters that differ from base64. */
TEST(base64url_vectors) {
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t out[BASE64URL_BYTES(16)];
        struct buffer b = {0};
        size_t n = 99;
        base64url_put(&b, rows[i].bytes, strlen(rows[i].bytes));
        EXPECT_STR(b.p ? b.p : "", rows[i].text);
        buffer_free(&b);
        EXPECT(base64url_decode(rows[i].text, strlen(rows[i].text), out, &n));
        EXPECT(n == strlen(rows[i].bytes) && memcmp(out, rows[i].bytes, n) == 0);
    }
}

TEST(base64url_takes_one_text_only) {
    static const char *const no[] = {"Z",    "Zg=",  "Zg==", "Zh",    "Zm9",      "Zm9vY",
                                     "Zm 9", "Zm+v", "Zm/v", "Zm\n9", "\xc3\xa9", "Zm.v"};
    uint8_t out[BASE64URL_BYTES(16)];
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        size_t n = 99;
        EXPECT(!base64url_decode(no[i], strlen(no[i]), out, &n));
        EXPECT_EQ(n, 99);
    }
    size_t n = 99;
    EXPECT(!base64url_decode("Zm\0v", 4, out, &n));
}

TEST(base64url_every_byte_there_and_back) {
    uint8_t all[256], back[BASE64URL_BYTES(344)];
    for (unsigned i = 0; i < 256; i++) {
        all[i] = (uint8_t)(i * 167);
    }
    for (size_t len = 0; len <= 256; len++) {
        struct buffer b = {0};
        size_t n = 0;
        base64url_put(&b, all, len);
        EXPECT_EQ(b.n, (4 * len + 2) / 3);
        EXPECT(base64url_decode(b.p, b.n, back, &n) && n == len && memcmp(back, all, n) == 0);
        buffer_free(&b);
    }
}
