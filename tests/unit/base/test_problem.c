#include "base/problem.h"

#include "tests/unit/test.h"

TEST(problem_with_and_without_more) {
    struct buffer b = {0};
    problem_write(&b, &(struct problem){404, "not_found", "There is nothing here.", NULL, NULL});
    EXPECT_STR(b.p, "{\"type\":\"about:blank\",\"title\":\"There is nothing here.\",\"status\":404,"
                    "\"code\":\"not_found\"}");
    buffer_cut(&b, 0);
    problem_write(&b, &(struct problem){400, "bad_request", "No.", "limit: \"x\"", NULL});
    EXPECT_STR(b.p, "{\"type\":\"about:blank\",\"title\":\"No.\",\"status\":400,"
                    "\"code\":\"bad_request\",\"detail\":\"limit: \\\"x\\\"\"}");
    buffer_cut(&b, 0);
    problem_write(&b, &(struct problem){400, "bad_field", "No.", NULL, "\"errors\":[]"});
    EXPECT_STR(b.p, "{\"type\":\"about:blank\",\"title\":\"No.\",\"status\":400,"
                    "\"code\":\"bad_field\",\"errors\":[]}");
    buffer_free(&b);
}
