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
    FILE_SPACE,
    /* Of SQLite (bench_sql.h). */
    FILE_SQL_OPEN, /* one that makes a file */
    FILE_SQL_WRITE,
    FILE_SQL_SYNC,
    FILE_SQL_TRUNCATE,
    FILE_SQL_DELETE,
    FILE_OPS
};

struct fault_files {
    struct file_ops ops;
    enum file_op which;
    unsigned seen, at;
    unsigned done[FILE_OPS]; /* asked for, by kind, until the process was gone */
    int error;               /* errno: ENOSPC, EIO, ... */
    enum {
        FILE_FAULT_NONE,
        FILE_FAULT_ONCE,  /* it fails and does nothing */
        FILE_FAULT_SHORT, /* a write or read does half of it and says so; others as ONCE */
        FILE_FAULT_TORN,  /* a write does half, and it and all that follow fail; others as DEAD */
        FILE_FAULT_LATE,  /* it is done, but says that it failed */
        FILE_FAULT_DEAD,  /* it and all that follow fail and do nothing: the process is gone */
        FILE_FAULT_LOST   /* as DEAD, and what SQLite has not synced is lost: the power is gone */
    } mode;
    bool dead;
    void (*stall)(void *ctx); /* called in the middle of operation `at`; may be NULL */
    void *stall_ctx;
};
/* No faults yet. */
void fault_files_begin(struct fault_files *f);

/* What becomes of an operation of this kind, which is counted; errno is set unless it is DO_IT. */
enum fault_fate {
    FATE_DO_IT,
    FATE_FAIL, /* not done */
    FATE_HALF, /* half of it */
    FATE_LATE  /* done, and said to have failed */
};
enum fault_fate fault_fate(struct fault_files *f, enum file_op op);

#endif
