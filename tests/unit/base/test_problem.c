#include "base/problem.h"

#include "tests/unit/test.h"

TEST(problem_with_and_without_detail) {
    struct buffer b = {0};
    problem_write(&b, &(struct problem){404, "not_found", "There is nothing here.", NULL});
    EXPECT_STR(b.p, "{\"type\":\"about:blank\",\"title\":\"There is nothing here.\",\"status\":404,"
                    "\"code\":\"not_found\"}");
    buffer_cut(&b, 0);
    problem_write(&b, &(struct problem){400, "bad_request", "No.", "limit: \"x\""});
    EXPECT_STR(b.p, "{\"type\":\"about:blank\",\"title\":\"No.\",\"status\":400,"
                    "\"code\":\"bad_request\",\"detail\":\"limit: \\\"x\\\"\"}");
    buffer_free(&b);
}
