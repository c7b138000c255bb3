#include "recorder/seal/wraps.h"

#include "recorder/db/sql.h"

#include "base/alloc.h"

struct wraps {
    sqlite3 *db;
};

/* What each release added is looked for by itself: an older program sets user_version back. */
static enum err complete(struct wraps *w) {
    enum err e = sql_exec(w->db, "CREATE TABLE IF NOT EXISTS wraps(seq INTEGER PRIMARY KEY,"
                                 " recording BLOB NOT NULL UNIQUE, wrap BLOB NOT NULL);"
                                 "CREATE TABLE IF NOT EXISTS store(one INTEGER PRIMARY KEY"
                                 " CHECK(one=1), id BLOB NOT NULL, placed INTEGER NOT NULL,"
                                 " wrap BLOB NOT NULL);");
    if (e == OK && sql_exec(w->db, "SELECT begun FROM wraps LIMIT 0") != OK) {
        e = sql_exec(w->db, "ALTER TABLE wraps ADD COLUMN begun INTEGER NOT NULL DEFAULT 0");
    }
    return e == OK ? sql_exec(w->db, "PRAGMA user_version=2") : e;
}

enum err wraps_open(const char *path, bool create, struct wraps **ret) {
    struct wraps *w = mem_zalloc(1, sizeof(*w));
    if (!w) {
        return ERR_NOMEM;
    }
    bool check = create && sql_wants_check(path);
    enum err e = sql_open(path, create, &w->db);
    if (e == OK) {
        e = sql_exec(w->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                            "PRAGMA secure_delete=ON;");
    }
    if (e == OK && create) {
        e = check ? sql_check(w->db) : OK;
        e = e == OK ? complete(w) : e;
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

enum err wraps_each_by_id(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                          void *ctx) {
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT recording FROM wraps ORDER BY recording", "");
    enum err e = s ? OK : sql_error(sqlite3_errcode(w->db));
    while (e == OK && (e = sql_step(s)) == OK) {
        struct id id;
        sql_blob(s, 0, &id, sizeof(id));
        e = each(ctx, &id);
    }
    sqlite3_finalize(s);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err wraps_begun(struct wraps *w, const struct id *recording) {
    return sql_run(w->db, "UPDATE wraps SET begun=1 WHERE recording=?", "d", recording);
}

enum err wraps_has_begun(struct wraps *w, const struct id *recording, bool *ret) {
    sqlite3_stmt *s =
        sql_prepare(w->db, "SELECT begun FROM wraps WHERE recording=?", "d", recording);
    if (!s) {
        return sql_error(sqlite3_errcode(w->db));
    }
    enum err e = sql_step(s);
    if (e == OK) {
        *ret = sqlite3_column_int64(s, 0) != 0;
    }
    sqlite3_finalize(s);
    return e;
}

/* A library may open what an earlier release has written: it has no such table. */
static bool has_store_table(struct wraps *w) {
    return sql_exec(w->db, "SELECT id FROM store LIMIT 0") == OK;
}

enum err wraps_store(struct wraps *w, struct wraps_store *ret) {
    if (!has_store_table(w)) {
        return ERR_UNKNOWN;
    }
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT id, placed, wrap FROM store", "");
    if (!s) {
        return sql_error(sqlite3_errcode(w->db));
    }
    enum err e = sql_step(s);
    if (e == OK) {
        sql_blob(s, 0, &ret->id, sizeof(ret->id));
        ret->placed = sqlite3_column_int64(s, 1) != 0;
        sql_blob(s, 2, ret->wrap, WRAP_LEN);
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_set_store(struct wraps *w, const struct wraps_store *s) {
    return sql_run(w->db, "INSERT OR REPLACE INTO store VALUES(1, ?, ?, ?)", "dib", &s->id,
                   (int64_t)s->placed, s->wrap, (size_t)WRAP_LEN);
}
