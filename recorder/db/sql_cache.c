#include "recorder/db/sql_cache.h"

#include "base/check.h"

#include <stdarg.h>

/* The place of this text, or a free one, or NULL: lent already, or no place is left. */
static struct sql_kept *find(struct sql_cache *c, const char *text) {
    for (size_t i = 0; i < SQL_CACHE_MAX; i++) {
        struct sql_kept *k = &c->kept[i];
        if (k->text == text || !k->text) {
            return k->lent ? NULL : k;
        }
    }
    return NULL;
}

static sqlite3_stmt *borrow(struct sql_cache *c, const char *text, const char *types, va_list ap) {
    struct sql_kept *k = find(c, text);
    sqlite3_stmt *s = k ? k->s : NULL;
    if (!s && sqlite3_prepare_v3(c->db, text, -1, k ? SQLITE_PREPARE_PERSISTENT : 0, &s, NULL) !=
                  SQLITE_OK) {
        return NULL;
    }
    if (k) {
        *k = (struct sql_kept){text, s, true};
    }
    if (sql_bind(s, types, ap) != SQLITE_OK) {
        sql_give_back(c, s);
        return NULL;
    }
    return s;
}

/* The next start looks through the file. */
static void note_damage(const struct sql_cache *c, int code) {
    if (sql_error(code) == ERR_FORMAT) {
        sql_suspect(c->db);
    }
}

sqlite3_stmt *sql_borrow(struct sql_cache *c, const char *text, const char *types, ...) {
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *s = borrow(c, text, types, ap);
    va_end(ap);
    return s;
}

void sql_give_back(struct sql_cache *c, sqlite3_stmt *s) {
    for (size_t i = 0; s && i < SQL_CACHE_MAX; i++) {
        if (c->kept[i].s == s) {
            /* What a run failed with was said by sql_step; a lock must not outlast it, and texts
             * that were bound must not outlast what they are about. */
            note_damage(c, sqlite3_reset(s));
            sqlite3_clear_bindings(s);
            c->kept[i].lent = false;
            return;
        }
    }
    note_damage(c, sqlite3_finalize(s));
}

enum err sql_run_kept(struct sql_cache *c, const char *text, const char *types, ...) {
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *s = borrow(c, text, types, ap);
    va_end(ap);
    enum err e = s ? OK : sql_error(sqlite3_errcode(c->db));
    while (e == OK) {
        e = sql_step(s);
    }
    sql_give_back(c, s);
    return e == ERR_UNKNOWN ? OK : e;
}

void sql_cache_clear(struct sql_cache *c) {
    for (size_t i = 0; i < SQL_CACHE_MAX; i++) {
        CHECK(!c->kept[i].lent);
        sqlite3_finalize(c->kept[i].s);
        c->kept[i] = (struct sql_kept){0};
    }
}
