#include "recorder/seal/wraps.h"

#include "recorder/db/sql.h"

#include "base/alloc.h"

#define KEYSET_MAX (64u << 20) /* [bytes] */
#define WRAP_COLUMNS "provider, key_id, version, wrap"

struct wraps {
    sqlite3 *db;
};

static bool has(struct wraps *w, const char *probe) {
    return sql_exec(w->db, probe) == OK;
}

static enum err version_of(struct wraps *w, int64_t *ret) {
    sqlite3_stmt *s = sql_prepare(w->db, "PRAGMA user_version", "");
    if (!s) {
        return sql_error(sqlite3_errcode(w->db));
    }
    enum err e = sql_step(s);
    if (e == OK) {
        *ret = sqlite3_column_int64(s, 0);
    }
    sqlite3_finalize(s);
    return e;
}

/* Releases 1 and 2: one row for each recording; the second knows begun and store. */
static enum err make_2(struct wraps *w) {
    enum err e = sql_exec(w->db, "CREATE TABLE IF NOT EXISTS wraps(seq INTEGER PRIMARY KEY,"
                                 " recording BLOB NOT NULL UNIQUE, wrap BLOB NOT NULL);"
                                 "CREATE TABLE IF NOT EXISTS store(one INTEGER PRIMARY KEY"
                                 " CHECK(one=1), id BLOB NOT NULL, placed INTEGER NOT NULL,"
                                 " wrap BLOB NOT NULL);");
    if (e == OK && !has(w, "SELECT begun FROM wraps LIMIT 0")) {
        e = sql_exec(w->db, "ALTER TABLE wraps ADD COLUMN begun INTEGER NOT NULL DEFAULT 0");
    }
    return e;
}

/* The third: rows of subjects that say who wrapped them. The new columns have defaults that are
 * true of what an earlier release writes, should one be used again. */
static enum err make_3(struct wraps *w) {
    return sql_exec(
        w->db,
        "ALTER TABLE wraps RENAME TO wraps_of_2;"
        "CREATE TABLE wraps(seq INTEGER PRIMARY KEY, recording BLOB NOT NULL, wrap BLOB NOT NULL,"
        " begun INTEGER NOT NULL DEFAULT 0, subject INTEGER NOT NULL DEFAULT 0,"
        " provider TEXT NOT NULL DEFAULT 'file', key_id TEXT NOT NULL DEFAULT '',"
        " version INTEGER NOT NULL DEFAULT 1, keyset BLOB, UNIQUE(recording, subject));"
        "INSERT INTO wraps(seq, recording, wrap, begun)"
        " SELECT seq, recording, wrap, begun FROM wraps_of_2;"
        "DROP TABLE wraps_of_2;"
        "ALTER TABLE store ADD COLUMN provider TEXT NOT NULL DEFAULT 'file';"
        "ALTER TABLE store ADD COLUMN key_id TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE store ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
        "CREATE TABLE holds(recording BLOB PRIMARY KEY, since INTEGER NOT NULL, who TEXT NOT NULL,"
        " why TEXT NOT NULL);"
        "CREATE TABLE shredded(recording BLOB NOT NULL, subject INTEGER NOT NULL,"
        " at INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,"
        " PRIMARY KEY(recording, subject));");
}

/* The fourth: who signs. seq grows with every order, so that the greatest is the present one. */
static enum err make_4(struct wraps *w) {
    return sql_exec(w->db,
                    "CREATE TABLE IF NOT EXISTS signers(seq INTEGER PRIMARY KEY AUTOINCREMENT,"
                    " verifying BLOB NOT NULL UNIQUE)");
}

/* What is there is looked at itself: a program of an earlier release sets user_version back. */
static enum err migrate(struct wraps *w) {
    enum err e = sql_exec(w->db, "BEGIN IMMEDIATE");
    e = e == OK ? make_2(w) : e;
    if (e == OK && !has(w, "SELECT subject FROM wraps LIMIT 0")) {
        e = make_3(w);
    }
    e = e == OK ? make_4(w) : e;
    e = e == OK ? sql_exec(w->db, "PRAGMA user_version=4") : e;
    e = e == OK ? sql_exec(w->db, "COMMIT") : e;
    if (!sqlite3_get_autocommit(w->db)) {
        sql_exec(w->db, "ROLLBACK");
    }
    return e;
}

/* Who may not change the file sees that of an earlier release as if it were of this one: views of
 * this connection alone stand before its tables. */
static enum err read_older(struct wraps *w) {
    static const char defaults[] = "'file' AS provider, '' AS key_id, 1 AS version";
    bool begun = has(w, "SELECT begun FROM wraps LIMIT 0");
    bool store = has(w, "SELECT id FROM store LIMIT 0");
    char text[1024];
    sqlite3_snprintf(
        sizeof(text), text,
        "CREATE TEMP VIEW wraps AS SELECT seq, recording, wrap, %s AS begun,"
        " 0 AS subject, %s, NULL AS keyset FROM main.wraps;"
        "CREATE TEMP VIEW store AS SELECT %s, %s%s;"
        "CREATE TEMP VIEW holds AS SELECT 0 AS recording, 0 AS since, '' AS who,"
        " '' AS why WHERE 0;"
        "CREATE TEMP VIEW shredded AS SELECT 0 AS rowid, 0 AS recording, 0 AS subject, 0 AS at,"
        " '' AS who, '' AS why WHERE 0;",
        begun ? "begun" : "0", defaults,
        store ? "id, placed, wrap" : "0 AS id, 0 AS placed, 0 AS wrap", defaults,
        store ? " FROM main.store" : " WHERE 0");
    return sql_exec(w->db, text);
}

static enum err read_older_signers(struct wraps *w) {
    return has(w, "SELECT verifying FROM signers LIMIT 0")
               ? OK
               : sql_exec(w->db, "CREATE TEMP VIEW signers AS SELECT 0 AS seq, x'' AS verifying"
                                 " WHERE 0");
}

static enum err check_schema(struct wraps *w, bool create) {
    int64_t version = 0;
    enum err e = version_of(w, &version);
    if (e != OK || version == WRAPS_SCHEMA) {
        return e;
    }
    if (version > WRAPS_SCHEMA || version < 0) {
        return ERR_UNSUPPORTED;
    }
    if (create) {
        return migrate(w);
    }
    e = has(w, "SELECT subject FROM wraps LIMIT 0") ? OK : read_older(w);
    return e == OK ? read_older_signers(w) : e;
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
    e = e == OK && check ? sql_check(w->db) : e;
    e = e == OK ? check_schema(w, create) : e;
    if (e != OK) {
        wraps_close(w);
        return e;
    }
    *ret = w;
    return OK;
}

enum err wraps_copy(struct wraps *w, const char *path) {
    return sql_copy(w->db, path);
}

struct wraps *wraps_close(struct wraps *w) {
    if (w) {
        sqlite3_close(w->db);
        mem_free(w);
    }
    return NULL;
}

static enum err failed(struct wraps *w) {
    return sql_error(sqlite3_errcode(w->db));
}

/* The four WRAP_COLUMNS from `column` on. */
static enum err read_wrap(sqlite3_stmt *s, int column, struct key_wrap *ret) {
    const void *p = sqlite3_column_blob(s, column + 3);
    int n = sqlite3_column_bytes(s, column + 3);
    memset(ret, 0, sizeof(*ret));
    sql_text(s, column, ret->provider, sizeof(ret->provider));
    sql_text(s, column + 1, ret->key_id, sizeof(ret->key_id));
    ret->version = (uint32_t)sqlite3_column_int64(s, column + 2);
    if (n <= 0 || n > PROVIDER_WRAP_MAX || !p) {
        return ERR_FORMAT;
    }
    memcpy(ret->bytes, p, (size_t)n);
    ret->n = (uint16_t)n;
    return OK;
}

/* One statement that gives one row, or ERR_UNKNOWN. */
static enum err one_row(struct wraps *w, sqlite3_stmt *s) {
    return s ? sql_step(s) : failed(w);
}

enum err wraps_put(struct wraps *w, const struct key_context *c, const struct key_wrap *wrap) {
    enum err e = wraps_shredded(w, c, NULL);
    if (e != ERR_UNKNOWN) {
        return e == OK ? ERR_EXISTS : e;
    }
    return sql_run(w->db,
                   "INSERT INTO wraps(recording, subject, " WRAP_COLUMNS ") VALUES(?,?,?,?,?,?)",
                   "dittib", &c->recording, (int64_t)c->subject, wrap->provider, wrap->key_id,
                   (int64_t)wrap->version, wrap->bytes, (size_t)wrap->n);
}

enum err wraps_get(struct wraps *w, const struct key_context *c, struct key_wrap *ret) {
    sqlite3_stmt *s =
        sql_prepare(w->db, "SELECT " WRAP_COLUMNS " FROM wraps WHERE recording=? AND subject=?",
                    "di", &c->recording, (int64_t)c->subject);
    enum err e = one_row(w, s);
    e = e == OK ? read_wrap(s, 0, ret) : e;
    sqlite3_finalize(s);
    return e;
}

enum err wraps_keyset(struct wraps *w, const struct key_context *c, uint8_t **ret, size_t *ret_n) {
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT keyset FROM wraps WHERE recording=? AND subject=?",
                                  "di", &c->recording, (int64_t)c->subject);
    enum err e = one_row(w, s);
    *ret = NULL;
    *ret_n = 0;
    if (e == OK) {
        const void *p = sqlite3_column_blob(s, 0);
        size_t n = (size_t)sqlite3_column_bytes(s, 0);
        uint8_t *copy = n ? mem_alloc(n) : NULL;
        if (n && (!copy || n > KEYSET_MAX)) {
            e = copy ? ERR_FORMAT : ERR_NOMEM;
            mem_free(copy);
        } else if (n) {
            memcpy(copy, p, n);
            *ret = copy;
            *ret_n = n;
        }
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_digest(struct wraps *w, const struct id *recording, uint8_t ret[SHA256_LEN]) {
    sqlite3_stmt *s =
        sql_prepare(w->db, "SELECT subject, wrap FROM wraps WHERE recording=? ORDER BY subject",
                    "d", recording);
    uint8_t chain[SHA256_LEN + 8] = {0};
    bool any = false;
    enum err e = s ? OK : failed(w);
    while (e == OK && (e = sql_step(s)) == OK) {
        uint64_t subject = (uint64_t)sqlite3_column_int64(s, 0);
        const void *p = sqlite3_column_blob(s, 1);
        size_t n = (size_t)sqlite3_column_bytes(s, 1);
        memcpy(chain + SHA256_LEN, &subject, sizeof(subject));
        sha256_of(bytes_of(chain, sizeof(chain)), bytes_of(p ? p : "", n), ret);
        memcpy(chain, ret, SHA256_LEN);
        any = true;
    }
    sqlite3_finalize(s);
    return e == ERR_UNKNOWN && any ? OK : e;
}

enum err wraps_purge(struct wraps *w) {
    return sql_truncate_log(w->db);
}

enum err wraps_replace(struct wraps *w, const struct key_context *c, const struct wraps_change *x) {
    const struct key_wrap *f = x->fresh;
    enum err e = sql_run(w->db,
                         "UPDATE wraps SET provider=?, key_id=?, version=?, wrap=?,"
                         " keyset=NULLIF(?,x'') WHERE recording=? AND subject=? AND wrap=?",
                         "ttibbdib", f->provider, f->key_id, (int64_t)f->version, f->bytes,
                         (size_t)f->n, x->keyset.n ? x->keyset.p : (const void *)"", x->keyset.n,
                         &c->recording, (int64_t)c->subject, x->old->bytes, (size_t)x->old->n);
    if (e == OK && sqlite3_changes(w->db) == 0) {
        return ERR_UNKNOWN;
    }
    return e;
}

/* The end of a transaction that came as far as e. */
static enum err end(struct wraps *w, enum err e) {
    e = e == OK ? sql_exec(w->db, "COMMIT") : e;
    if (!sqlite3_get_autocommit(w->db)) {
        sql_exec(w->db, "ROLLBACK");
    }
    return e;
}

static enum err refuse_held(struct wraps *w, const struct id *recording) {
    enum err e = wraps_held(w, recording, NULL);
    return e == OK ? ERR_DENIED : e == ERR_UNKNOWN ? OK : e;
}

enum err wraps_redact(struct wraps *w, const struct key_context *c, const struct wraps_change *x) {
    enum err e = sql_exec(w->db, "BEGIN IMMEDIATE");
    if (e != OK) {
        return e;
    }
    e = refuse_held(w, &c->recording);
    e = e == OK ? wraps_replace(w, c, x) : e;
    e = end(w, e);
    return e == OK ? wraps_purge(w) : e;
}

static enum err shred_rows(struct wraps *w, const struct key_context *c,
                           const struct wraps_order *o, bool needs_row) {
    bool all = c->subject == 0;
    enum err e = sql_run(w->db,
                         all ? "DELETE FROM wraps WHERE recording=?1 AND ?2=0"
                             : "DELETE FROM wraps WHERE recording=?1 AND subject=?2",
                         "di", &c->recording, (int64_t)c->subject);
    if (e == OK && needs_row && sqlite3_changes(w->db) == 0) {
        return ERR_UNKNOWN;
    }
    return e == OK ? sql_run(w->db, "INSERT OR IGNORE INTO shredded VALUES(?,?,?,?,?)", "diitt",
                             &c->recording, (int64_t)c->subject, o->at.us, o->who, o->why)
                   : e;
}

static enum err shred(struct wraps *w, const struct key_context *c, const struct wraps_order *o,
                      bool needs_row) {
    enum err e = sql_exec(w->db, "BEGIN IMMEDIATE");
    if (e != OK) {
        return e;
    }
    e = refuse_held(w, &c->recording);
    e = e == OK ? shred_rows(w, c, o, needs_row) : e;
    e = end(w, e);
    if (e != OK && e != ERR_UNKNOWN) {
        return e;
    }
    /* Also when the row is gone already: an earlier call may have been kept from finishing. */
    enum err purged = sql_truncate_log(w->db);
    return purged == OK ? e : purged;
}

enum err wraps_shred(struct wraps *w, const struct key_context *c, const struct wraps_order *o) {
    return shred(w, c, o, true);
}

enum err wraps_shred_person(struct wraps *w, const struct key_context *c,
                            const struct wraps_order *o) {
    return c->subject ? shred(w, c, o, false) : ERR_UNKNOWN;
}

enum err wraps_shred_again(struct wraps *w, const struct wraps_note *n) {
    struct wraps_order o = {n->at, n->who, n->why};
    enum err e = sql_exec(w->db, "BEGIN IMMEDIATE");
    if (e != OK) {
        return e;
    }
    e = shred_rows(w, &n->what, &o, true);
    bool nothing = e == ERR_UNKNOWN;
    e = nothing ? wraps_note_shredded(w, n) : e;
    if (e == OK && n->what.subject == 0) {
        e = sql_run(w->db, "DELETE FROM holds WHERE recording=?", "d", &n->what.recording);
    }
    e = end(w, e);
    return e == OK && nothing ? ERR_UNKNOWN : e;
}

enum err wraps_each(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                    void *ctx) {
    /* By steps of one row, so that `each` may write to this database. */
    for (int64_t seq = 0;;) {
        sqlite3_stmt *s = sql_prepare(w->db,
                                      "SELECT seq, recording FROM wraps WHERE seq>? AND subject=0"
                                      " ORDER BY seq LIMIT 1",
                                      "i", seq);
        struct id id;
        enum err e = one_row(w, s);
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
    sqlite3_stmt *s =
        sql_prepare(w->db, "SELECT recording FROM wraps WHERE subject=0 ORDER BY recording", "");
    enum err e = s ? OK : failed(w);
    while (e == OK && (e = sql_step(s)) == OK) {
        struct id id;
        sql_blob(s, 0, &id, sizeof(id));
        e = each(ctx, &id);
    }
    sqlite3_finalize(s);
    return e == ERR_UNKNOWN ? OK : e;
}

static enum err next_row(struct wraps *w, int64_t *seq, struct key_context *c,
                         struct key_wrap *wrap) {
    sqlite3_stmt *s = sql_prepare(w->db,
                                  "SELECT seq, recording, subject, " WRAP_COLUMNS
                                  " FROM wraps WHERE seq>? ORDER BY seq LIMIT 1",
                                  "i", *seq);
    enum err e = one_row(w, s);
    if (e == OK) {
        *seq = sqlite3_column_int64(s, 0);
        sql_blob(s, 1, &c->recording, sizeof(c->recording));
        c->subject = (uint64_t)sqlite3_column_int64(s, 2);
        if (read_wrap(s, 3, wrap) != OK) {
            wrap->n = 0; /* for `each` to say what it thinks of it */
        }
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_each_row(struct wraps *w,
                        enum err (*each)(void *ctx, const struct key_context *c,
                                         const struct key_wrap *wrap),
                        void *ctx) {
    struct key_context c;
    struct key_wrap wrap;
    int64_t seq = 0;
    enum err e;
    while ((e = next_row(w, &seq, &c, &wrap)) == OK) {
        e = each(ctx, &c, &wrap);
        if (e != OK) {
            return e;
        }
    }
    return e == ERR_UNKNOWN ? OK : e;
}

enum err wraps_begun(struct wraps *w, const struct id *recording) {
    return sql_run(w->db, "UPDATE wraps SET begun=1 WHERE recording=? AND subject=0", "d",
                   recording);
}

enum err wraps_not_begun(struct wraps *w, const struct id *recording) {
    return sql_run(w->db, "UPDATE wraps SET begun=0 WHERE recording=? AND subject=0", "d",
                   recording);
}

enum err wraps_has_begun(struct wraps *w, const struct id *recording, bool *ret) {
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT begun FROM wraps WHERE recording=? AND subject=0",
                                  "d", recording);
    enum err e = one_row(w, s);
    if (e == OK) {
        *ret = sqlite3_column_int64(s, 0) != 0;
    }
    sqlite3_finalize(s);
    return e;
}

/* recording, subject, at, who, why */
static void read_note(sqlite3_stmt *s, struct wraps_note *ret) {
    sql_blob(s, 0, &ret->what.recording, sizeof(ret->what.recording));
    ret->what.subject = (uint64_t)sqlite3_column_int64(s, 1);
    ret->at.us = sqlite3_column_int64(s, 2);
    sql_text(s, 3, ret->who, sizeof(ret->who));
    sql_text(s, 4, ret->why, sizeof(ret->why));
}

static enum err one_note(struct wraps *w, sqlite3_stmt *s, struct wraps_note *ret) {
    enum err e = one_row(w, s);
    if (e == OK && ret) {
        read_note(s, ret);
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_shredded(struct wraps *w, const struct key_context *c, struct wraps_note *ret) {
    return one_note(w,
                    sql_prepare(w->db,
                                "SELECT recording, subject, at, who, why FROM shredded"
                                " WHERE recording=? AND subject IN (0, ?) ORDER BY subject LIMIT 1",
                                "di", &c->recording, (int64_t)c->subject),
                    ret);
}

enum err wraps_each_shredded(struct wraps *w,
                             enum err (*each)(void *ctx, const struct wraps_note *n), void *ctx) {
    /* By steps of one row, as wraps_each. */
    for (int64_t at = 0;;) {
        sqlite3_stmt *s = sql_prepare(w->db,
                                      "SELECT recording, subject, at, who, why, rowid FROM shredded"
                                      " WHERE rowid>? ORDER BY rowid LIMIT 1",
                                      "i", at);
        struct wraps_note n;
        enum err e = one_row(w, s);
        if (e == OK) {
            read_note(s, &n);
            at = sqlite3_column_int64(s, 5);
        }
        sqlite3_finalize(s);
        if (e != OK) {
            return e == ERR_UNKNOWN ? OK : e;
        }
        e = each(ctx, &n);
        if (e != OK) {
            return e;
        }
    }
}

enum err wraps_note_shredded(struct wraps *w, const struct wraps_note *n) {
    return sql_run(w->db, "INSERT OR IGNORE INTO shredded VALUES(?,?,?,?,?)", "diitt",
                   &n->what.recording, (int64_t)n->what.subject, n->at.us, n->who, n->why);
}

enum err wraps_hold(struct wraps *w, const struct id *recording, const struct wraps_order *o) {
    enum err e = sql_run(w->db,
                         "INSERT OR REPLACE INTO holds SELECT recording, ?, ?, ? FROM wraps"
                         " WHERE recording=? AND subject=0",
                         "ittd", o->at.us, o->who, o->why, recording);
    return e == OK && sqlite3_changes(w->db) == 0 ? ERR_UNKNOWN : e;
}

enum err wraps_release(struct wraps *w, const struct id *recording) {
    enum err e = sql_run(w->db, "DELETE FROM holds WHERE recording=?", "d", recording);
    return e == OK && sqlite3_changes(w->db) == 0 ? ERR_UNKNOWN : e;
}

enum err wraps_held(struct wraps *w, const struct id *recording, struct wraps_note *ret) {
    return one_note(w,
                    sql_prepare(w->db,
                                "SELECT recording, 0, since, who, why FROM holds WHERE recording=?",
                                "d", recording),
                    ret);
}

enum err wraps_uses(struct wraps *w, const char *provider, bool *ret) {
    sqlite3_stmt *s = sql_prepare(w->db,
                                  "SELECT 1 FROM wraps WHERE provider=?1"
                                  " UNION ALL SELECT 1 FROM store WHERE provider=?1 LIMIT 1",
                                  "t", provider);
    enum err e = one_row(w, s);
    sqlite3_finalize(s);
    *ret = e == OK;
    return e == ERR_UNKNOWN ? OK : e;
}

enum err wraps_each_signer(struct wraps *w,
                           enum err (*each)(void *ctx, const uint8_t verifying[KEY_LEN]),
                           void *ctx) {
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT verifying FROM signers ORDER BY seq DESC", "");
    enum err e = s ? OK : failed(w);
    while (e == OK && (e = sql_step(s)) == OK) {
        uint8_t verifying[KEY_LEN];
        sql_blob(s, 0, verifying, sizeof(verifying));
        e = each(ctx, verifying);
    }
    sqlite3_finalize(s);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err wraps_signer(struct wraps *w, uint8_t ret[KEY_LEN]) {
    sqlite3_stmt *s =
        sql_prepare(w->db, "SELECT verifying FROM signers ORDER BY seq DESC LIMIT 1", "");
    enum err e = one_row(w, s);
    if (e == OK) {
        sql_blob(s, 0, ret, KEY_LEN);
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_set_signer(struct wraps *w, const uint8_t verifying[KEY_LEN]) {
    return sql_run(w->db, "INSERT OR REPLACE INTO signers(verifying) VALUES(?)", "b", verifying,
                   (size_t)KEY_LEN);
}

enum err wraps_store(struct wraps *w, struct wraps_store *ret) {
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT id, placed, " WRAP_COLUMNS " FROM store", "");
    enum err e = one_row(w, s);
    if (e == OK) {
        sql_blob(s, 0, &ret->id, sizeof(ret->id));
        ret->placed = sqlite3_column_int64(s, 1) != 0;
        if (read_wrap(s, 2, &ret->wrap) != OK) {
            ret->wrap.n = 0; /* it opens with no key, and is made again */
        }
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_set_store(struct wraps *w, const struct wraps_store *s) {
    return sql_run(w->db,
                   "INSERT OR REPLACE INTO store(one, id, placed, " WRAP_COLUMNS
                   ") VALUES(1,?,?,?,?,?,?)",
                   "dittib", &s->id, (int64_t)s->placed, s->wrap.provider, s->wrap.key_id,
                   (int64_t)s->wrap.version, s->wrap.bytes, (size_t)s->wrap.n);
}
