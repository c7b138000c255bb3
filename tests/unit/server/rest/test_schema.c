#include "base/check.h"
#include "base/utf8.h"
#include "server/rest/schema.h"
#include "tests/unit/test.h"

#include <stddef.h>

struct body {
    struct schema_given given;
    const char *title;
    wall_t at;
    int word;
    int64_t n;
    bool on;
    double part;
    const struct json *open, *list, *inner;
};

static bool no_x(const char *text) {
    return !strchr(text, 'x');
}

static const char *const words[] = {"one", "two", NULL};
static const struct schema title = {
    .kind = SCHEMA_TEXT, .null = true, .min = 2, .max = 5, .pattern = "^[^x]*$", .good = no_x};
static const struct schema at = {.kind = SCHEMA_TIME, .null = true};
static const struct schema word = {.kind = SCHEMA_WORD, .words = words};
static const struct schema number = {.kind = SCHEMA_INTEGER, .min = -3, .max = 7};
static const struct schema on = {.kind = SCHEMA_BOOL};
static const struct schema part = {.kind = SCHEMA_NUMBER, .max = 1};
static const struct schema open_object = {.kind = SCHEMA_OPEN, .max = 20};
static const struct schema list = {.kind = SCHEMA_LIST, .items = &word, .min = 1, .max = 2};
static const struct schema_member inner_members[] = {{"deep", &word, true, 0, NULL}, {0}};
static const struct schema inner = {.kind = SCHEMA_OBJECT, .members = inner_members};
#define MEMBER(name, field, schema, required) \
    { name, &(schema), required, offsetof(struct body, field), NULL }
static const struct schema_member members[] = {
    MEMBER("title", title, title, false), MEMBER("at", at, at, false),
    MEMBER("word", word, word, false),    MEMBER("n", n, number, true),
    MEMBER("on", on, on, false),          MEMBER("open", open, open_object, false),
    MEMBER("list", list, list, false),    MEMBER("in/ner", inner, inner, false),
    MEMBER("part", part, part, false),    {0}};
static const struct schema body = {.kind = SCHEMA_OBJECT, .members = members};

static const struct json *parse(const char *text) {
    const struct json_limits limits = {4096, 16, 100};
    const struct json *v = NULL;
    CHECK(json_read(text, strlen(text), &limits, &v, NULL) == OK);
    return v;
}

/* Read text, which must be wrong in this place only, for this reason. */
static void wrong(const char *text, const char *place, const char *code) {
    struct body b;
    struct faults f = {0};
    const struct json *v = parse(text);
    EXPECT(!schema_read(&body, v, &b, &f));
    EXPECT_EQ(f.n, 1);
    EXPECT_STR(f.at[0].place, place);
    EXPECT_STR(f.at[0].code, code);
    EXPECT(*f.at[0].message);
    EXPECT(!f.at[0].parameter);
    json_free(v);
}

TEST(schema_reads_all_kinds) {
    struct body b;
    struct faults f = {0};
    const struct json *v =
        parse("{\"title\":\"abc\",\"at\":\"1970-01-01T00:00:01Z\",\"word\":\"two\","
              "\"n\":-3,\"on\":true,\"open\":{\"any\":[null]},\"list\":[\"one\"],"
              "\"in/ner\":{\"deep\":\"one\"},\"part\":0.25}");
    EXPECT(schema_read(&body, v, &b, &f));
    EXPECT_EQ(f.n, 0);
    EXPECT_STR(b.title, "abc");
    EXPECT_EQ(b.at.us, US_PER_S);
    EXPECT_EQ(b.word, 1);
    EXPECT_EQ(b.n, -3);
    EXPECT(b.on);
    EXPECT_EQ(json_count(b.open), 1);
    EXPECT_EQ(json_count(b.list), 1);
    EXPECT(json_string_is(json_member(b.inner, "deep"), "one"));
    EXPECT(b.part == 0.25);
    EXPECT_EQ(b.given.given, 0x1ff);
    EXPECT_EQ(b.given.null, 0);
    json_free(v);
}

TEST(schema_tells_absent_from_null) {
    struct body b;
    struct faults f = {0};
    const struct json *v = parse("{\"title\":null,\"n\":7}");
    EXPECT(schema_read(&body, v, &b, &f));
    EXPECT(!b.title && b.at.us == 0 && b.word == -1 && b.n == 7 && !b.on && !b.open && !b.list &&
           b.part == 0);
    EXPECT_EQ(b.given.given, 1 | 8);
    EXPECT_EQ(b.given.null, 1);
    json_free(v);
}

TEST(schema_says_where_and_why) {
    wrong("{}", "/n", "required");
    wrong("{\"n\":null}", "/n", "type");
    wrong("{\"n\":1.5}", "/n", "type");
    wrong("{\"n\":-4}", "/n", "too_small");
    wrong("{\"n\":8}", "/n", "too_large");
    wrong("{\"n\":1,\"part\":-0.1}", "/part", "too_small");
    wrong("{\"n\":1,\"part\":1.01}", "/part", "too_large");
    wrong("{\"n\":1,\"part\":\"0\"}", "/part", "type");
    wrong("{\"n\":1,\"part\":null}", "/part", "type");
    wrong("{\"n\":1,\"title\":\"a\"}", "/title", "too_short");
    wrong("{\"n\":1,\"title\":\"abcdef\"}", "/title", "too_long");
    wrong("{\"n\":1,\"title\":\"abx\"}", "/title", "pattern");
    wrong("{\"n\":1,\"title\":7}", "/title", "type");
    wrong("{\"n\":1,\"at\":\"yesterday\"}", "/at", "format");
    wrong("{\"n\":1,\"at\":\"2026-01-02\"}", "/at", "format");
    wrong("{\"n\":1,\"word\":\"three\"}", "/word", "enum");
    wrong("{\"n\":1,\"word\":null}", "/word", "type");
    wrong("{\"n\":1,\"on\":\"true\"}", "/on", "type");
    wrong("{\"n\":1,\"open\":[]}", "/open", "type");
    wrong("{\"n\":1,\"open\":{\"a\":\"0123456789abcdef\"}}", "/open", "too_long");
    wrong("{\"n\":1,\"list\":{}}", "/list", "type");
    wrong("{\"n\":1,\"list\":[]}", "/list", "too_short");
    wrong("{\"n\":1,\"list\":[\"one\",\"one\",\"one\"]}", "/list", "too_long");
    wrong("{\"n\":1,\"list\":[\"one\",\"no\"]}", "/list/1", "enum");
    wrong("{\"n\":1,\"list\":[3]}", "/list/0", "type");
    wrong("{\"n\":1,\"in/ner\":{}}", "/in~1ner/deep", "required");
    wrong("{\"n\":1,\"in/ner\":{\"deep\":\"one\",\"~\":1}}", "/in~1ner/~0", "unknown");
    wrong("{\"n\":1,\"more\":1}", "/more", "unknown");
}

/* Names of others may be long; what is told is cut, and whole characters. */
TEST(schema_faults_are_bounded) {
    char text[1024] = "{\"n\":1";
    for (int i = 0; i < 40; i++) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), ",\"u%d\":1", i);
    }
    strcat(text, "}");
    struct body b;
    struct faults f = {0};
    const struct json *v = parse(text);
    EXPECT(!schema_read(&body, v, &b, &f));
    EXPECT_EQ(f.n, FAULTS_MAX);
    json_free(v);
    char name[600] = "";
    for (int i = 0; i < 199; i++) {
        strcat(name, "\xe2\x82\xac");
    }
    snprintf(text, sizeof(text), "{\"n\":1,\"%s\":1}", name);
    v = parse(text);
    f.n = 0;
    EXPECT(!schema_read(&body, v, &b, &f));
    EXPECT_EQ(f.n, 1);
    size_t n = strlen(f.at[0].place);
    EXPECT(n > 100 && n < FAULT_PLACE);
    EXPECT_EQ(n % 3, 1); /* the slash, and characters of three bytes */
    json_free(v);
}

static bool argument(const struct schema *s, const char *text, void *into, const char *code) {
    struct faults f = {0};
    bool ok = schema_read_text(s, "arg", text, into, &f);
    EXPECT_EQ(ok, f.n == 0);
    if (!ok) {
        EXPECT(f.at[0].parameter);
        EXPECT_STR(f.at[0].place, "arg");
        EXPECT_STR(f.at[0].code, code);
    }
    return ok;
}

TEST(schema_reads_arguments) {
    int64_t n = 0;
    int w = 0;
    bool b = false;
    const char *text = NULL;
    EXPECT(argument(&number, "7", &n, "") && n == 7);
    EXPECT(!argument(&number, "8", &n, "too_large"));
    EXPECT(!argument(&number, "", &n, "type"));
    EXPECT(!argument(&number, "1x", &n, "type"));
    EXPECT(!argument(&number, "1234567890123456", &n, "type"));
    EXPECT(argument(&word, "two", &w, "") && w == 1);
    EXPECT(!argument(&word, "tw", &w, "enum"));
    EXPECT(argument(&on, "true", &b, "") && b);
    EXPECT(argument(&on, "false", &b, "") && !b);
    EXPECT(!argument(&on, "1", &b, "type"));
    EXPECT(argument(&title, "abc", &text, ""));
    EXPECT_STR(text, "abc");
}
