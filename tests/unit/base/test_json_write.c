#include "base/json_write.h"

#include "tests/unit/test.h"

static void expect_string(const char *in, size_t n, const char *want) {
    struct buffer b = {0};
    json_put_string_n(&b, NULL, in, n);
    EXPECT_STR(b.p, want);
    /* What fits is told as it is written, at any room. */
    size_t inside = b.n - 2;
    EXPECT_EQ(json_escape_fit(in, n, inside), n);
    for (size_t room = 0; room < inside; room++) {
        size_t fits = json_escape_fit(in, n, room);
        struct buffer part = {0};
        buffer_put(&part, NULL, 0);
        json_escape(&part, in, fits);
        EXPECT(fits < n && part.n <= room);
        EXPECT(memcmp(part.p, b.p + 1, part.n) == 0);
        buffer_free(&part);
    }
    buffer_free(&b);
}

TEST(json_strings_are_escaped) {
    expect_string("", 0, "\"\"");
    expect_string("plain", 5, "\"plain\"");
    expect_string("a\"b\\c\r\n\t\x7f", 9, "\"a\\\"b\\\\c\\r\\n\\t\\u007f\"");
    expect_string("\0", 1, "\"\\u0000\"");
    expect_string("\x01\x1f /", 4, "\"\\u0001\\u001f /\"");
    expect_string("\"", 1, "\"\\\"\"");
}

TEST(json_strings_are_utf8) {
    expect_string("\xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\xa0", 9,
                  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x8f\xa0\"");
    expect_string("\xf4\x8f\xbf\xbf", 4, "\"\xf4\x8f\xbf\xbf\"");
    expect_string("a\xc3", 2, "\"a?\""); /* cut */
    expect_string("\xe2\x82", 2, "\"??\"");
    expect_string("\x80z", 2, "\"?z\"");
    expect_string("\xc0\xaf", 2, "\"??\""); /* overlong */
    expect_string("\xe0\x80\xaf", 3, "\"???\"");
    expect_string("\xf0\x80\x80\xaf", 4, "\"????\"");
    expect_string("\xed\xa0\x80", 3, "\"???\""); /* surrogates */
    expect_string("\xed\xbf\xbf", 3, "\"???\"");
    expect_string("\xf4\x90\x80\x80", 4, "\"????\""); /* above U+10FFFF */
    expect_string("\xff\x80", 2, "\"??\"");
}

TEST(json_every_byte_alone_gives_a_string) {
    for (int c = 0; c < 256; c++) {
        char in = (char)c;
        struct buffer b = {0};
        json_put_string_n(&b, NULL, &in, 1);
        REQUIRE(b.n >= 3 && b.p[0] == '"' && b.p[b.n - 1] == '"');
        for (size_t i = 1; i + 1 < b.n; i++) {
            EXPECT((uint8_t)b.p[i] >= 0x20 && (uint8_t)b.p[i] < 0x7f);
        }
        buffer_free(&b);
    }
}

TEST(json_commas_fall_into_place) {
    struct buffer b = {0};
    json_open(&b, NULL, '{');
    json_open(&b, "a", '[');
    json_put_int(&b, NULL, -1);
    json_put_bool(&b, NULL, true);
    json_open(&b, NULL, '{');
    json_close(&b, '}');
    json_put_null(&b, NULL);
    json_close(&b, ']');
    json_put_string(&b, "b", "[");
    json_put_string(&b, "c", NULL);
    json_key(&b, "d");
    json_open(&b, NULL, '[');
    json_put_hex(&b, NULL, "\x0a\xff", 2);
    json_put_handle(&b, NULL, 0x1f);
    json_close(&b, ']');
    json_put_string(&b, "e", "x:");
    json_put_bool(&b, "f", false);
    json_put_null(&b, "g");
    json_put_hex(&b, "h", "", 0);
    json_close(&b, '}');
    EXPECT_STR(b.p, "{\"a\":[-1,true,{},null],\"b\":\"[\",\"c\":null,\"d\":[\"0aff\","
                    "\"000000000000001f\"],\"e\":\"x:\",\"f\":false,\"g\":null,\"h\":\"\"}");
    buffer_free(&b);
}

TEST(json_texts_by_lines) {
    struct buffer b = {0};
    json_open(&b, NULL, '{');
    json_close(&b, '}');
    buffer_put(&b, "\n", 1);
    json_open(&b, NULL, '{');
    json_put_string(&b, "s", "a\n");
    json_put_int(&b, "n", 1);
    json_close(&b, '}');
    EXPECT_STR(b.p, "{}\n{\"s\":\"a\\n\",\"n\":1}");
    buffer_free(&b);
}

/* As in an object of the store: media, and an entry of the journal behind it. */
TEST(json_behind_other_bytes) {
    struct buffer b = {0};
    buffer_str(&b, "\"bytes\"");
    json_open(&b, NULL, '{');
    json_put_int(&b, "n", 1);
    json_put_int(&b, "m", 2);
    buffer_cut(&b, 12); /* as after a failure: the text begins anew */
    EXPECT_STR(b.p, "\"bytes\"{\"n\":");
    buffer_cut(&b, 7);
    json_put_int(&b, NULL, 3);
    EXPECT_STR(b.p, "\"bytes\"3");
    buffer_free(&b);
}

TEST(json_numbers_at_their_ends) {
    struct buffer b = {0};
    json_open(&b, NULL, '[');
    json_put_int(&b, NULL, INT64_MIN);
    json_put_int(&b, NULL, INT64_MAX);
    json_put_uint(&b, NULL, UINT64_MAX);
    json_put_uint(&b, NULL, 0);
    json_put_handle(&b, NULL, UINT64_MAX);
    json_close(&b, ']');
    EXPECT_STR(b.p, "[-9223372036854775808,9223372036854775807,18446744073709551615,0,"
                    "\"ffffffffffffffff\"]");
    buffer_free(&b);
}

/* Into fixed memory: whatever the room, never a byte beyond, and what is written is a beginning. */
TEST(json_into_fixed_memory) {
    static const char whole[] = "{\"name\":\"a\\\"b\",\"n\":-5,\"l\":[\"0aff\",true]}";
    for (size_t cap = 1; cap <= sizeof(whole) + 1; cap++) {
        char mine[sizeof(whole) + 2];
        memset(mine, '~', sizeof(mine));
        struct buffer b = buffer_fixed(mine, cap);
        json_open(&b, NULL, '{');
        json_put_string(&b, "name", "a\"b");
        json_put_int(&b, "n", -5);
        json_open(&b, "l", '[');
        json_put_hex(&b, NULL, "\x0a\xff", 2);
        json_put_bool(&b, NULL, true);
        json_close(&b, ']');
        json_close(&b, '}');
        EXPECT_EQ(b.bad, cap < sizeof(whole));
        EXPECT(b.n < cap && memcmp(mine, whole, b.n) == 0 && mine[b.n] == '\0');
        for (size_t i = cap; i < sizeof(mine); i++) {
            EXPECT_EQ(mine[i], '~');
        }
    }
}

TEST_ALLOC(json_without_memory) {
    struct buffer b = {0};
    json_open(&b, NULL, '[');
    for (int i = 0; i < 100; i++) {
        json_put_string(&b, NULL, "a \"word\"");
    }
    json_close(&b, ']');
    EXPECT_EQ(b.bad, mem_failed());
    buffer_free(&b);
}
