#include "server/os/runtime_dir.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct runtime_dir {
    int fd; /* with a lock, which ends with the process */
};

static enum err refuse(enum err e, const char *path, const char *what, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX, "runtime_dir: %.300s: %s", path, what);
    return e;
}

static enum err check(int fd, const char *path, char why[WHY_MAX]) {
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return refuse(ERR_IO, path, strerror(errno), why);
    }
    if (st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return refuse(ERR_DENIED, path,
                      "it holds keys of sessions and must be the server's alone (chown, chmod 700)",
                      why);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK
                   ? refuse(ERR_BUSY, path, "another server has it: each needs its own", why)
                   : refuse(ERR_IO, path, strerror(errno), why);
    }
    return OK;
}

enum err runtime_dir_open(const char *path, struct runtime_dir **ret, char why[WHY_MAX]) {
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return refuse(ERR_IO, path, strerror(errno), why);
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return refuse(ERR_IO, path, strerror(errno), why);
    }
    enum err e = check(fd, path, why);
    struct runtime_dir *d = e == OK ? mem_zalloc(1, sizeof(*d)) : NULL;
    if (!d) {
        close(fd);
        return e == OK ? refuse(ERR_NOMEM, path, "out of memory", why) : e;
    }
    d->fd = fd;
    *ret = d;
    return OK;
}

struct runtime_dir *runtime_dir_close(struct runtime_dir *d) {
    if (d) {
        close(d->fd);
    }
    return mem_free(d);
}

bool runtime_dir_in_memory(const struct runtime_dir *d) {
    struct statfs fs;
    return fstatfs(d->fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* What of it is there: a file of a worker is mostly holes, which are to stay that. */
static void wipe(int fd) {
    static const uint8_t zero[4096];
    off_t from, to = 0;
    while ((from = lseek(fd, to, SEEK_DATA)) >= 0 && (to = lseek(fd, from, SEEK_HOLE)) > from) {
        while (from < to) {
            size_t left = (size_t)(to - from);
            ssize_t n = pwrite(fd, zero, left < sizeof(zero) ? left : sizeof(zero), from);
            if (n <= 0) {
                return;
            }
            from += n;
        }
    }
}

bool runtime_dir_remove(const struct runtime_dir *d, const char *name) {
    int fd = openat(d->fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        wipe(fd);
        close(fd);
    }
    return unlinkat(d->fd, name, 0) == 0;
}

unsigned runtime_dir_clear(const struct runtime_dir *d) {
    unsigned n = 0;
    int again = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    if (!list) {
        if (again >= 0) {
            close(again);
        }
        return 0;
    }
    for (const struct dirent *e; (e = readdir(list));) {
        n += e->d_name[0] != '.' && runtime_dir_remove(d, e->d_name);
    }
    closedir(list);
    return n;
}

int runtime_dir_fd(const struct runtime_dir *d) {
    return d->fd;
}
