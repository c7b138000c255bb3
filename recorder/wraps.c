#include "recorder/wraps.h"

#include "recorder/catalogue_sql.h"

#include "base/alloc.h"

struct wraps {
    sqlite3 *db;
};

enum err wraps_open(const char *path, bool create, struct wraps **ret) {
    struct wraps *w = mem_zalloc(1, sizeof(*w));
    if (!w) {
        return ERR_NOMEM;
    }
    enum err e = sql_open(path, create, &w->db);
    if (e == OK) {
        e = sql_exec(w->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                            "PRAGMA secure_delete=ON;");
    }
    if (e == OK && create) {
        e = sql_exec(w->db, "CREATE TABLE IF NOT EXISTS wraps(seq INTEGER PRIMARY KEY,"
                            " recording BLOB NOT NULL UNIQUE, wrap BLOB NOT NULL);"
                            "PRAGMA user_version=1;");
    }
    if (e != OK) {
        wraps_close(w);
        return e;
    }
    *ret = w;
    return OK;
}

struct wraps *wraps_close(struct wraps *w) {
    if (w) {
        sqlite3_close(w->db);
        mem_free(w);
    }
    return NULL;
}

enum err wraps_put(struct wraps *w, const struct id *recording, const uint8_t wrap[WRAP_LEN]) {
    return sql_run(w->db, "INSERT INTO wraps(recording, wrap) VALUES(?, ?)", "db", recording, wrap,
                   (size_t)WRAP_LEN);
}

enum err wraps_get(struct wraps *w, const struct id *recording, uint8_t ret_wrap[WRAP_LEN]) {
    sqlite3_stmt *s =
        sql_prepare(w->db, "SELECT wrap FROM wraps WHERE recording=?", "d", recording);
    if (!s) {
        return sql_error(sqlite3_errcode(w->db));
    }
    enum err e = sql_step(s);
    if (e == OK) {
        sql_blob(s, 0, ret_wrap, WRAP_LEN);
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_shred(struct wraps *w, const struct id *recording) {
    enum err e = sql_run(w->db, "DELETE FROM wraps WHERE recording=?", "d", recording);
    bool none = e == OK && sqlite3_changes(w->db) == 0;
    if (e != OK) {
        return e;
    }
    /* Also when the row is gone already: an earlier call may have been kept from finishing. */
    e = sql_truncate_log(w->db);
    return e == OK && none ? ERR_UNKNOWN : e;
}

enum err wraps_each(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                    void *ctx) {
    /* By steps of one row, so that `each` may write to this database. */
    for (int64_t seq = 0;;) {
        sqlite3_stmt *s = sql_prepare(
            w->db, "SELECT seq, recording FROM wraps WHERE seq>? ORDER BY seq LIMIT 1", "i", seq);
        if (!s) {
            return sql_error(sqlite3_errcode(w->db));
        }
        struct id id;
        enum err e = sql_step(s);
        if (e == OK) {
            seq = sqlite3_column_int64(s, 0);
            sql_blob(s, 1, &id, sizeof(id));
        }
        sqlite3_finalize(s);
        if (e != OK) {
            return e == ERR_UNKNOWN ? OK : e;
        }
        e = each(ctx, &id);
        if (e != OK) {
            return e;
        }
    }
}
