#include "tests/unit/recorder/bench_sql.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a write or truncation that is not synced has replaced. */
struct undo {
    char path[PATH_MAX];
    sqlite3_int64 at, size; /* where it was; size of the file before */
    uint8_t *old;           /* what was there */
    int n;
    struct undo *earlier;
};

static struct {
    struct sqlite3_vfs vfs, *real;
    struct fault_files *faults;
    struct undo *undo; /* the latest first */
    uint64_t reads;
    unsigned open;
} shim;

struct shim_file {
    sqlite3_file base;
    char path[PATH_MAX]; /* "": a temporary one */
    sqlite3_file *real;  /* behind this struct */
};

static sqlite3_file *real_of(sqlite3_file *f) {
    return ((struct shim_file *)f)->real;
}

/* What SQLite is told of a failure. */
static int code_of(int general) {
    return shim.faults->error == ENOSPC ? SQLITE_FULL : general;
}

/* NULL: of all files. */
static void undo_drop(const char *path) {
    for (struct undo **u = &shim.undo; *u;) {
        struct undo *x = *u;
        if (!path || strcmp(x->path, path) == 0) {
            *u = x->earlier;
            free(x->old);
            free(x);
        } else {
            u = &x->earlier;
        }
    }
}

/* Before [at, at + n) is replaced, or everything from `at` on is cut off (n < 0). */
static void undo_note(struct shim_file *f, sqlite3_int64 at, int n) {
    if (shim.faults->mode != FILE_FAULT_LOST || f->path[0] == '\0') {
        return;
    }
    struct undo *u = calloc(1, sizeof(*u));
    CHECK(u && f->real->pMethods->xFileSize(f->real, &u->size) == SQLITE_OK);
    sqlite3_int64 there = u->size > at ? u->size - at : 0;
    u->n = (int)(n < 0 || there < n ? there : n);
    u->at = at;
    u->old = malloc((size_t)u->n + 1);
    CHECK(u->old);
    CHECK(u->n == 0 || f->real->pMethods->xRead(f->real, u->old, u->n, at) == SQLITE_OK);
    memcpy(u->path, f->path, sizeof(u->path));
    u->earlier = shim.undo;
    shim.undo = u;
}

static void undo_all(void) {
    for (struct undo *u = shim.undo; u; u = u->earlier) {
        int fd = open(u->path, O_WRONLY | O_CLOEXEC);
        CHECK(fd >= 0 && pwrite(fd, u->old, (size_t)u->n, u->at) == u->n);
        CHECK(ftruncate(fd, u->size) == 0);
        close(fd);
    }
}

static int shim_close(sqlite3_file *f) {
    shim.open--;
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int shim_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
    shim.reads++;
    return shim.faults->dead ? SQLITE_IOERR_READ
                             : real_of(f)->pMethods->xRead(real_of(f), p, n, at);
}

static int shim_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
    enum fault_fate fate = fault_fate(shim.faults, FILE_SQL_WRITE);
    if (fate == FATE_FAIL) {
        return code_of(SQLITE_IOERR_WRITE);
    }
    n = fate == FATE_HALF ? n / 2 : n;
    undo_note((struct shim_file *)f, at, n);
    int code = real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
    return fate == FATE_DO_IT ? code : code_of(SQLITE_IOERR_WRITE);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size) {
    enum fault_fate fate = fault_fate(shim.faults, FILE_SQL_TRUNCATE);
    if (fate == FATE_FAIL) {
        return SQLITE_IOERR_TRUNCATE;
    }
    undo_note((struct shim_file *)f, size, -1);
    int code = real_of(f)->pMethods->xTruncate(real_of(f), size);
    return fate == FATE_DO_IT ? code : SQLITE_IOERR_TRUNCATE;
}

static int shim_sync(sqlite3_file *f, int flags) {
    enum fault_fate fate = fault_fate(shim.faults, FILE_SQL_SYNC);
    if (fate == FATE_FAIL) {
        return SQLITE_IOERR_FSYNC;
    }
    int code = real_of(f)->pMethods->xSync(real_of(f), flags);
    if (code == SQLITE_OK) {
        undo_drop(((struct shim_file *)f)->path);
    }
    return fate == FATE_DO_IT ? code : SQLITE_IOERR_FSYNC;
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *ret) {
    return shim.faults->dead ? SQLITE_IOERR_FSTAT
                             : real_of(f)->pMethods->xFileSize(real_of(f), ret);
}
static int shim_lock(sqlite3_file *f, int how) {
    return real_of(f)->pMethods->xLock(real_of(f), how);
}
static int shim_unlock(sqlite3_file *f, int how) {
    return real_of(f)->pMethods->xUnlock(real_of(f), how);
}
static int shim_reserved(sqlite3_file *f, int *ret) {
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret);
}
static int shim_control(sqlite3_file *f, int op, void *arg) {
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int shim_sector(sqlite3_file *f) {
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int shim_device(sqlite3_file *f) {
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret) {
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, ret);
}
static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void shim_shm_barrier(sqlite3_file *f) {
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int shim_shm_unmap(sqlite3_file *f, int delete) {
    return real_of(f)->pMethods->xShmUnmap(real_of(f), delete);
}

static const sqlite3_io_methods methods = {.iVersion = 2, /* without mapped files */
                                           .xClose = shim_close,
                                           .xRead = shim_read,
                                           .xWrite = shim_write,
                                           .xTruncate = shim_truncate,
                                           .xSync = shim_sync,
                                           .xFileSize = shim_size,
                                           .xLock = shim_lock,
                                           .xUnlock = shim_unlock,
                                           .xCheckReservedLock = shim_reserved,
                                           .xFileControl = shim_control,
                                           .xSectorSize = shim_sector,
                                           .xDeviceCharacteristics = shim_device,
                                           .xShmMap = shim_shm_map,
                                           .xShmLock = shim_shm_lock,
                                           .xShmBarrier = shim_shm_barrier,
                                           .xShmUnmap = shim_shm_unmap};

static int shim_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags) {
    struct shim_file *f = (struct shim_file *)file;
    (void)v;
    *f = (struct shim_file){.real = (sqlite3_file *)(f + 1)};
    f->real->pMethods = NULL;
    bool makes = name && (flags & SQLITE_OPEN_CREATE) && access(name, F_OK) != 0;
    enum fault_fate fate = makes               ? fault_fate(shim.faults, FILE_SQL_OPEN)
                           : shim.faults->dead ? FATE_FAIL
                                               : FATE_DO_IT;
    if (fate == FATE_FAIL) {
        return SQLITE_CANTOPEN;
    }
    int code = shim.real->xOpen(shim.real, name, f->real, flags, ret_flags);
    if (code == SQLITE_OK && fate == FATE_LATE) {
        f->real->pMethods->xClose(f->real);
        return SQLITE_CANTOPEN;
    }
    if (code == SQLITE_OK) {
        CHECK(!name || strlen(name) < sizeof(f->path));
        memcpy(f->path, name ? name : "", name ? strlen(name) + 1 : 1);
        f->base.pMethods = &methods;
        shim.open++;
    }
    return code;
}

static int shim_delete(sqlite3_vfs *v, const char *name, int sync) {
    (void)v;
    enum fault_fate fate = fault_fate(shim.faults, FILE_SQL_DELETE);
    if (fate == FATE_FAIL) {
        return SQLITE_IOERR_DELETE;
    }
    int code = shim.real->xDelete(shim.real, name, sync);
    undo_drop(name);
    return fate == FATE_DO_IT ? code : SQLITE_IOERR_DELETE;
}

void fault_sql_begin(struct fault_files *f) {
    CHECK(!shim.real);
    shim.real = sqlite3_vfs_find(NULL);
    CHECK(shim.real);
    shim.faults = f;
    shim.reads = 0;
    shim.vfs = *shim.real;
    shim.vfs.zName = "faults";
    shim.vfs.pNext = NULL;
    shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
    shim.vfs.xOpen = shim_open;
    shim.vfs.xDelete = shim_delete;
    CHECK(sqlite3_vfs_register(&shim.vfs, 1) == SQLITE_OK);
}

uint64_t fault_sql_reads(void) {
    return shim.reads;
}

void fault_sql_end(void) {
    CHECK(shim.real && shim.open == 0);
    CHECK(sqlite3_vfs_unregister(&shim.vfs) == SQLITE_OK);
    CHECK(sqlite3_vfs_register(shim.real, 1) == SQLITE_OK);
    if (shim.faults->dead) {
        undo_all();
    }
    undo_drop(NULL);
    shim.real = NULL;
}
