#include "server/tours/tours_db.h"

#include "base/alloc.h"
#include "base/check.h"
#include "server/tours/tours_db_parts.h"

#include <stdio.h>
#include <string.h>

#define SCHEMA 4

/* migrations[v] takes a database of user_version v to v + 1. Never edit one that was released. */
static const char *const migrations[SCHEMA] = {
    "CREATE TABLE tours(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, title TEXT NOT NULL,"
    " record TEXT NOT NULL, codec TEXT NOT NULL, lobby INTEGER NOT NULL,"
    " starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, max_length INTEGER NOT NULL,"
    " capacity INTEGER NOT NULL, property TEXT NOT NULL, created_at INTEGER NOT NULL,"
    " updated_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, version INTEGER NOT NULL)"
    " WITHOUT ROWID;",
    "CREATE TABLE answers(id INTEGER PRIMARY KEY, request INTEGER NOT NULL, until INTEGER NOT NULL,"
    " status INTEGER NOT NULL, etag TEXT NOT NULL, location TEXT NOT NULL, body TEXT NOT NULL);"
    "CREATE INDEX answers_until ON answers(until);"
    "CREATE TABLE seed(one INTEGER PRIMARY KEY CHECK(one = 1), value INTEGER NOT NULL);",
    "ALTER TABLE tours ADD COLUMN microphones INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tours ADD COLUMN cameras INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tours ADD COLUMN screens INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tours ADD COLUMN kbps INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE tours ADD COLUMN made_by TEXT NOT NULL DEFAULT '';",
    /* Of each tour its last change, for who copies them (tours_shared.h). */
    "CREATE TABLE shared(one INTEGER PRIMARY KEY CHECK(one = 1), name TEXT NOT NULL);"
    "CREATE TABLE changed(place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE);"
    "CREATE TRIGGER tour_made AFTER INSERT ON tours WHEN EXISTS (SELECT 1 FROM shared)"
    " BEGIN DELETE FROM changed WHERE id = new.id; INSERT INTO changed(id) VALUES(new.id); END;"
    "CREATE TRIGGER tour_changed AFTER UPDATE ON tours WHEN EXISTS (SELECT 1 FROM shared)"
    " BEGIN DELETE FROM changed WHERE id = new.id; INSERT INTO changed(id) VALUES(new.id); END;"
    "CREATE TRIGGER tour_removed AFTER DELETE ON tours WHEN EXISTS (SELECT 1 FROM shared)"
    " BEGIN DELETE FROM changed WHERE id = old.id; INSERT INTO changed(id) VALUES(old.id); END;",
};

static const char *const records[] = {
#define X(sym, name) [sym] = name,
    RECORD_MODES(X)
#undef X
};

/* Words, not numbers: the order of an enum is not kept for ever. */
static enum record_mode record_of(const char *word) {
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        if (strcmp(records[i], word) == 0) {
            return (enum record_mode)i;
        }
    }
    return RECORD_OFF;
}

static const struct {
    enum codec codec;
    const char *name;
} codecs[] = {
#define X(sym, name) {sym, name},
    VIDEO_CODECS(X)
#undef X
};

static const char *codec_word(enum codec c) {
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
        if (codecs[i].codec == c) {
            return codecs[i].name;
        }
    }
    return codecs[0].name;
}

static enum codec codec_of(const char *word) {
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
        if (strcmp(codecs[i].name, word) == 0) {
            return codecs[i].codec;
        }
    }
    return codecs[0].codec;
}

static enum err migrate(struct tours_db *db) {
    int64_t version = 0;
    enum err e = sql_version(db->db, &version);
    if (e == OK && (version > SCHEMA || version < 0)) {
        return ERR_UNSUPPORTED;
    }
    for (; e == OK && version < SCHEMA; version++) {
        char bump[64];
        snprintf(bump, sizeof(bump), "PRAGMA user_version=%d;", (int)version + 1);
        e = tours_db_begin(db);
        e = e == OK ? sql_exec(db->db, migrations[version]) : e;
        e = e == OK ? sql_exec(db->db, bump) : e;
        e = e == OK ? tours_db_commit(db) : e;
        if (e != OK) {
            tours_db_undo(db);
        }
    }
    return e;
}

static enum err prepare(struct tours_db *db, const char *path) {
    bool check = sql_wants_check(path);
    enum err e = sql_open(path, true, &db->db);
    e = e == OK ? sql_exec(db->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;") : e;
    e = e == OK && check ? sql_check(db->db) : e;
    return e == OK ? migrate(db) : e;
}

enum err tours_db_open(const char *path, struct tours_db **ret, char why[WHY_MAX]) {
    struct tours_db *db = mem_zalloc(1, sizeof(*db));
    if (!db) {
        return ERR_NOMEM;
    }
    enum err e = prepare(db, path);
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.300s: the tours cannot be read (%s)%s", path, err_name(e),
                 e == ERR_FORMAT        ? ": the file is damaged; move it away, or a copy back"
                 : e == ERR_UNSUPPORTED ? ": it is of a later release"
                                        : "");
        tours_db_close(db);
        return e;
    }
    *ret = db;
    return OK;
}

struct tours_db *tours_db_close(struct tours_db *db) {
    if (db) {
        sqlite3_close(db->db);
    }
    return mem_free(db);
}

enum err tours_db_copy(const char *from, const char *to) {
    sqlite3 *db = NULL;
    enum err e = sql_copy_file(from, to);
    /* It may be put back when those here have gone on: a copy elsewhere is then not one of it. */
    if (e == OK && sql_open(to, false, &db) == OK) {
        (void)sql_exec(db, "DELETE FROM shared");
    }
    sqlite3_close(db);
    return e;
}

static void read_texts(sqlite3_stmt *s, struct tour_record *r) {
    char word[32];
    sql_text(s, 0, r->id, sizeof(r->id));
    sql_text(s, 1, r->name, sizeof(r->name));
    sql_text(s, 2, r->title, sizeof(r->title));
    sql_text(s, 3, word, sizeof(word));
    r->record = record_of(word);
    sql_text(s, 4, word, sizeof(word));
    r->codec = codec_of(word);
    sql_text(s, 19, r->made_by, sizeof(r->made_by));
}

static struct signaling_quota read_quota(sqlite3_stmt *s) {
    return (struct signaling_quota){
        .sources = {[SOURCE_MICROPHONE] = (uint32_t)sqlite3_column_int64(s, 15),
                    [SOURCE_CAMERA] = (uint32_t)sqlite3_column_int64(s, 16),
                    [SOURCE_SCREEN] = (uint32_t)sqlite3_column_int64(s, 17)},
        .kbps = (uint32_t)sqlite3_column_int64(s, 18)};
}

static struct tour_record *read_row(sqlite3_stmt *s) {
    const char *property = (const char *)sqlite3_column_text(s, 10);
    struct tour_record r = {.lobby = sqlite3_column_int(s, 5) != 0,
                            .starts_at = {sqlite3_column_int64(s, 6)},
                            .ends_at = {sqlite3_column_int64(s, 7)},
                            .max_length = sqlite3_column_int64(s, 8),
                            .capacity = (uint32_t)sqlite3_column_int64(s, 9),
                            .quota = read_quota(s),
                            .created_at = {sqlite3_column_int64(s, 11)},
                            .updated_at = {sqlite3_column_int64(s, 12)},
                            .ended_at = {sqlite3_column_int64(s, 13)},
                            .version = (uint64_t)sqlite3_column_int64(s, 14)};
    read_texts(s, &r);
    struct tour_record *copy = tour_record_copy(&r);
    if (copy && property && *property) {
        copy->property = mem_strdup(property);
        copy = copy->property ? copy : tour_record_free(copy);
    }
    return copy;
}

enum err tours_db_each(struct tours_db *db, bool (*take)(void *ctx, struct tour_record *r),
                       void *ctx) {
    sqlite3_stmt *s =
        sql_prepare(db->db,
                    "SELECT id, name, title, record, codec, lobby, starts_at, ends_at, max_length,"
                    " capacity, property, created_at, updated_at, ended_at, version,"
                    " microphones, cameras, screens, kbps, made_by FROM tours"
                    " ORDER BY id",
                    "");
    if (!s) {
        return sql_error(sqlite3_errcode(db->db));
    }
    enum err e = sql_step(s);
    while (e == OK) {
        struct tour_record *r = read_row(s);
        e = r && take(ctx, r) ? sql_step(s) : ERR_NOMEM;
    }
    sqlite3_finalize(s);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err tours_db_begin(struct tours_db *db) {
    return sql_exec(db->db, "BEGIN IMMEDIATE");
}

enum err tours_db_commit(struct tours_db *db) {
    enum err e = sql_exec(db->db, "COMMIT");
    if (e != OK) {
        tours_db_undo(db);
    }
    return e;
}

void tours_db_undo(struct tours_db *db) {
    if (!sqlite3_get_autocommit(db->db)) {
        (void)sql_exec(db->db, "ROLLBACK");
    }
}

enum err tours_db_put(struct tours_db *db, const struct tour_record *r) {
    const struct signaling_quota *q = &r->quota;
    return sql_run(
        db->db,
        "INSERT INTO tours VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO"
        " UPDATE SET title=excluded.title, record=excluded.record,"
        " codec=excluded.codec, lobby=excluded.lobby, starts_at=excluded.starts_at,"
        " ends_at=excluded.ends_at, max_length=excluded.max_length,"
        " capacity=excluded.capacity, property=excluded.property,"
        " updated_at=excluded.updated_at, ended_at=excluded.ended_at,"
        " version=excluded.version, microphones=excluded.microphones,"
        " cameras=excluded.cameras, screens=excluded.screens, kbps=excluded.kbps",
        "tttttiiiiitiiiiiiiit", r->id, r->name, r->title, records[r->record], codec_word(r->codec),
        (int64_t)r->lobby, r->starts_at.us, r->ends_at.us, (int64_t)r->max_length,
        (int64_t)r->capacity, r->property ? r->property : "", r->created_at.us, r->updated_at.us,
        r->ended_at.us, (int64_t)r->version, (int64_t)q->sources[SOURCE_MICROPHONE],
        (int64_t)q->sources[SOURCE_CAMERA], (int64_t)q->sources[SOURCE_SCREEN], (int64_t)q->kbps,
        r->made_by);
}

enum err tours_db_remove(struct tours_db *db, const char *id) {
    return sql_run(db->db, "DELETE FROM tours WHERE id = ?", "t", id);
}

/* ---- answers ---- */

enum err tours_db_seed(struct tours_db *db, uint64_t fresh, uint64_t *ret) {
    enum err e = sql_run(db->db, "INSERT OR IGNORE INTO seed VALUES(1, ?)", "i", (int64_t)fresh);
    sqlite3_stmt *s = e == OK ? sql_prepare(db->db, "SELECT value FROM seed", "") : NULL;
    e = e == OK && !s ? sql_error(sqlite3_errcode(db->db)) : e;
    e = e == OK ? sql_step(s) : e;
    if (e == OK) {
        *ret = (uint64_t)sqlite3_column_int64(s, 0);
    }
    sqlite3_finalize(s);
    return e;
}

enum err tours_db_put_answer(struct tours_db *db, const struct kept_answer *x, wall_t now,
                             size_t most) {
    enum err e = sql_run(db->db, "DELETE FROM answers WHERE until <= ?", "i", now.us);
    e = e == OK ? sql_run(db->db, "INSERT OR REPLACE INTO answers VALUES(?,?,?,?,?,?,?)", "iiiittt",
                          (int64_t)x->id, (int64_t)x->request, x->until.us, (int64_t)x->status,
                          x->etag, x->location, x->body)
                : e;
    return e == OK ? sql_run(db->db,
                             "DELETE FROM answers WHERE id IN (SELECT id FROM answers"
                             " ORDER BY until DESC LIMIT -1 OFFSET ?)",
                             "i", (int64_t)most)
                   : e;
}

static struct kept_answer *read_answer(sqlite3_stmt *s) {
    const char *body = (const char *)sqlite3_column_text(s, 6);
    struct kept_answer *x = kept_answer_new(body ? body : "", body ? strlen(body) : 0);
    if (x) {
        x->id = (uint64_t)sqlite3_column_int64(s, 0);
        x->request = (uint64_t)sqlite3_column_int64(s, 1);
        x->until = (wall_t){sqlite3_column_int64(s, 2)};
        x->status = sqlite3_column_int(s, 3);
        sql_text(s, 4, x->etag, sizeof(x->etag));
        sql_text(s, 5, x->location, sizeof(x->location));
    }
    return x;
}

enum err tours_db_each_answer(struct tours_db *db, bool (*take)(void *ctx, struct kept_answer *x),
                              void *ctx) {
    sqlite3_stmt *s = sql_prepare(db->db,
                                  "SELECT id, request, until, status, etag, location, body"
                                  " FROM answers ORDER BY until",
                                  "");
    enum err e = s ? sql_step(s) : sql_error(sqlite3_errcode(db->db));
    while (e == OK) {
        struct kept_answer *x = read_answer(s);
        e = x && take(ctx, x) ? sql_step(s) : ERR_NOMEM;
    }
    sqlite3_finalize(s);
    return e == ERR_UNKNOWN ? OK : e;
}
