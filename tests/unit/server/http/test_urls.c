#include "server/http/urls.h"
#include "tests/unit/test.h"

static struct url_args args;

TEST(url_match_table) {
    static const struct {
        const char *pattern, *path;
        bool match;
    } rows[] = {
        {"/", "/", true},
        {"/", "/x", false},
        {"/health", "/health", true},
        {"/health", "/health/", false},
        {"/health", "/healt", false},
        {"/t/{tour}", "/t/demo", true},
        {"/t/{tour}", "/t/", false},
        {"/t/{tour}", "/t/a/b", false},
        {"/whip/{tour}/{id}", "/whip/a/b", true},
        {"/whip/{tour}/{id}", "/whip/a", false},
        {"/whip/{tour}/{id}", "/whip//b", false},
        {"/r/{a}/{b}/{c}.webm", "/r/1/2/3.webm", false},
        {"/r/{a}/{b}/{c}/x/{d}", "/r/1/2/3/x/4", true},
        {"/r/{a}/{b}/{c}/x/{d}", "/r/1/2/3/x", false},
        {"/r/{a}/{b}/{c}/{d}/{e}", "/r/1/2/3/4/5", false}, /* more than there is room for */
        {"/assets/*", "/assets/a/b.js", true},
        {"/assets/*", "/assets/", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (url_match(rows[i].pattern, rows[i].path, &args) != rows[i].match) {
            test_fail(__FILE__, __LINE__, "%s on %s", rows[i].pattern, rows[i].path);
        }
    }
}

TEST(url_number_table) {
    static const struct {
        const char *text;
        bool ok;
        uint32_t want;
    } rows[] = {{"0", true, 0},
                {"17", true, 17},
                {"007", true, 7},
                {"999999999", true, 999999999},
                {"1000000000", false, 0},
                {"", false, 0},
                {"-1", false, 0},
                {"+1", false, 0},
                {" 1", false, 0},
                {"1 ", false, 0},
                {"1x", false, 0},
                {"0x1", false, 0},
                {"99999999999999999999999", false, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t n = 0;
        EXPECT_EQ(url_number(rows[i].text, &n), rows[i].ok);
        EXPECT_EQ(n, rows[i].want);
    }
}

TEST(url_match_arguments) {
    EXPECT(url_match("/whip/{tour}/{id}", "/whip/demo/7", &args));
    EXPECT_EQ(args.n, 2);
    EXPECT_STR(args.v[0], "demo");
    EXPECT_STR(args.v[1], "7");
    EXPECT(url_match("/assets/*", "/assets/js/a.js", &args));
    EXPECT_STR(args.v[0], "js/a.js");
    char path[256] = "/t/";
    memset(path + 3, 'a', URL_ARG_MAX);
    EXPECT(url_match("/t/{tour}", path, &args));
    path[3 + URL_ARG_MAX] = 'a';
    EXPECT(!url_match("/t/{tour}", path, &args));
}

TEST(url_range_table) {
    static const struct {
        const char *header;
        uint64_t size;
        enum url_range kind;
        uint64_t first, last;
    } rows[] = {
        {NULL, 100, URL_RANGE_NONE, 0, 0},
        {"bytes=0-0", 100, URL_RANGE_ONE, 0, 0},
        {"bytes=0-", 100, URL_RANGE_ONE, 0, 99},
        {"Bytes=10-19", 100, URL_RANGE_ONE, 10, 19},
        {"bytes=90-200", 100, URL_RANGE_ONE, 90, 99},
        {"bytes=-10", 100, URL_RANGE_ONE, 90, 99},
        {"bytes=-1000", 100, URL_RANGE_ONE, 0, 99},
        {"bytes=99-99", 100, URL_RANGE_ONE, 99, 99},
        {"bytes=100-", 100, URL_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", 100, URL_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=0-", 0, URL_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=5-4", 100, URL_RANGE_NONE, 0, 0},
        {"bytes=0-1,5-6", 100, URL_RANGE_NONE, 0, 0},
        {"bytes=", 100, URL_RANGE_NONE, 0, 0},
        {"bytes=-", 100, URL_RANGE_NONE, 0, 0},
        {"bytes=a-b", 100, URL_RANGE_NONE, 0, 0},
        {"lines=0-1", 100, URL_RANGE_NONE, 0, 0},
        {"bytes=99999999999999999999-", 100, URL_RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t first = 0, last = 0;
        enum url_range kind = url_range(rows[i].header, rows[i].size, &first, &last);
        if (kind != rows[i].kind || first != rows[i].first || last != rows[i].last) {
            test_fail(__FILE__, __LINE__, "%s: %d %" PRIu64 "-%" PRIu64, rows[i].header, kind,
                      first, last);
        }
    }
}

TEST(url_cookies) {
    char out[8];
    EXPECT(url_cookie("a=1; oriel_play=xyz; b=2", "oriel_play", out, sizeof(out)));
    EXPECT_STR(out, "xyz");
    EXPECT(url_cookie("oriel_play=", "oriel_play", out, sizeof(out)));
    EXPECT_STR(out, "");
    EXPECT(!url_cookie("xoriel_play=1; oriel_playx=2", "oriel_play", out, sizeof(out)));
    EXPECT(!url_cookie("oriel_play=12345678", "oriel_play", out, sizeof(out)));
    EXPECT(!url_cookie(NULL, "oriel_play", out, sizeof(out)));
}

TEST(url_bearer_tokens) {
    EXPECT_STR(url_bearer("Bearer abc"), "abc");
    EXPECT_STR(url_bearer("bearer  abc"), "abc");
    EXPECT(url_bearer("Basic abc") == NULL);
    EXPECT(url_bearer("Bearer ") == NULL);
    EXPECT(url_bearer(NULL) == NULL);
}

TEST(url_origins) {
    char out[64];
    EXPECT(url_origin("https://a.example:8443/x?y", out, sizeof(out)));
    EXPECT_STR(out, "https://a.example:8443");
    EXPECT(url_origin("http://[::1]:80", out, sizeof(out)));
    EXPECT_STR(out, "http://[::1]:80");
    EXPECT(!url_origin("", out, sizeof(out)));
    EXPECT(!url_origin("https://", out, sizeof(out)));
    EXPECT(url_same_host("http://127.0.0.1:8080", "127.0.0.1:8080"));
    EXPECT(!url_same_host("http://127.0.0.1:8080", "127.0.0.1"));
    EXPECT(!url_same_host("null", ""));
}

TEST(url_hosts) {
    EXPECT(url_host_is("https://a.example", "a.example"));
    EXPECT(url_host_is("https://a.example/tours", "A.Example:443"));
    EXPECT(url_host_is("https://a.example:443", "a.example"));
    EXPECT(url_host_is("http://a.example:8080", "a.example:8080"));
    EXPECT(url_host_is("http://[::1]:80", "[::1]"));
    EXPECT(!url_host_is("https://a.example", "a.example:80"));
    EXPECT(!url_host_is("https://a.example", "a.example.evil"));
    EXPECT(!url_host_is("https://a.example", "evil.a.example"));
    EXPECT(!url_host_is("https://a.example", ""));
    EXPECT(!url_host_is("https://", ""));
    EXPECT(!url_host_is("a.example", "a.example"));
    static const char *const good[] = {"127.0.0.1",         "127.0.0.1:80", "[::1]",
                                       "[2001:db8::1]:443", "localhost",    "LOCALHOST:8080"};
    static const char *const bad[] = {"",         "a.example",     "127.0.0.1.evil", "[::1]evil",
                                      "[::1",     "::1",           "127.0.0.1:80x",  "[]",
                                      "1.2.3.4]", "localhost.evil"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        EXPECT(url_host_is_address(good[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        EXPECT(!url_host_is_address(bad[i]));
    }
}

TEST(url_etags) {
    EXPECT(url_etag_listed("\"a\"", "\"a\""));
    EXPECT(url_etag_listed("W/\"a\"", "\"a\""));
    EXPECT(url_etag_listed("\"b\", \"a\"", "\"a\""));
    EXPECT(url_etag_listed("*", "\"a\""));
    EXPECT(!url_etag_listed("\"ab\"", "\"a\""));
    EXPECT(!url_etag_listed(NULL, "\"a\""));
}

TEST(url_lists) {
    EXPECT(url_list_has("chat, oriel.v1", "oriel.v1"));
    EXPECT(url_list_has("oriel.v1,chat", "oriel.v1"));
    EXPECT(!url_list_has("oriel.v11", "oriel.v1"));
    EXPECT(!url_list_has("", "oriel.v1"));
    EXPECT(!url_list_has(NULL, "oriel.v1"));
}

TEST(url_argument_is_the_last_of_its_name) {
    static const char text[] = "a=1\0bc=2\0a=\0b\0a=x=y";
    EXPECT_STR(url_argument(text, sizeof(text), "a"), "x=y");
    EXPECT_STR(url_argument(text, sizeof(text), "bc"), "2");
    EXPECT(!url_argument(text, sizeof(text), "b"));
    EXPECT(!url_argument(text, sizeof(text), "c"));
    EXPECT(!url_argument(NULL, 0, "a"));
}
