/* Copies of the catalogue, and what of it is in logs and older copies. */
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/db/database_sqlite.h"

#include <unistd.h>

#define PURGE_MOST (600 * US_PER_S) /* [us] */

static enum err copy_shared(struct catalogue *c, const char *path) {
    struct catalogue *file = NULL;
    if (access(path, F_OK) == 0) {
        return ERR_IO;
    }
    enum err e = catalogue_open(path, true, &file);
    if (e != OK) {
        return e;
    }
    e = db_begin_reading(c->db);
    e = e == OK ? db_begin(file->db) : e;
    e = e == OK ? catalogue_copy_rows(c, file->db) : e;
    e = e == OK ? db_commit(file->db) : e;
    db_rollback(file->db);
    db_rollback(c->db);
    e = e == OK ? sql_truncate_log(db_file(file->db)) : e;
    catalogue_close(file);
    if (e != OK) {
        unlink(path);
    }
    return e;
}

enum err catalogue_copy(struct catalogue *c, const char *path) {
    return c->shared ? copy_shared(c, path) : sql_copy(db_file(c->db), path);
}

/* What was erased leaves the pages of the tables. The log of the database and its backups are not
 * ours to clean. */
static enum err purge_shared(struct catalogue *c) {
    return db_maintain(c->db, "VACUUM recordings, participants, events, texts, words", PURGE_MOST);
}

enum err catalogue_truncate(struct catalogue *c) {
    return c->shared ? OK : sql_truncate_log(db_file(c->db));
}

enum err catalogue_purge(struct catalogue *c) {
    const char *path = c->shared ? c->file : sqlite3_db_filename(db_file(c->db), "main");
    enum err aside = catalogue_forget_set_aside(path);
    enum err e = c->shared ? purge_shared(c) : catalogue_truncate(c);
    return e == OK ? aside : e;
}
