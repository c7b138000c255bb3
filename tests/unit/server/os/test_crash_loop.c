/* Starts after deaths, on a real tmpfs. */
#include "server/os/crash_loop.h"

#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define S US_PER_S

static char dir[64], why[WHY_MAX];
static struct runtime_dir *d;

static void begin(void) {
    snprintf(dir, sizeof(dir), "/dev/shm/oriel-test-XXXXXX");
    CHECK(mkdtemp(dir));
    CHECK(runtime_dir_open(dir, &d, why) == OK);
}

static void end(void) {
    d = runtime_dir_close(d);
    EXPECT_EQ(rmdir(dir), 0); /* nothing is left in it */
}

static void put(const char *name, const void *p, size_t n, off_t at) {
    int fd = openat(runtime_dir_fd(d), name, O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && pwrite(fd, p, n, at) == (ssize_t)n);
    close(fd);
}

TEST(the_third_start_within_the_time_is_clean) {
    begin();
    EXPECT(!crash_loop_begins(d, 100 * S));
    EXPECT(!crash_loop_begins(d, 115 * S));
    EXPECT(crash_loop_begins(d, 130 * S));
    EXPECT(!crash_loop_begins(d, 131 * S)); /* it begins anew */
    EXPECT(!crash_loop_begins(d, 132 * S));
    EXPECT(!crash_loop_begins(d, 162 * S)); /* of 132 and 162 only */
    EXPECT(crash_loop_begins(d, 162 * S));
    end();
}

TEST(starts_with_nothing_to_go_on_with_are_not_counted) {
    begin();
    EXPECT(!crash_loop_begins(d, 100 * S));
    EXPECT(!crash_loop_begins(d, 101 * S));
    crash_loop_over(d);
    EXPECT(!crash_loop_begins(d, 102 * S));
    EXPECT(!crash_loop_begins(d, 103 * S));
    crash_loop_over(d);
    end();
}

TEST(notes_that_are_none_are_not_believed) {
    static const char junk[64];
    begin();
    EXPECT(!crash_loop_begins(d, 100 * S));
    EXPECT(!crash_loop_begins(d, 101 * S));
    EXPECT(!crash_loop_begins(d, 50 * S)); /* of a clock that is another one's */
    EXPECT(!crash_loop_begins(d, 51 * S));
    put("starts", junk, sizeof(junk), 0);
    EXPECT(!crash_loop_begins(d, 52 * S));
    EXPECT(!crash_loop_begins(d, 53 * S));
    CHECK(truncate(strcat(strcpy(why, dir), "/starts"), 3) == 0);
    EXPECT(!crash_loop_begins(d, 54 * S));
    crash_loop_over(d);
    end();
}

/* Our own descriptor sees what was done to a file that has no name any more. */
TEST(what_is_cleared_is_wiped_and_gone) {
    static const char secret[] = "a key of a session";
    char got[sizeof(secret)] = "x";
    begin();
    put("worker-0.live", secret, sizeof(secret), 0);
    put("worker-0.live", secret, sizeof(secret), 1 << 30); /* with a hole before it */
    put("identity", secret, sizeof(secret), 5);
    int fd = openat(runtime_dir_fd(d), "worker-0.live", O_RDONLY);
    EXPECT_EQ(runtime_dir_clear(d), 2);
    EXPECT_EQ(pread(fd, got, sizeof(got), 0), sizeof(got));
    EXPECT(memchr(got, 'k', sizeof(got)) == NULL && got[0] == '\0');
    got[0] = 'x';
    EXPECT_EQ(pread(fd, got, sizeof(got), 1 << 30), sizeof(got));
    EXPECT(memchr(got, 'k', sizeof(got)) == NULL && got[0] == '\0');
    struct stat st;
    CHECK(fstat(fd, &st) == 0);
    EXPECT(st.st_blocks < 100); /* the hole is one still */
    close(fd);
    EXPECT_EQ(runtime_dir_clear(d), 0);
    end();
}
