#include "server/os/crash_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME "starts"
#define FRESH "starts.new" /* until it is whole */
#define MAGIC 0x737472617473ull

/* Starts before this one, by CLOCK_MONOTONIC, the oldest first; unused ones are zero. */
struct noted {
    uint64_t magic;
    us_t at[CRASH_LOOP_DEATHS - 1];
};

static void read_noted(int dir, struct noted *ret) {
    struct noted n;
    int fd = openat(dir, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    memset(ret, 0, sizeof(*ret));
    if (fd < 0) {
        return;
    }
    if (read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n) && n.magic == MAGIC) {
        *ret = n;
    }
    close(fd);
}

/* Whole, or as it was: a note that is missing costs one more death. */
static void write_noted(int dir, const struct noted *n) {
    int fd = openat(dir, FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return;
    }
    bool ok = write(fd, n, sizeof(*n)) == (ssize_t)sizeof(*n);
    close(fd);
    if (!ok || renameat(dir, FRESH, dir, NAME) != 0) {
        (void)unlinkat(dir, FRESH, 0);
    }
}

bool crash_loop_begins(const struct runtime_dir *d, us_t now) {
    struct noted before, after = {.magic = MAGIC};
    int dir = runtime_dir_fd(d);
    size_t n = 0;
    read_noted(dir, &before);
    for (size_t i = 0; i < CRASH_LOOP_DEATHS - 1; i++) {
        us_t at = before.at[i];
        if (at > 0 && at <= now && now - at <= CRASH_LOOP_WITHIN) { /* else long ago, or no time */
            after.at[n++] = at;
        }
    }
    if (n == CRASH_LOOP_DEATHS - 1) {
        crash_loop_over(d);
        return true;
    }
    after.at[n] = now;
    write_noted(dir, &after);
    return false;
}

void crash_loop_over(const struct runtime_dir *d) {
    (void)unlinkat(runtime_dir_fd(d), NAME, 0);
    (void)unlinkat(runtime_dir_fd(d), FRESH, 0);
}
