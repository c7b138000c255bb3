/* Which row of a table answers, and what OPTIONS says of a path. */
#include "base/check.h"
#include "server/http/route.h"
#include "tests/unit/test.h"

static void never(struct request *r) {
    (void)r;
    CHECK(false);
}

static const struct route rows[] = {
    {HTTP_GET, "/", 0, false, never, NULL},
    {HTTP_POST, "/whip/{tour}", 1, true, never, NULL},
    {HTTP_OPTIONS, "/whip/{tour}", 0, true, never, NULL},
    {HTTP_GET, "/v1/{one}", 2, true, never, NULL},
    {HTTP_DELETE, "/v1/{one}", 2, true, never, NULL},
    {HTTP_GET, "/v1/{one}/{two}", 2, true, never, NULL},
    {HTTP_GET, "/v2/{one}/exports", 2, true, never, NULL},
    {HTTP_DELETE, "/v2/{one}/exports", 2, true, never, NULL},
    {HTTP_GET, "/v2/{one}/{two}", 2, true, never, NULL},
};
static const struct route_table table = {rows, ARRAY_LEN(rows)};

static const struct route *find(enum http_method m, const char *path, int *status) {
    struct url_args args;
    return route_find(&table, m, path, &args, status);
}

TEST(route_is_found_by_path_and_method) {
    struct url_args args;
    int status = -1;
    EXPECT(route_find(&table, HTTP_GET, "/v1/a", &args, &status) == &rows[3]);
    EXPECT(status == 0 && args.n == 1);
    EXPECT_STR(args.v[0], "a");
    EXPECT(find(HTTP_DELETE, "/v1/a", &status) == &rows[4] && status == 0);
    EXPECT(find(HTTP_HEAD, "/v1/a", &status) == &rows[3] && status == 0);
    EXPECT(find(HTTP_HEAD, "/whip/a", &status) && status == 405);
}

TEST(route_that_is_none_says_why) {
    int status = -1;
    EXPECT(find(HTTP_GET, "/v1", &status) == NULL && status == 404);
    EXPECT(find(HTTP_OPTIONS, "/v1", &status) == NULL && status == 404);
    EXPECT(find(HTTP_POST, "/v1/a", &status) && status == 405);
    EXPECT(find(HTTP_OTHER, "/", &status) == &rows[0] && status == 405);
}

TEST(route_options_are_everywhere) {
    int status = -1;
    const struct route *t = find(HTTP_OPTIONS, "/v1/a/b", &status);
    EXPECT(t == &rows[5] && status == 0);
    EXPECT(find(HTTP_OPTIONS, "/whip/a", &status) == &rows[2] && status == 0);
}

TEST(route_methods_are_those_of_the_path) {
    char text[ROUTE_METHODS];
    route_methods(&table, &rows[3], text);
    EXPECT_STR(text, "GET, HEAD, DELETE, OPTIONS");
    route_methods(&table, &rows[2], text);
    EXPECT_STR(text, "POST, OPTIONS");
}

/* Rows before others are more particular: they say what is possible where both match. */
TEST(route_of_a_path_with_several_patterns) {
    int status = -1;
    EXPECT(find(HTTP_OPTIONS, "/v2/a/exports", &status) == &rows[6] && status == 0);
    EXPECT(find(HTTP_POST, "/v2/a/exports", &status) == &rows[6] && status == 405);
    EXPECT(find(HTTP_DELETE, "/v2/a/b", &status) == &rows[8] && status == 405);
}
