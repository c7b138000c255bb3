#include "server/tours/tours_log.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/map.h"
#include "base/record_log.h"
#include "server/os/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOGS 2
#define NAME_SIZE 32
#define PAGE 4096u

struct tours_log {
    const struct runtime_dir *dir;
    size_t most;
    struct shared_file *file[LOGS];
    unsigned fresh; /* the one that is not true, or not yet */
    uint64_t time;
    uint8_t *left; /* what a process before this one has left, and is true; owned */
    size_t n_left;
    uint64_t turn;
};

static void name_of(unsigned i, char out[NAME_SIZE]) {
    snprintf(out, NAME_SIZE, "tours-%u.log", i);
}

/* Another start of the system has another clock. */
static uint64_t boot(void) {
    char id[64] = {0};
    ssize_t n = 0;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, id, sizeof(id));
        close(fd);
    }
    return hash_bytes(id, n > 0 ? (size_t)n : 0, 0);
}

/* ---- what was left ---- */

static bool read_whole(int fd, uint8_t *p, size_t n) {
    size_t at = 0;
    while (at < n) {
        ssize_t got = pread(fd, p + at, n - at, (off_t)at);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        at += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* It has secrets. Its pages are there, so this needs no place. */
static void wipe(int fd, size_t n) {
    static const uint8_t zeros[PAGE];
    for (size_t at = 0; at < n; at += PAGE) {
        size_t part = n - at < PAGE ? n - at : PAGE;
        if (pwrite(fd, zeros, part, (off_t)at) < 0 && errno != EINTR) {
            return;
        }
    }
}

static void forget(uint8_t *p, size_t n) {
    if (p) {
        mem_wipe(p, n);
    }
    mem_free(p);
}

static void drop(const struct tours_log *l, unsigned i) {
    char name[NAME_SIZE];
    struct stat is;
    name_of(i, name);
    int fd = openat(runtime_dir_fd(l->dir), name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_size > 0) {
            wipe(fd, (size_t)is.st_size);
        }
        close(fd);
    }
    (void)unlinkat(runtime_dir_fd(l->dir), name, 0);
}

bool tours_log_is_left(const struct runtime_dir *d) {
    char name[NAME_SIZE];
    bool is = false;
    for (unsigned i = 0; i < LOGS; i++) {
        name_of(i, name);
        is |= faccessat(runtime_dir_fd(d), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    }
    return is;
}

static void count(enum err e, struct tours_left *left) {
    left->damaged += e == ERR_FORMAT;
    left->version += e == ERR_UNSUPPORTED;
    left->older += e == ERR_WRONG_STATE;
    left->full += e == ERR_FULL || e == ERR_NOMEM;
}

/* True where it is whole and newer than what is there. */
static bool take(struct tours_log *l, uint8_t *p, size_t n, struct tours_left *left) {
    struct record_reader r;
    enum err e = record_log_read(bytes_of(p, n), &r);
    count(e, left);
    if (e != OK || (l->left && r.of.turn < l->turn)) {
        return false;
    }
    forget(l->left, l->n_left);
    l->left = p;
    l->n_left = n;
    l->turn = r.of.turn;
    return true;
}

static void look(struct tours_log *l, unsigned i, struct tours_left *left) {
    char name[NAME_SIZE];
    struct stat is;
    name_of(i, name);
    int fd = openat(runtime_dir_fd(l->dir), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        left->unreadable += errno != ENOENT;
        return;
    }
    bool ok = fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && (size_t)is.st_size <= 2 * l->most;
    size_t n = ok ? (size_t)is.st_size : 0;
    uint8_t *p = ok ? mem_alloc(n) : NULL;
    if (!p || !read_whole(fd, p, n)) {
        left->unreadable++;
        forget(p, p ? n : 0);
    } else if (take(l, p, n, left)) {
        l->fresh = 1 - i;
    } else {
        forget(p, n);
    }
    close(fd);
}

struct tours_log *tours_log_open(const struct runtime_dir *d, size_t most,
                                 struct tours_left *left) {
    struct tours_log *l = mem_zalloc(1, sizeof(*l));
    if (!l) {
        return NULL;
    }
    l->dir = d;
    l->most = most;
    l->time = boot();
    for (unsigned i = 0; i < LOGS; i++) {
        look(l, i, left);
    }
    drop(l, l->fresh); /* the other one stays until there is another that is whole */
    if (!l->left) {
        drop(l, 1 - l->fresh);
    }
    return l;
}

void tours_log_rebuild(struct tours_log *l, struct signaling *s, us_t now,
                       struct tours_left *left) {
    if (l->left) {
        enum err e = signaling_rebuild(s, now, bytes_of(l->left, l->n_left), &left->rebuilt);
        count(e, left);
        if (e != OK) {
            drop(l, 1 - l->fresh);
        }
        forget(l->left, l->n_left);
        l->left = NULL;
    }
}

/* ---- what is kept ---- */

static void *fresh(void *ctx, size_t n, size_t *ret_n) {
    struct tours_log *l = ctx;
    char name[NAME_SIZE], why[WHY_MAX];
    struct shared_file **f = &l->file[l->fresh];
    n = (n + PAGE - 1) / PAGE * PAGE;
    *f = shared_file_end(*f);
    name_of(l->fresh, name);
    if (n > l->most || shared_file_new(l->dir, name, n, f, why) != OK) {
        return NULL;
    }
    if (!shared_file_back(*f, n)) {
        *f = shared_file_end(*f);
        return NULL;
    }
    *ret_n = n;
    return shared_file_at(*f);
}

static void whole(void *ctx) {
    struct tours_log *l = ctx;
    unsigned old = 1 - l->fresh;
    if (l->file[old]) {
        l->file[old] = shared_file_end(l->file[old]);
    } else {
        drop(l, old);
    }
    l->fresh = old;
}

struct signaling_keeper tours_log_keeper(struct tours_log *l) {
    return (struct signaling_keeper){
        .fresh = fresh, .whole = whole, .ctx = l, .time = l->time, .turn = l->turn};
}

struct tours_log *tours_log_end(struct tours_log *l) {
    if (!l) {
        return NULL;
    }
    for (unsigned i = 0; i < LOGS; i++) {
        l->file[i] = shared_file_end(l->file[i]);
        drop(l, i);
    }
    forget(l->left, l->n_left);
    return mem_free(l);
}
