#include "server/os/clock.h"
#include "tests/unit/test.h"

#include <stdlib.h>
#include <unistd.h>

/* Whoever was held up after he read the clock must not take a later time of day for his. */
TEST(clock_wall_of_an_instant_that_is_over) {
    int64_t least = INT64_MAX; /* of several, for the test may be held up as well */
    for (int i = 0; i < 50; i++) {
        us_t now = clock_now();
        wall_t then = clock_wall();
        usleep(2000);
        int64_t off = llabs(clock_wall_at(now).us - then.us);
        least = off < least ? off : least;
    }
    EXPECT(least < 1000);
}
