/* The operations on files that the local store makes, as a struct of functions, so that a test can
 * make any single one fail, stop half-way, or be the last before the power goes. Each does what the
 * system call of its name does, errno included. Thread: any. */
#ifndef ORIEL_RECORDER_STORE_FILES_H
#define ORIEL_RECORDER_STORE_FILES_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The disk below a folder. */
struct file_space {
    uint64_t free, total; /* [bytes] free: to whom is not root */
};

/* Descriptors and paths as in openat and its like: a path is relative to the folder dir. */
struct file_ops {
    void *ctx;
    int (*open)(void *ctx, int dir, const char *path, int flags, mode_t mode);
    int (*close)(void *ctx, int fd);
    ssize_t (*write)(void *ctx, int fd, const void *p, size_t n);
    ssize_t (*pread)(void *ctx, int fd, void *p, size_t n, off_t at);
    int (*fsync)(void *ctx, int fd);
    int (*mkdir)(void *ctx, int dir, const char *path, mode_t mode);
    int (*link)(void *ctx, int from, const char *old, int to, const char *name);
    int (*unlink)(void *ctx, int dir, const char *path, int flags);
    int (*stat)(void *ctx, int dir, const char *path, struct stat *ret); /* of a link: the link */
    int (*space)(void *ctx, int fd, struct file_space *ret);
};

extern const struct file_ops file_ops_real;

#endif
