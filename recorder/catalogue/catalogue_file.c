/* The catalogue as a file of SQLite. */
#include "recorder/catalogue/catalogue_db.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/db/database_sqlite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum err catalogue_open(const char *path, bool write, struct catalogue **ret) {
    struct catalogue *c = mem_zalloc(1, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    bool check = write && sql_wants_check(path);
    enum err e = db_open_file(path, write, &c->db);
    if (e == OK) {
        /* NORMAL: rows lost to power loss come back from the journal. */
        e = db_script(c->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                             "PRAGMA secure_delete=ON;");
    }
    if (e == OK && check) {
        e = sql_check(db_file(c->db));
    }
    if (e == OK && check) {
        sql_trust(path);
    }
    if (e == OK) {
        e = catalogue_migrate(c, write);
    }
    if (e != OK) {
        catalogue_close(c);
        return e;
    }
    *ret = c;
    return OK;
}

static const char *const parts[] = {"", "-wal", "-shm", "-suspect"};

bool catalogue_set_aside(const char *path) {
    char from[PATH_MAX], to[PATH_MAX];
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        ok = ok && snprintf(from, sizeof(from), "%s%s", path, parts[i]) < (int)sizeof(from);
        ok = ok && snprintf(to, sizeof(to), "%s.damaged%s", path, parts[i]) < (int)sizeof(to);
        ok = ok && (rename(from, to) == 0 || errno == ENOENT);
    }
    return ok;
}

/* What was set aside still has everybody's name. */
enum err catalogue_forget_set_aside(const char *path) {
    char name[PATH_MAX];
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        ok = snprintf(name, sizeof(name), "%s.damaged%s", path, parts[i]) < (int)sizeof(name) && ok;
        ok = (unlink(name) == 0 || errno == ENOENT) && ok;
    }
    return ok ? OK : ERR_IO;
}
