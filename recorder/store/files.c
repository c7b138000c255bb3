#include "recorder/store/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int real_open(void *ctx, int dir, const char *path, int flags, mode_t mode) {
    (void)ctx;
    return openat(dir, path, flags, mode);
}

static int real_close(void *ctx, int fd) {
    (void)ctx;
    return close(fd);
}

static ssize_t real_write(void *ctx, int fd, const void *p, size_t n) {
    (void)ctx;
    return write(fd, p, n);
}

static ssize_t real_pread(void *ctx, int fd, void *p, size_t n, off_t at) {
    (void)ctx;
    return pread(fd, p, n, at);
}

static int real_fsync(void *ctx, int fd) {
    (void)ctx;
    return fsync(fd);
}

static int real_mkdir(void *ctx, int dir, const char *path, mode_t mode) {
    (void)ctx;
    return mkdirat(dir, path, mode);
}

static int real_link(void *ctx, int from, const char *old, int to, const char *name) {
    (void)ctx;
    return linkat(from, old, to, name, 0);
}

static int real_unlink(void *ctx, int dir, const char *path, int flags) {
    (void)ctx;
    return unlinkat(dir, path, flags);
}

static int real_stat(void *ctx, int dir, const char *path, struct stat *ret) {
    (void)ctx;
    return fstatat(dir, path, ret, AT_SYMLINK_NOFOLLOW);
}

static int real_space(void *ctx, int fd, struct file_space *ret) {
    struct statvfs v;
    (void)ctx;
    if (fstatvfs(fd, &v) != 0) {
        return -1;
    }
    *ret =
        (struct file_space){(uint64_t)v.f_bavail * v.f_frsize, (uint64_t)v.f_blocks * v.f_frsize};
    return 0;
}

const struct file_ops file_ops_real = {.open = real_open,
                                       .close = real_close,
                                       .write = real_write,
                                       .pread = real_pread,
                                       .fsync = real_fsync,
                                       .mkdir = real_mkdir,
                                       .link = real_link,
                                       .unlink = real_unlink,
                                       .stat = real_stat,
                                       .space = real_space};
