#include "recorder/seal/wraps.h"

#include "recorder/seal/wraps_db.h"

#include "base/alloc.h"

#define KEYSET_MAX (64u << 20) /* [bytes] */
#define WRAP_COLUMNS "provider, key_id, version, wrap"

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
    e = e == OK ? wraps_check_schema(w, create) : e;
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

enum err wraps_failed(struct wraps *w) {
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

enum err wraps_one_row(struct wraps *w, sqlite3_stmt *s) {
    return s ? sql_step(s) : wraps_failed(w);
}

enum err wraps_batch_begin(struct wraps *w) {
    return sql_exec(w->db, "BEGIN IMMEDIATE");
}

enum err wraps_batch_end(struct wraps *w, enum err e) {
    e = e == OK ? sql_exec(w->db, "COMMIT") : e;
    if (!sqlite3_get_autocommit(w->db)) {
        sql_exec(w->db, "ROLLBACK");
    }
    return e;
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
    enum err e = wraps_one_row(w, s);
    e = e == OK ? read_wrap(s, 0, ret) : e;
    sqlite3_finalize(s);
    return e;
}

enum err wraps_keyset(struct wraps *w, const struct key_context *c, uint8_t **ret, size_t *ret_n) {
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT keyset FROM wraps WHERE recording=? AND subject=?",
                                  "di", &c->recording, (int64_t)c->subject);
    enum err e = wraps_one_row(w, s);
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
    enum err e = s ? OK : wraps_failed(w);
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

enum err wraps_each_begun(struct wraps *w,
                          enum err (*each)(void *ctx, const struct id *recording, int64_t place),
                          void *ctx) {
    /* By steps of one row, so that `each` may write to this database. */
    for (int64_t seq = 0;;) {
        sqlite3_stmt *s = sql_prepare(w->db,
                                      "SELECT seq, recording FROM wraps WHERE seq>? AND subject=0"
                                      " ORDER BY seq LIMIT 1",
                                      "i", seq);
        struct id id;
        enum err e = wraps_one_row(w, s);
        if (e == OK) {
            seq = sqlite3_column_int64(s, 0);
            sql_blob(s, 1, &id, sizeof(id));
        }
        sqlite3_finalize(s);
        if (e != OK) {
            return e == ERR_UNKNOWN ? OK : e;
        }
        e = each(ctx, &id, seq);
        if (e != OK) {
            return e;
        }
    }
}

struct without_place {
    enum err (*each)(void *ctx, const struct id *recording);
    void *ctx;
};

static enum err drop_place(void *ctx, const struct id *recording, int64_t place) {
    const struct without_place *x = ctx;
    (void)place;
    return x->each(x->ctx, recording);
}

enum err wraps_each(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                    void *ctx) {
    struct without_place x = {each, ctx};
    return wraps_each_begun(w, drop_place, &x);
}

enum err wraps_last(struct wraps *w, int64_t *ret) {
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT ifnull(max(seq), 0) FROM wraps", "");
    enum err e = wraps_one_row(w, s);
    *ret = e == OK ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return e;
}

enum err wraps_each_by_id(struct wraps *w, enum err (*each)(void *ctx, const struct id *recording),
                          void *ctx) {
    sqlite3_stmt *s =
        sql_prepare(w->db, "SELECT recording FROM wraps WHERE subject=0 ORDER BY recording", "");
    enum err e = s ? OK : wraps_failed(w);
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
    enum err e = wraps_one_row(w, s);
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
    enum err e = wraps_one_row(w, s);
    if (e == OK) {
        *ret = sqlite3_column_int64(s, 0) != 0;
    }
    sqlite3_finalize(s);
    return e;
}

enum err wraps_uses(struct wraps *w, const char *provider, bool *ret) {
    sqlite3_stmt *s = sql_prepare(w->db,
                                  "SELECT 1 FROM wraps WHERE provider=?1"
                                  " UNION ALL SELECT 1 FROM store WHERE provider=?1 LIMIT 1",
                                  "t", provider);
    enum err e = wraps_one_row(w, s);
    sqlite3_finalize(s);
    *ret = e == OK;
    return e == ERR_UNKNOWN ? OK : e;
}

enum err wraps_each_signer(struct wraps *w,
                           enum err (*each)(void *ctx, const uint8_t verifying[KEY_LEN]),
                           void *ctx) {
    sqlite3_stmt *s = sql_prepare(w->db, "SELECT verifying FROM signers ORDER BY seq DESC", "");
    enum err e = s ? OK : wraps_failed(w);
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
    enum err e = wraps_one_row(w, s);
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
    enum err e = wraps_one_row(w, s);
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
