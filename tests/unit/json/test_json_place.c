#include "tests/unit/test.h"
#include "json/json_place.h"

static struct json_place place_of(const char *text, const char *at) {
    struct json_place p;
    json_place_of(text, strlen(text), (size_t)(strstr(text, at) - text), &p);
    return p;
}

TEST(place_of_a_byte) {
    static const char text[] =
        "{\n  \"a\": 1,\n  \"list\": [true, {\"b\": [ [], 7 ]}],\n  \"z\": null\n}";
    const struct {
        const char *at, *path;
        unsigned line, column;
    } rows[] = {{"{\n", "", 1, 1},
                {"\"a\"", "a", 2, 3},
                {"1,", "a", 2, 8},
                {"\"list\"", "list", 3, 3},
                {"true", "list[0]", 3, 12},
                {"{\"b\"", "list[1]", 3, 18},
                {"\"b\"", "list[1].b", 3, 19},
                {"7", "list[1].b[1]", 3, 30},
                {"null", "z", 4, 8}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json_place p = place_of(text, rows[i].at);
        EXPECT_STR(p.path, rows[i].path);
        EXPECT_EQ(p.line, rows[i].line);
        EXPECT_EQ(p.column, rows[i].column);
    }
}

TEST(place_counts_columns_in_characters) {
    EXPECT_EQ(place_of("{\"\xc3\xa9\xe2\x82\xac\": 1}", "1").column, 8);
}

TEST(place_is_found_by_its_path) {
    static const char text[] =
        "{\"a.b\": 1,\n\"tours\": [\n{\"name\": \"x\"},\n{\"t\": 1,\n\"name\": 2}],\n"
        "\"q\\\"\": {\"name\": 3}}";
    const struct {
        const char *path;
        bool there;
        unsigned line;
    } rows[] = {{"a.b", true, 1},      {"tours", true, 2},         {"tours[0]", true, 3},
                {"tours[1]", true, 4}, {"tours[1].name", true, 5}, {"tours[2]", false, 1},
                {"name", false, 1},    {"q\\\".name", true, 6},    {"", true, 1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json_place p;
        EXPECT_EQ(json_place_find(text, sizeof(text) - 1, rows[i].path, &p), rows[i].there);
        EXPECT_EQ(p.line, rows[i].line);
    }
}

TEST(place_is_found_between_brackets_in_strings) {
    static const char text[] =
        "{\"a\": {\"x\": [1, {\"y\": \"}]\"}],\n\"b\": 2},\n\"c\": [[1,2],\n3]}";
    const struct {
        const char *path;
        unsigned line, column;
    } rows[] = {
        {"a.b", 2, 1}, {"c", 3, 1}, {"c[1]", 4, 1}, {"c[0][1]", 3, 10}, {"a.x[1].y", 1, 18}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json_place p;
        EXPECT(json_place_find(text, sizeof(text) - 1, rows[i].path, &p));
        EXPECT_EQ(p.line, rows[i].line);
        EXPECT_EQ(p.column, rows[i].column);
    }
}

TEST(place_of_a_long_path_is_cut) {
    char text[400];
    memset(text, 'k', sizeof(text));
    memcpy(text, "{\"", 2);
    memcpy(text + 300, "\":[1]}", 7);
    struct json_place p = place_of(text, "1]");
    EXPECT_EQ(strlen(p.path), JSON_PATH_MAX - 1);
    EXPECT(p.path[0] == 'k' && p.path[JSON_PATH_MAX - 2] == 'k');
}

/* The bounds of what cannot be valid. */
TEST(place_is_total) {
    static const char *const texts[] = {"",     "\"",  "{\"",     "{\"a", "{\"a\\",
                                        "}}]]", ",,,", "[\"a\":", "::"};
    struct json_place p;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        size_t n = strlen(texts[i]);
        for (size_t k = 0; k <= n; k++) {
            json_place_of(texts[i], n, k, &p);
            EXPECT_EQ(p.line, 1);
            EXPECT_EQ(p.column, k + 1);
        }
        EXPECT(!json_place_find(texts[i], n, "nowhere", &p));
    }
    char deep[4 * JSON_DEPTH_MAX];
    memset(deep, '[', sizeof(deep));
    json_place_of(deep, sizeof(deep), sizeof(deep), &p);
    EXPECT_EQ(p.column, sizeof(deep) + 1);
    EXPECT_EQ(strlen(p.path), JSON_PATH_MAX - 1);
}
