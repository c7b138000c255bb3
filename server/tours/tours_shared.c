#include "server/tours/tours_shared.h"

#include "server/tours/tours_db_parts.h"

#define REMOVED_KEPT 100000 /* changes: an older backup of the copy may lack as many */

enum err tours_shared_name(struct tours_db *db, char ret[ULID_CHARS + 1]) {
    sqlite3_stmt *q = sql_prepare(db->db, "SELECT name FROM shared", "");
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(db->db));
    if (e == OK) {
        sql_text(q, 0, ret, ULID_CHARS + 1);
    }
    sqlite3_finalize(q);
    return e;
}

enum err tours_shared_set_name(struct tours_db *db, const char *name) {
    enum err e = sql_exec(db->db, "BEGIN IMMEDIATE");
    if (e != OK) {
        return e;
    }
    e = sql_run(db->db, "INSERT OR REPLACE INTO shared VALUES(1, ?)", "t", name);
    e = e == OK ? sql_exec(db->db, "DELETE FROM changed;"
                                   "INSERT INTO changed(id) SELECT id FROM tours ORDER BY id")
                : e;
    enum err end = sql_exec(db->db, e == OK ? "COMMIT" : "ROLLBACK");
    if (e == OK && end != OK) {
        (void)sql_exec(db->db, "ROLLBACK");
    }
    return e == OK ? end : e;
}

enum err tours_shared_last(struct tours_db *db, int64_t *ret) {
    sqlite3_stmt *q =
        sql_prepare(db->db, "SELECT seq FROM sqlite_sequence WHERE name = 'changed'", "");
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(db->db));
    *ret = e == OK ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return e == ERR_UNKNOWN ? OK : e;
}

static const char *text(sqlite3_stmt *q, int column) {
    const char *s = (const char *)sqlite3_column_text(q, column);
    return s ? s : "";
}

enum err tours_shared_changes(struct tours_db *db, int64_t place,
                              bool (*each)(void *ctx, const struct tour_change *c), void *ctx) {
    sqlite3_stmt *q = sql_prepare(
        db->db,
        "SELECT c.place, c.id, t.id IS NULL, t.name, t.title, t.made_by, t.property, t.starts_at,"
        " t.ends_at, t.created_at, t.updated_at, t.ended_at, t.version FROM changed c"
        " LEFT JOIN tours t ON t.id = c.id WHERE c.place > ? ORDER BY c.place LIMIT ?",
        "ii", place, (int64_t)TOUR_CHANGES);
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(db->db));
    while (e == OK) {
        struct tour_change c = {.place = sqlite3_column_int64(q, 0),
                                .removed = sqlite3_column_int(q, 2) != 0,
                                .name = text(q, 3),
                                .title = text(q, 4),
                                .made_by = text(q, 5),
                                .property = text(q, 6),
                                .starts_at = sqlite3_column_int64(q, 7),
                                .ends_at = sqlite3_column_int64(q, 8),
                                .created_at = sqlite3_column_int64(q, 9),
                                .updated_at = sqlite3_column_int64(q, 10),
                                .ended_at = sqlite3_column_int64(q, 11),
                                .version = sqlite3_column_int64(q, 12)};
        sql_text(q, 1, c.id, sizeof(c.id));
        if (!each(ctx, &c)) {
            break;
        }
        e = sql_step(q);
    }
    sqlite3_finalize(q);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err tours_shared_done(struct tours_db *db, int64_t place) {
    return sql_run(db->db,
                   "DELETE FROM changed WHERE place <= ? AND id NOT IN (SELECT id FROM tours)", "i",
                   place - REMOVED_KEPT);
}
