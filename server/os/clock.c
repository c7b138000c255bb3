#include "server/os/clock.h"

#include "base/check.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_us(clockid_t id) {
    struct timespec ts;
    CHECK(clock_gettime(id, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

us_t clock_now(void) {
    return read_us(CLOCK_MONOTONIC);
}

wall_t clock_wall(void) {
    return (wall_t){read_us(CLOCK_REALTIME)};
}

wall_t clock_wall_at(us_t then) {
    wall_t wall = clock_wall();
    wall.us -= clock_now() - then;
    return wall;
}

uint64_t clock_cpu_ns(void) {
    struct timespec ts;
    CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts) == 0);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int clock_wait_ms(us_t now, us_t at) {
    if (at <= now) {
        return 0;
    }
    us_t left = (at - now - 1) / US_PER_MS + 1;
    return left > 1000 ? 1000 : (int)left;
}

static void system_fill(void *ctx, void *out, size_t n) {
    uint8_t *p = out;
    (void)ctx;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0) {
            CHECK(errno == EINTR);
            continue;
        }
        p += got;
        n -= (size_t)got;
    }
}

struct rng clock_rng(void) {
    return (struct rng){system_fill, NULL};
}
