/* When a server is started again, and when not. What it does about it is tests/integ/supervise. */
#include "server/os/supervisor.h"

#include "tests/unit/test.h"

#include <signal.h>

#define EXITED(code) ((code) << 8) /* waitpid(2), as Linux has it */

static us_t next(int status, bool asked, bool was_ready, us_t lived, unsigned *deaths, int *ret) {
    const struct supervisor_death d = {status, asked, was_ready, lived};
    return supervisor_next(&d, deaths, ret);
}

TEST(who_dies_is_started_at_once_and_then_more_and_more_slowly) {
    static const us_t pauses[] = {0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};
    unsigned deaths = 0;
    int status = -1;
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        int how = i % 2 ? SIGKILL : EXITED(1);
        EXPECT_EQ(next(how, false, true, US_PER_S, &deaths, &status), pauses[i] * US_PER_MS);
    }
    EXPECT_EQ(next(SIGSEGV, false, true, SUPERVISOR_WELL, &deaths, &status), 0);
    EXPECT_EQ(next(SIGSEGV, false, true, 0, &deaths, &status), SUPERVISOR_PAUSE);
    deaths = 1u << 31; /* years of it */
    EXPECT_EQ(next(SIGSEGV, false, true, 0, &deaths, &status), SUPERVISOR_PAUSE_MAX);
    EXPECT_EQ(status, -1);
}

TEST(an_end_in_good_order_and_what_never_served_end_the_parent) {
    unsigned deaths = 0;
    int status = -1;
    EXPECT_EQ(next(EXITED(0), false, true, 0, &deaths, &status), US_NEVER);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(next(EXITED(2), false, false, 0, &deaths, &status), US_NEVER);
    EXPECT_EQ(status, 2);
    EXPECT_EQ(next(SIGTERM, true, true, 0, &deaths, &status), US_NEVER);
    EXPECT_EQ(status, 128 + SIGTERM);
    EXPECT_EQ(next(EXITED(1), true, true, 0, &deaths, &status), US_NEVER);
    EXPECT_EQ(status, 1);
    EXPECT_EQ(deaths, 0);
    EXPECT_EQ(next(SIGSEGV, false, false, 0, &deaths, &status), 0); /* that says nothing */
}
