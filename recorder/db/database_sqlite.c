#include "recorder/db/database_sqlite.h"

#include "base/alloc.h"
#include "recorder/db/database_kind.h"
#include "recorder/db/sql_cache.h"

struct sqlite_db {
    struct db db;
    sqlite3 *file;
    struct sql_cache cache;
};

static struct sqlite_db *of(struct db *d) {
    return (struct sqlite_db *)d;
}

static struct db *close_file(struct db *d) {
    struct sqlite_db *x = of(d);
    sql_cache_clear(&x->cache);
    sqlite3_close(x->file);
    return mem_free(x);
}

static int bind_values(sqlite3_stmt *st, const struct db_statement *s) {
    int code = SQLITE_OK;
    for (size_t i = 0; i < s->n && code == SQLITE_OK; i++) {
        const struct db_value *v = &s->values[i];
        int at = (int)i + 1;
        code = v->type == 'i'   ? sqlite3_bind_int64(st, at, v->i)
               : v->type == 't' ? sqlite3_bind_text(st, at, v->p, -1, SQLITE_TRANSIENT)
                                : sqlite3_bind_blob64(st, at, v->p, v->n, SQLITE_TRANSIENT);
    }
    return code;
}

static enum err query(struct db *d, struct db_rows *r, const struct db_statement *s) {
    struct sqlite_db *x = of(d);
    sqlite3_stmt *st =
        s->keep ? sql_borrow(&x->cache, s->text, "") : sql_prepare(x->file, s->text, "");
    int code = st ? bind_values(st, s) : sqlite3_errcode(x->file);
    if (code != SQLITE_OK) {
        sql_give_back(&x->cache, st);
        return sql_error(code);
    }
    r->of_kind = st;
    return OK;
}

static enum err next(struct db_rows *r) {
    return sql_step(r->of_kind);
}

/* Also what was not kept: then it is finalized, and damage that it met noted. */
static void done(struct db_rows *r) {
    sql_give_back(&of(r->db)->cache, r->of_kind);
}

static int64_t integer(struct db_rows *r, int column) {
    return sqlite3_column_int64(r->of_kind, column);
}

static const char *str(struct db_rows *r, int column) {
    bool none = sqlite3_column_type(r->of_kind, column) == SQLITE_NULL;
    return none ? "" : (const char *)sqlite3_column_text(r->of_kind, column);
}

static struct bytes bytes(struct db_rows *r, int column) {
    const void *p = sqlite3_column_blob(r->of_kind, column);
    int n = sqlite3_column_bytes(r->of_kind, column);
    return bytes_of(p, p && n > 0 ? (size_t)n : 0);
}

static int64_t changes(const struct db *d) {
    return sqlite3_changes(((const struct sqlite_db *)d)->file);
}

static enum err script(struct db *d, const char *text) {
    return sql_exec(of(d)->file, text);
}

static enum err begin(struct db *d, bool write) {
    return sql_run_kept(&of(d)->cache, write ? "BEGIN IMMEDIATE" : "BEGIN", "");
}

static enum err commit(struct db *d) {
    return sql_run_kept(&of(d)->cache, "COMMIT", "");
}

static bool is_open(const struct db *d) {
    return !sqlite3_get_autocommit(((const struct sqlite_db *)d)->file);
}

static void rollback(struct db *d) {
    if (is_open(d)) {
        sql_exec(of(d)->file, "ROLLBACK");
    }
}

static const struct db_kind kind = {close_file, query,  next,  done,   integer,  bytes,  str,
                                    changes,    script, begin, commit, rollback, is_open};

enum err db_open_file(const char *path, bool create, struct db **ret) {
    struct sqlite_db *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return ERR_NOMEM;
    }
    x->db.kind = &kind;
    enum err e = sql_open(path, create, &x->file);
    if (e != OK) {
        mem_free(x);
        return e;
    }
    x->cache.db = x->file;
    *ret = &x->db;
    return OK;
}

sqlite3 *db_file(struct db *d) {
    return d->kind == &kind ? of(d)->file : NULL;
}
