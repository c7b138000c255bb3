/* Each key that a reload does not take is named when it is another one. */
#include "server/config/config_changes.h"

#include "base/check.h"
#include "tests/unit/test.h"

static struct config *parse(const char *text) {
    struct config *c = NULL;
    char why[WHY_MAX] = "";
    config_parse("t.json", text, strlen(text), &c, why);
    EXPECT_STR(why, "");
    return c;
}

static void expect_changes(const char *before, const char *after, unsigned n, const char *names) {
    char out[64] = "what was there";
    struct config *a = parse(before), *b = parse(after);
    REQUIRE(a && b);
    EXPECT_EQ(config_changes(a, b, out, sizeof(out)), n);
    EXPECT_STR(out, names);
    EXPECT_EQ(config_changes(a, a, out, sizeof(out)), 0);
    EXPECT_STR(out, "");
    config_free(a);
    config_free(b);
}

TEST(config_changes_of_each_type) {
    static const struct {
        const char *after, *key;
    } cases[] = {
        {"{\"public_url\": \"https://a\"}", "public_url"},
        {"{\"limits\": {\"tours\": 7}}", "limits.tours"},
        {"{\"media\": {\"tcp\": false}}", "media.tcp"},
        {"{\"media\": {\"codec\": \"av1\"}}", "media.codec"},
        {"{\"origins\": [\"https://a\"]}", "origins"},
        {"{\"tours\": [{\"name\": \"a\", \"title\": \"A\"}]}", "tours"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        expect_changes("{}", cases[i].after, 1, cases[i].key);
        expect_changes(cases[i].after, "{}", 1, cases[i].key);
    }
}

TEST(config_changes_within_lists) {
    expect_changes("{\"origins\": [\"https://a\"]}", "{\"origins\": [\"https://b\"]}", 1,
                   "origins");
    expect_changes("{\"tours\": [{\"name\": \"a\", \"title\": \"A\"}]}",
                   "{\"tours\": [{\"name\": \"a\", \"title\": \"B\"}]}", 1, "tours");
}

TEST(config_changes_that_a_reload_takes) {
    expect_changes("{\"log\": {\"level\": \"info\"}}",
                   "{\"log\": {\"level\": \"warn\"}, \"auth\": {\"leeway_s\": 1}}", 0, "");
    expect_changes("{}",
                   "{\"web\": {\"images\": [\"https://a\"], \"frame_ancestors\": "
                   "[\"https://a\"]}}",
                   0, "");
}

/* More than there is room for: the first ones, each whole, and how many they are. */
TEST(config_changes_without_room) {
    expect_changes(
        "{}", "{\"timeouts\": {\"headers_s\": 1, \"body_s\": 1, \"close_s\": 1, \"token_s\": 1}}",
        4, "timeouts.close_s, timeouts.token_s, timeouts.headers_s");
}
