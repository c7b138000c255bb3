/* Operations on files that fail as told: number `at`, from 0, counting all of them together, or
 * those of one kind. What a store must survive is any of them failing, being half done, or being
 * the last before the process or the power is gone. */
#ifndef ORIEL_TESTS_BENCH_FILES_H
#define ORIEL_TESTS_BENCH_FILES_H

#include "recorder/store/files.h"

#include <stdbool.h>

enum file_op {
    FILE_ANY,
    FILE_OPEN,
    FILE_CLOSE,
    FILE_WRITE,
    FILE_PREAD,
    FILE_FSYNC,
    FILE_MKDIR,
    FILE_LINK,
    FILE_UNLINK,
    FILE_STAT,
    FILE_SPACE
};

struct fault_files {
    struct file_ops ops;
    enum file_op which;
    unsigned seen, at;
    int error; /* errno: ENOSPC, EIO, ... */
    enum {
        FILE_FAULT_NONE,
        FILE_FAULT_ONCE,  /* it fails and does nothing */
        FILE_FAULT_SHORT, /* a write or read does half of it and says so; others as ONCE */
        FILE_FAULT_TORN,  /* a write does half, and it and all that follow fail; others as DEAD */
        FILE_FAULT_LATE,  /* it is done, but says that it failed */
        FILE_FAULT_DEAD   /* it and all that follow fail and do nothing: the process is gone */
    } mode;
    bool dead;
    void (*stall)(void *ctx); /* called in the middle of operation `at`; may be NULL */
    void *stall_ctx;
};
/* No faults yet. */
void fault_files_begin(struct fault_files *f);

#endif
