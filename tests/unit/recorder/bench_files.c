#include "tests/unit/recorder/bench_files.h"

#include <errno.h>
#include <unistd.h>

/* What becomes of an operation. */
enum fate { DO_IT, FAIL, HALF, LATE };

static enum fate fate_of(struct fault_files *f, enum file_op op) {
    bool now = (f->which == FILE_ANY || f->which == op) && f->seen++ == f->at;
    if (f->dead) {
        errno = f->error;
        return FAIL;
    }
    if (!now || f->mode == FILE_FAULT_NONE) {
        if (now && f->stall) {
            f->stall(f->stall_ctx);
        }
        return DO_IT;
    }
    if (f->stall) {
        f->stall(f->stall_ctx);
    }
    bool parts = op == FILE_WRITE || op == FILE_PREAD;
    f->dead = f->mode == FILE_FAULT_DEAD || f->mode == FILE_FAULT_TORN;
    errno = f->error;
    return f->mode == FILE_FAULT_LATE                                             ? LATE
           : parts && (f->mode == FILE_FAULT_SHORT || f->mode == FILE_FAULT_TORN) ? HALF
                                                                                  : FAIL;
}

/* The value of an operation that returns 0 or -1 and was done when the fate says so. */
static int told(const struct fault_files *f, enum fate fate, int result) {
    if (fate == LATE) {
        errno = f->error;
        return -1;
    }
    return result;
}

static int fault_open(void *ctx, int dir, const char *path, int flags, mode_t mode) {
    enum fate fate = fate_of(ctx, FILE_OPEN);
    if (fate == FAIL) {
        return -1;
    }
    int fd = file_ops_real.open(NULL, dir, path, flags, mode);
    if (fate == LATE && fd >= 0) {
        close(fd); /* the file was made, if it was to be */
        fd = -1;
    }
    return fate == LATE ? told(ctx, fate, -1) : fd;
}

/* A descriptor is given back whatever is said. */
static int fault_close(void *ctx, int fd) {
    struct fault_files *f = ctx;
    enum fate fate = fate_of(f, FILE_CLOSE);
    int r = file_ops_real.close(NULL, fd);
    if (fate != DO_IT) {
        errno = f->error;
        return -1;
    }
    return r;
}

static ssize_t fault_write(void *ctx, int fd, const void *p, size_t n) {
    struct fault_files *f = ctx;
    enum fate fate = fate_of(f, FILE_WRITE);
    if (fate == FAIL) {
        return -1;
    }
    ssize_t done = file_ops_real.write(NULL, fd, p, fate == HALF ? n / 2 : n);
    return fate == LATE || (fate == HALF && f->dead) ? told(f, LATE, -1) : done;
}

static ssize_t fault_pread(void *ctx, int fd, void *p, size_t n, off_t at) {
    struct fault_files *f = ctx;
    enum fate fate = fate_of(f, FILE_PREAD);
    if (fate == FAIL || (fate == HALF && f->dead)) {
        return -1;
    }
    return file_ops_real.pread(NULL, fd, p, fate == HALF ? (n + 1) / 2 : n, at);
}

static int fault_fsync(void *ctx, int fd) {
    enum fate fate = fate_of(ctx, FILE_FSYNC);
    return fate == FAIL ? -1 : told(ctx, fate, file_ops_real.fsync(NULL, fd));
}

static int fault_mkdir(void *ctx, int dir, const char *path, mode_t mode) {
    enum fate fate = fate_of(ctx, FILE_MKDIR);
    return fate == FAIL ? -1 : told(ctx, fate, file_ops_real.mkdir(NULL, dir, path, mode));
}

static int fault_link(void *ctx, int from, const char *old, int to, const char *name) {
    enum fate fate = fate_of(ctx, FILE_LINK);
    return fate == FAIL ? -1 : told(ctx, fate, file_ops_real.link(NULL, from, old, to, name));
}

static int fault_unlink(void *ctx, int dir, const char *path, int flags) {
    enum fate fate = fate_of(ctx, FILE_UNLINK);
    return fate == FAIL ? -1 : told(ctx, fate, file_ops_real.unlink(NULL, dir, path, flags));
}

static int fault_stat(void *ctx, int dir, const char *path, struct stat *ret) {
    enum fate fate = fate_of(ctx, FILE_STAT);
    return fate == FAIL ? -1 : told(ctx, fate, file_ops_real.stat(NULL, dir, path, ret));
}

static int fault_space(void *ctx, int fd, struct file_space *ret) {
    enum fate fate = fate_of(ctx, FILE_SPACE);
    return fate == FAIL ? -1 : told(ctx, fate, file_ops_real.space(NULL, fd, ret));
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
