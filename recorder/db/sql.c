#include "recorder/db/sql.h"

#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUSPECT "-suspect" /* suffix of the file that says so */
#define UNFINISHED ".new"  /* suffix of a copy that is being made */
#define BUSY_MS 5000       /* another connection's transaction is waited for this long */

enum err sql_error(int code) {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return OK;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_FULL:
        return ERR_NOSPACE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CONSTRAINT:
        return ERR_EXISTS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_FORMAT;
    default:
        return ERR_IO;
    }
}

/* Nobody but the owner: SQLite would make it for everybody, as far as the umask allows. An empty
 * file is a database to it. One that is there is not opened for this, since closing it again would
 * drop the locks of this process on it. */
static enum err make_private(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno == EEXIST ? ERR_EXISTS : errno == ENOSPC ? ERR_NOSPACE : ERR_IO;
    }
    close(fd);
    return OK;
}

/* Files of an earlier release, which left that to the umask. SQLite gives those beside the database
 * the mode that it has. One that is not ours to change stays as it is. */
static void keep_private(const char *path) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        char name[PATH_MAX];
        struct stat st;
        if (snprintf(name, sizeof(name), "%s%s", path, suffixes[i]) < (int)sizeof(name) &&
            stat(name, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077)) {
            (void)chmod(name, st.st_mode & 0700);
        }
    }
}

enum err sql_open(const char *path, bool create, sqlite3 **ret) {
    sqlite3 *db = NULL;
    if (create && make_private(path) == ERR_EXISTS) {
        keep_private(path);
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &db, flags, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_busy_timeout(db, BUSY_MS);
    }
    if (code == SQLITE_OK) {
        /* What a large sort would spill has names in it, and lies where no shred looks. */
        code = sqlite3_exec(db, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(db, 1);
        *ret = db;
        return OK;
    }
    sqlite3_close(db);
    return (code & 0xff) == SQLITE_CANTOPEN && !create ? ERR_UNKNOWN : sql_error(code);
}

enum err sql_copy(sqlite3 *db, const char *path) {
    enum err e = make_private(path);
    if (e != OK) {
        return e == ERR_EXISTS ? ERR_IO : e;
    }
    e = sql_run(db, "VACUUM INTO ?", "t", path);
    if (e != OK) {
        unlink(path);
    }
    return e;
}

static bool sync_path(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

enum err sql_copy_file(const char *from, const char *to) {
    char folder[PATH_MAX], part[PATH_MAX];
    const char *slash = strrchr(to, '/');
    size_t n = slash ? (size_t)(slash - to) : 0;
    snprintf(folder, sizeof(folder), "%.*s%s", (int)n, to, !slash ? "." : n == 0 ? "/" : "");
    if (access(to, F_OK) == 0) {
        return ERR_EXISTS;
    }
    if (snprintf(part, sizeof(part), "%s" UNFINISHED, to) >= (int)sizeof(part)) {
        return ERR_LONG;
    }
    unlink(part); /* of a process that died */
    sqlite3 *db = NULL;
    enum err e = sql_open(from, false, &db);
    e = e == OK ? sql_copy(db, part) : e;
    sqlite3_close(db);
    if (e != OK) {
        return e;
    }
    bool ok = sync_path(part) && rename(part, to) == 0 && sync_path(folder);
    return ok ? OK : ERR_IO;
}

enum err sql_exec(sqlite3 *db, const char *text) {
    return sql_error(sqlite3_exec(db, text, NULL, NULL, NULL));
}

enum err sql_version(sqlite3 *db, int64_t *ret) {
    sqlite3_stmt *s = sql_prepare(db, "PRAGMA user_version", "");
    if (!s) {
        return sql_error(sqlite3_errcode(db));
    }
    enum err e = sql_step(s);
    if (e == OK) {
        *ret = sqlite3_column_int64(s, 0);
    }
    sqlite3_finalize(s);
    return e;
}

enum err sql_check(sqlite3 *db) {
    sqlite3_stmt *s = sql_prepare(db, "PRAGMA quick_check(1)", "");
    if (!s) {
        return sql_error(sqlite3_errcode(db));
    }
    enum err e = sql_step(s);
    char said[8] = "";
    if (e == OK) {
        sql_text(s, 0, said, sizeof(said));
    }
    sqlite3_finalize(s);
    return e == OK && strcmp(said, "ok") != 0 ? ERR_FORMAT : e;
}

/* [bytes] of the file with this suffix; -1: there is none. */
static int64_t size_of(const char *path, const char *suffix) {
    char name[PATH_MAX];
    struct stat st;
    int n = snprintf(name, sizeof(name), "%s%s", path, suffix);
    return n < (int)sizeof(name) && stat(name, &st) == 0 ? (int64_t)st.st_size : -1;
}

bool sql_wants_check(const char *path) {
    int64_t size = size_of(path, "");
    return size <= SQL_CHECK_ALWAYS || size_of(path, SUSPECT) >= 0 ||
           (size <= SQL_CHECK_LOG && size_of(path, "-wal") >= 0);
}

void sql_suspect(sqlite3 *db) {
    char name[PATH_MAX];
    const char *path = sqlite3_db_filename(db, "main");
    if (path && snprintf(name, sizeof(name), "%s" SUSPECT, path) < (int)sizeof(name)) {
        int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0) {
            close(fd);
        }
    }
}

void sql_trust(const char *path) {
    char name[PATH_MAX];
    if (snprintf(name, sizeof(name), "%s" SUSPECT, path) < (int)sizeof(name)) {
        unlink(name);
    }
}

int sql_bind(sqlite3_stmt *s, const char *types, va_list ap) {
    int code = SQLITE_OK;
    for (int i = 1; *types && code == SQLITE_OK; types++, i++) {
        const void *p;
        switch (*types) {
        case 'i':
            code = sqlite3_bind_int64(s, i, va_arg(ap, int64_t));
            break;
        case 't':
            code = sqlite3_bind_text(s, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
            break;
        case 'd':
            p = va_arg(ap, const void *);
            code = sqlite3_bind_blob(s, i, p, SQL_ID_LEN, SQLITE_TRANSIENT);
            break;
        default:
            CHECK(*types == 'b');
            p = va_arg(ap, const void *);
            code = sqlite3_bind_blob64(s, i, p, va_arg(ap, size_t), SQLITE_TRANSIENT);
        }
    }
    return code;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text, const char *types, va_list ap) {
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK ||
        sql_bind(s, types, ap) != SQLITE_OK) {
        sqlite3_finalize(s);
        return NULL;
    }
    return s;
}

sqlite3_stmt *sql_prepare(sqlite3 *db, const char *text, const char *types, ...) {
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *s = prepare(db, text, types, ap);
    va_end(ap);
    return s;
}

enum err sql_run(sqlite3 *db, const char *text, const char *types, ...) {
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *s = prepare(db, text, types, ap);
    va_end(ap);
    if (!s) {
        return sql_error(sqlite3_errcode(db));
    }
    int code;
    do {
        code = sqlite3_step(s);
    } while (code == SQLITE_ROW);
    sqlite3_finalize(s);
    return sql_error(code);
}

enum err sql_step(sqlite3_stmt *s) {
    int code = sqlite3_step(s);
    return code == SQLITE_DONE ? ERR_UNKNOWN : sql_error(code);
}

void sql_text(sqlite3_stmt *s, int column, char *out, size_t cap) {
    const char *text = (const char *)sqlite3_column_text(s, column);
    size_t n = text ? strlen(text) : 0;
    n = n < cap ? n : cap - 1;
    if (n) {
        memcpy(out, text, n);
    }
    out[n] = '\0';
}

void sql_blob(sqlite3_stmt *s, int column, void *out, size_t n) {
    const void *p = sqlite3_column_blob(s, column);
    if (p && (size_t)sqlite3_column_bytes(s, column) == n) {
        memcpy(out, p, n);
    } else {
        memset(out, 0, n);
    }
}

enum err sql_truncate_log(sqlite3 *db) {
    int left = 0, done = 0;
    int code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &left, &done);
    return code == SQLITE_OK && left != 0 ? ERR_BUSY : sql_error(code);
}
