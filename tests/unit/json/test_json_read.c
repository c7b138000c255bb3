#include "base/alloc.h"
#include "tests/unit/test.h"
#include "json/json_read.h"

#include <stdlib.h>

static const struct json_limits limits = {.bytes = 4096, .depth = 8, .values = 100};

static enum err refusal(const char *text, struct json_error *why) {
    const struct json *o = NULL;
    enum err e = json_read(text, strlen(text), &limits, &o, why);
    EXPECT((e == OK) == (o != NULL));
    json_free(o);
    return e;
}

static enum err verdict(const char *text) {
    struct json_error why;
    enum err e = refusal(text, &why);
    EXPECT((e == OK) == !*why.what);
    return e;
}

static const struct json *parsed(const char *text) {
    const struct json *o = NULL;
    EXPECT_EQ(json_read(text, strlen(text), &limits, &o, NULL), OK);
    return o;
}

TEST(json_reads_objects_only) {
    EXPECT_EQ(verdict("{}"), OK);
    EXPECT_EQ(verdict(" {\"a\":[{}]}\r\n"), OK);
    static const char *const no[] = {"",
                                     " ",
                                     "[]",
                                     "1",
                                     "\"a\"",
                                     "null",
                                     "{",
                                     "}",
                                     "{}{}",
                                     "{} x",
                                     "{\"a\"}",
                                     "{\"a\":}",
                                     "{\"a\":1,}",
                                     "{a:1}",
                                     "{'a':1}",
                                     "{\"a\":01}",
                                     "{\"a\":+1}",
                                     "{\"a\":NaN}",
                                     "{\"a\":.5}",
                                     "{\"a\":\"\t\"}",
                                     "{\"a\":\"\\x\"}",
                                     "{\"a\":\"\\ud800\"}",
                                     "{\"a\":\"\xff\"}",
                                     "{\"a\":\"\xc0\x80\"}",
                                     "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        EXPECT_EQ(verdict(no[i]), ERR_FORMAT);
    }
}

TEST(json_refuses_nul) {
    const struct json *o = NULL;
    EXPECT_EQ(verdict("{\"a\":\"x\\u0000y\"}"), ERR_FORMAT);
    EXPECT_EQ(verdict("{\"a\\u0000b\":1}"), ERR_FORMAT);
    EXPECT_EQ(json_read("{\"a\":\"\0\"}", 9, &limits, &o, NULL), ERR_FORMAT);
    EXPECT_EQ(json_read("{}\0", 3, &limits, &o, NULL), ERR_FORMAT);
}

TEST(json_refuses_members_that_are_there_twice) {
    struct json_error why;
    EXPECT_EQ(refusal("{\"a\":1,\"a\":1}", &why), ERR_EXISTS);
    EXPECT_EQ(refusal("{\"a\":1,\"\\u0061\":2}", &why), ERR_EXISTS);
    EXPECT_EQ(refusal("{\"x\":[0,\n  {\"b\":1,\n   \"b\":2}]}", &why), ERR_EXISTS);
    EXPECT_STR(why.at.path, "x[1].b");
    EXPECT_EQ(why.at.line, 3);
    EXPECT(strstr(why.what, "duplicate"));
}

/* Each limit: what it allows, and one more. */
TEST(json_limits_bytes) {
    const struct json *o = NULL;
    struct json_error why;
    struct json_limits l = {.bytes = 7, .depth = 1, .values = 1};
    EXPECT_EQ(json_read("{\"a\":1}", 7, &l, &o, NULL), OK);
    json_free(o);
    o = NULL;
    EXPECT_EQ(json_read("{\"a\":1} ", 8, &l, &o, &why), ERR_LONG);
    EXPECT_STR(why.what, "too long");
    EXPECT(!o);
}

TEST(json_limits_depth) {
    struct json_error why;
    EXPECT_EQ(verdict("{\"a\":[[[[[[[]]]]]]]}"), OK);
    EXPECT_EQ(verdict("{\"a\":[[[],[],[[]]],[],[],[],[]]}"), OK); /* depth, not number */
    EXPECT_EQ(verdict("{\"a\":\"[[[[[[[[[[\\\"[[[[[[\"}"), OK);
    EXPECT_EQ(refusal("{\"a\":[\n1,[[[[[[[]]]]]]]]}", &why), ERR_RANGE);
    EXPECT_STR(why.at.path, "a[1][0][0][0][0][0][0]");
    EXPECT_EQ(why.at.line, 2);
    EXPECT_EQ(why.at.column, 9);
    char *deep = malloc(1 << 20);
    CHECK(deep);
    memset(deep, '[', 1 << 20);
    struct json_limits l = {.bytes = 1 << 20, .depth = JSON_DEPTH_MAX, .values = 1 << 20};
    const struct json *o = NULL;
    EXPECT_EQ(json_read(deep, 1 << 20, &l, &o, &why), ERR_RANGE);
    EXPECT_EQ(why.at.column, JSON_DEPTH_MAX + 1);
    free(deep);
}

TEST(json_limits_values) {
    struct json_limits l = {.bytes = 4096, .depth = 2, .values = 4};
    const struct json *o = NULL;
    struct json_error why;
    EXPECT_EQ(json_read("{\"a\":[1,2],\"b\":\",[{,\"}", 23, &l, &o, NULL), ERR_FORMAT);
    EXPECT_EQ(json_read("{\"a\":[1,2],\"b\":\",[{,\"}", 22, &l, &o, NULL), OK);
    json_free(o);
    EXPECT_EQ(json_read("{\"a\":[1,2],\"b\":3,\"c\":4}", 24, &l, &o, &why), ERR_LONG);
    EXPECT_STR(why.what, "too many values");
    EXPECT_EQ(why.at.column, 17);
}

TEST(json_huge_numbers) {
    EXPECT_EQ(verdict("{\"a\":9223372036854775807,\"b\":-9223372036854775808}"), OK);
    EXPECT_EQ(verdict("{\"a\":9223372036854775808}"), ERR_FORMAT);
    EXPECT_EQ(verdict("{\"a\":-9223372036854775809}"), ERR_FORMAT);
    EXPECT_EQ(verdict("{\"a\":99999999999999999999999999999999999999999999999999}"), ERR_FORMAT);
    EXPECT_EQ(verdict("{\"a\":1e308}"), OK);
    EXPECT_EQ(verdict("{\"a\":1e309}"), ERR_FORMAT);
    EXPECT_EQ(verdict("{\"a\":1e-999}"), OK);
}

TEST(json_error_tells_the_place) {
    struct json_error why;
    EXPECT_EQ(refusal("{\"one\": 1,\n \"two\": [1, 2, tru]}", &why), ERR_FORMAT);
    EXPECT_EQ(why.at.line, 2);
    EXPECT_STR(why.at.path, "two[2]");
    EXPECT_EQ(refusal("{\n\n", &why), ERR_FORMAT);
    EXPECT_EQ(why.at.line, 3);
}

static const char sample[] =
    "{\"s\":\"h\\u00e9\",\"e\":\"\",\"i\":-5,\"n\":7,\"r\":1.0,\"t\":true,\"f\":false,\"z\":null,"
    "\"l\":[1,\"x\",[]],\"o\":{\"k\":\"v\"},\"h\":\"00fF\"}";

static const char long_words[] =
    "{\"a name that outgrows what a parser keeps for it at first\":"
    "\"a string that outgrows what a parser keeps for it at first, and that once more\"}";

TEST(json_kinds) {
    static const struct {
        const char *name;
        enum json_kind kind;
    } rows[] = {{"s", JSON_KIND_STRING}, {"i", JSON_KIND_INTEGER}, {"r", JSON_KIND_REAL},
                {"t", JSON_KIND_BOOL},   {"f", JSON_KIND_BOOL},    {"z", JSON_KIND_NULL},
                {"l", JSON_KIND_LIST},   {"o", JSON_KIND_OBJECT},  {"none", JSON_KIND_ABSENT}};
    const struct json *o = parsed(sample);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        EXPECT_EQ(json_kind(json_member(o, rows[i].name)), rows[i].kind);
    }
    EXPECT(json_member(o, "z") && !json_member_set(o, "z") && json_member_set(o, "s"));
    EXPECT(!json_member(json_member(o, "l"), "k") && !json_member(NULL, "k"));
    EXPECT_EQ(json_count(o), 11);
    EXPECT_EQ(json_count(json_member(o, "l")), 3);
    EXPECT_EQ(json_count(json_member(o, "s")) + json_count(NULL), 0);
    EXPECT(json_item(json_member(o, "l"), 2) && !json_item(json_member(o, "l"), 3));
    EXPECT(!json_item(o, 0) && !json_item(NULL, 0));
    json_free(o);
    json_free(NULL);
}

TEST(json_strings) {
    const struct json *o = parsed(sample);
    char text[8];
    size_t n = 99;
    EXPECT_STR(json_get_string(json_member(o, "s"), &n), "h\xc3\xa9");
    EXPECT_EQ(n, 3);
    EXPECT(!json_get_string(json_member(o, "i"), &n) && n == 0 && !json_get_string(NULL, NULL));
    EXPECT(json_string_is(json_member(o, "e"), "") && !json_string_is(NULL, ""));
    EXPECT(json_get_text(json_member(o, "s"), text, 4));
    EXPECT_STR(text, "h\xc3\xa9");
    EXPECT(!json_get_text(json_member(o, "s"), text, 3) && !*text);
    EXPECT(!json_get_text(NULL, text, 3) && !json_get_text(json_member(o, "t"), text, 3));
    EXPECT(json_get_text_if_any(NULL, text, 3) && !*text);
    EXPECT(!json_get_text_if_any(json_member(o, "s"), text, 3));
    EXPECT(!json_get_text_if_any(json_member(o, "z"), text, 3)); /* null is there */
    uint8_t hex[2] = {0};
    EXPECT(json_get_hex(json_member(o, "h"), hex, 2) && hex[0] == 0 && hex[1] == 255);
    EXPECT(!json_get_hex(json_member(o, "h"), hex, 1) &&
           !json_get_hex(json_member(o, "n"), hex, 0));
    json_free(o);
}

TEST(json_numbers) {
    const struct json *o = parsed(sample);
    const struct json *i = json_member(o, "i"), *n = json_member(o, "n"), *r = json_member(o, "r");
    int64_t v = 99;
    uint64_t u = 99;
    double d = 99;
    EXPECT(!json_get_int(i, -4, 9, &v) && !json_get_int(i, -9, -6, &v) &&
           !json_get_int(r, 0, 9, &v));
    EXPECT(!json_get_int(NULL, 0, 9, &v) && !json_get_int(json_member(o, "t"), 0, 9, &v) &&
           v == 99);
    EXPECT(json_get_int(i, -5, -5, &v) && v == -5);
    EXPECT(!json_get_uint(i, UINT64_MAX, &u) && !json_get_uint(n, 6, &u) && u == 99);
    EXPECT(json_get_uint(n, 7, &u) && u == 7);
    EXPECT(!json_get_number(json_member(o, "s"), &d) && !json_get_number(NULL, &d) && d == 99);
    EXPECT(json_get_number(i, &d) && d == -5 && json_get_number(r, &d) && d == 1);
    json_free(o);
}

TEST(json_bools) {
    const struct json *o = parsed(sample);
    bool b = false;
    EXPECT(json_get_bool(json_member(o, "t"), &b) && b);
    EXPECT(!json_get_bool(json_member(o, "z"), &b) && !json_get_bool(NULL, &b) && b);
    EXPECT(json_get_bool(json_member(o, "f"), &b) && !b);
    EXPECT(json_says_true(json_member(o, "t")) && !json_says_true(json_member(o, "f")));
    EXPECT(!json_says_true(NULL) && !json_says_true(json_member(o, "n")));
    json_free(o);
}

TEST(json_walks_in_the_order_of_the_text) {
    const struct json *o = parsed("{\"z\":1,\"a\":2,\"m\":{}}");
    char names[8] = "";
    for (struct json_walk w = {0}; json_next(o, &w);) {
        strcat(names, w.name);
        EXPECT(w.value == json_member(o, w.name));
    }
    EXPECT_STR(names, "zam");
    EXPECT(!json_next(json_member(o, "m"), &(struct json_walk){0}));
    EXPECT(!json_next(json_member(o, "z"), &(struct json_walk){0}));
    EXPECT(!json_next(NULL, &(struct json_walk){0}));
    json_free(o);
}

TEST(json_is_shown_to_people) {
    const struct json *o = parsed("{\"a\":[1,\"x\\ny\"],\"b\":{}}");
    struct buffer b = {0};
    json_put_indented(&b, o, 2);
    EXPECT_STR(b.p, "{\n    \"a\": [\n      1,\n      \"x\\ny\"\n    ],\n    \"b\": {}\n  }");
    buffer_cut(&b, 0);
    json_put_indented(&b, json_item(json_member(o, "a"), 0), 0);
    EXPECT_STR(b.p, "1");
    buffer_cut(&b, 0);
    json_put_compact(&b, o);
    EXPECT_STR(b.p, "{\"a\":[1,\"x\\ny\"],\"b\":{}}");
    buffer_free(&b);
    json_free(o);
}

/* What fails for want of memory is never called malformed: a journal would be called damaged. */
TEST_ALLOC(json_tells_want_of_memory) {
    const struct json *o = NULL;
    struct json_error why;
    enum err e = json_read(sample, sizeof(sample) - 1, &limits, &o, &why);
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    EXPECT_STR(why.what, mem_failed() ? "out of memory" : "");
    if (e == OK) {
        struct buffer b = {0};
        json_put_indented(&b, o, 0);
        EXPECT(b.bad == mem_failed());
        buffer_free(&b);
    }
    json_free(o);
}

/* What grows within a token is the same. */
TEST_ALLOC(json_loses_nothing_for_want_of_memory) {
    const struct json *o = NULL;
    enum err e = json_read(long_words, sizeof(long_words) - 1, &limits, &o, NULL);
    EXPECT_EQ(e, mem_failed() ? ERR_NOMEM : OK);
    json_free(o);
}

static void again(void *ctx) {
    (void)ctx;
    json_init(1);
}

static void too_deep_for_places(void *ctx) {
    struct json_limits l = {.bytes = 10, .depth = JSON_DEPTH_MAX + 1, .values = 10};
    const struct json *o = NULL;
    (void)ctx;
    json_read("{}", 2, &l, &o, NULL);
}

TEST(json_is_set_up_once) {
    EXPECT(test_aborts(again, NULL, "ready"));
    EXPECT(test_aborts(too_deep_for_places, NULL, "JSON_DEPTH_MAX"));
}
