#include "tests/unit/recorder/bench_files.h"

#include <errno.h>
#include <unistd.h>

enum fault_fate fault_fate(struct fault_files *f, enum file_op op) {
    bool now = (f->which == FILE_ANY || f->which == op) && f->seen++ == f->at;
    if (f->dead) {
        errno = f->error;
        return FATE_FAIL;
    }
    f->done[op]++;
    if (now && f->stall) {
        f->stall(f->stall_ctx);
    }
    if (!now || f->mode == FILE_FAULT_NONE) {
        return FATE_DO_IT;
    }
    bool parts = op == FILE_WRITE || op == FILE_PREAD || op == FILE_SQL_WRITE;
    bool half = parts && (f->mode == FILE_FAULT_SHORT || f->mode == FILE_FAULT_TORN);
    f->dead =
        f->mode == FILE_FAULT_DEAD || f->mode == FILE_FAULT_TORN || f->mode == FILE_FAULT_LOST;
    errno = f->error;
    return f->mode == FILE_FAULT_LATE ? FATE_LATE : half ? FATE_HALF : FATE_FAIL;
}

/* The value of an operation that returns 0 or -1 and was done when the fate says so. */
static int told(const struct fault_files *f, enum fault_fate fate, int result) {
    if (fate == FATE_LATE) {
        errno = f->error;
        return -1;
    }
    return result;
}

static int fault_open(void *ctx, int dir, const char *path, int flags, mode_t mode) {
    enum fault_fate fate = fault_fate(ctx, FILE_OPEN);
    if (fate == FATE_FAIL) {
        return -1;
    }
    int fd = file_ops_real.open(NULL, dir, path, flags, mode);
    if (fate == FATE_LATE && fd >= 0) {
        close(fd); /* the file was made, if it was to be */
        fd = -1;
    }
    return fate == FATE_LATE ? told(ctx, fate, -1) : fd;
}

/* A descriptor is given back whatever is said. */
static int fault_close(void *ctx, int fd) {
    struct fault_files *f = ctx;
    enum fault_fate fate = fault_fate(f, FILE_CLOSE);
    int r = file_ops_real.close(NULL, fd);
    if (fate != FATE_DO_IT) {
        errno = f->error;
        return -1;
    }
    return r;
}

static ssize_t fault_write(void *ctx, int fd, const void *p, size_t n) {
    struct fault_files *f = ctx;
    enum fault_fate fate = fault_fate(f, FILE_WRITE);
    if (fate == FATE_FAIL) {
        return -1;
    }
    ssize_t done = file_ops_real.write(NULL, fd, p, fate == FATE_HALF ? n / 2 : n);
    return fate == FATE_LATE || (fate == FATE_HALF && f->dead) ? told(f, FATE_LATE, -1) : done;
}

static ssize_t fault_pread(void *ctx, int fd, void *p, size_t n, off_t at) {
    struct fault_files *f = ctx;
    enum fault_fate fate = fault_fate(f, FILE_PREAD);
    if (fate == FATE_FAIL || (fate == FATE_HALF && f->dead)) {
        return -1;
    }
    return file_ops_real.pread(NULL, fd, p, fate == FATE_HALF ? (n + 1) / 2 : n, at);
}

static int fault_fsync(void *ctx, int fd) {
    enum fault_fate fate = fault_fate(ctx, FILE_FSYNC);
    return fate == FATE_FAIL ? -1 : told(ctx, fate, file_ops_real.fsync(NULL, fd));
}

static int fault_mkdir(void *ctx, int dir, const char *path, mode_t mode) {
    enum fault_fate fate = fault_fate(ctx, FILE_MKDIR);
    return fate == FATE_FAIL ? -1 : told(ctx, fate, file_ops_real.mkdir(NULL, dir, path, mode));
}

static int fault_link(void *ctx, int from, const char *old, int to, const char *name) {
    enum fault_fate fate = fault_fate(ctx, FILE_LINK);
    return fate == FATE_FAIL ? -1 : told(ctx, fate, file_ops_real.link(NULL, from, old, to, name));
}

static int fault_unlink(void *ctx, int dir, const char *path, int flags) {
    enum fault_fate fate = fault_fate(ctx, FILE_UNLINK);
    return fate == FATE_FAIL ? -1 : told(ctx, fate, file_ops_real.unlink(NULL, dir, path, flags));
}

static int fault_stat(void *ctx, int dir, const char *path, struct stat *ret) {
    enum fault_fate fate = fault_fate(ctx, FILE_STAT);
    return fate == FATE_FAIL ? -1 : told(ctx, fate, file_ops_real.stat(NULL, dir, path, ret));
}

static int fault_space(void *ctx, int fd, struct file_space *ret) {
    enum fault_fate fate = fault_fate(ctx, FILE_SPACE);
    return fate == FATE_FAIL ? -1 : told(ctx, fate, file_ops_real.space(NULL, fd, ret));
}

void fault_files_begin(struct fault_files *f) {
    *f = (struct fault_files){.error = EIO};
    f->ops = (struct file_ops){.ctx = f,
                               .open = fault_open,
                               .close = fault_close,
                               .write = fault_write,
                               .pread = fault_pread,
                               .fsync = fault_fsync,
                               .mkdir = fault_mkdir,
                               .link = fault_link,
                               .unlink = fault_unlink,
                               .stat = fault_stat,
                               .space = fault_space};
}
