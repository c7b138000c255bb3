#include "server/os/runtime_dir.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
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

int runtime_dir_fd(const struct runtime_dir *d) {
    return d->fd;
}
