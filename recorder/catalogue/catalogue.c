#include "recorder/catalogue/catalogue.h"

#include "recorder/catalogue/catalogue_db.h"

#include "base/alloc.h"
#include "base/check.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char *const state_names[RECORDING_STATE_COUNT] = {
#define X(sym, name) [sym] = name,
    RECORDING_STATE_LIST(X)
#undef X
};

const char *recording_state_name(enum recording_state s) {
    CHECK((unsigned)s < RECORDING_STATE_COUNT);
    return state_names[s];
}

enum err catalogue_open(const char *path, bool write, struct catalogue **ret) {
    struct catalogue *c = mem_zalloc(1, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    bool check = write && sql_wants_check(path);
    enum err e = sql_open(path, write, &c->db);
    c->cache.db = c->db;
    if (e == OK) {
        /* NORMAL: rows lost to power loss come back from the journal. */
        e = sql_exec(c->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                            "PRAGMA secure_delete=ON;");
    }
    if (e == OK && check) {
        e = sql_check(c->db);
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

enum err catalogue_copy(struct catalogue *c, const char *path) {
    return sql_copy(c->db, path);
}

struct catalogue *catalogue_close(struct catalogue *c) {
    if (c) {
        sql_cache_clear(&c->cache);
        sqlite3_close(c->db);
        mem_free(c);
    }
    return NULL;
}

enum err catalogue_state(struct catalogue *c, const struct id *recording, enum recording_state s) {
    return sql_run_kept(&c->cache,
                        "INSERT INTO recordings(id,state) VALUES(?,?)"
                        " ON CONFLICT DO UPDATE SET state=excluded.state, damage=''",
                        "dt", recording, recording_state_name(s));
}

enum err catalogue_damaged(struct catalogue *c, const struct id *recording, const char *object) {
    return sql_run_kept(&c->cache,
                        "INSERT INTO recordings(id,state,damage) VALUES(?,'damaged',?)"
                        " ON CONFLICT DO UPDATE SET state='damaged', damage=excluded.damage",
                        "dt", recording, object);
}

enum err catalogue_damage(struct catalogue *c, const struct id *recording,
                          char ret[OBJECT_NAME_MAX]) {
    sqlite3_stmt *s =
        sql_borrow(&c->cache, "SELECT damage FROM recordings WHERE id=?", "d", recording);
    enum err e = s ? sql_step(s) : sql_error(sqlite3_errcode(c->db));
    ret[0] = '\0';
    if (e == OK) {
        sql_text(s, 0, ret, OBJECT_NAME_MAX);
    }
    sql_give_back(&c->cache, s);
    return e;
}

enum err catalogue_manifest(struct catalogue *c, const struct id *recording, uint32_t version,
                            const struct object_info *info) {
    /* This row is what truncation and replay are detected against: synced before it counts. */
    enum err e = sql_exec(c->db, "PRAGMA synchronous=FULL");
    if (e == OK) {
        e = sql_run_kept(&c->cache,
                         "UPDATE recordings SET damage='', manifest_version=?,"
                         " manifest_size=?, "
                         "manifest_sha256=?,"
                         " state=CASE reason WHEN 'stopped' THEN 'complete' ELSE 'interrupted' END"
                         " WHERE id=?",
                         "iibd", (int64_t)version, (int64_t)info->size, info->sha256,
                         (size_t)SHA256_LEN, recording);
    }
    sql_exec(c->db, "PRAGMA synchronous=NORMAL");
    return e;
}

/* Ids that are in the catalogue at all: one walk over an index. */
static enum err read_ids(sqlite3_stmt *s, struct id_list *ret) {
    enum err e;
    while ((e = sql_step(s)) == OK) {
        struct id id;
        sql_blob(s, 0, &id, sizeof(id));
        e = id_list_add(ret, &id);
        if (e != OK) {
            return e;
        }
    }
    return e == ERR_UNKNOWN ? OK : e;
}

enum err catalogue_ids(struct catalogue *c, enum catalogue_set which, struct id_list *ret) {
    static const char *const texts[] = {
        [CATALOGUE_ALL] = "SELECT id FROM recordings ORDER BY id",
        [CATALOGUE_KEPT] = "SELECT id FROM recordings WHERE state<>'shredded' ORDER BY id",
        [CATALOGUE_UNFINISHED] = "SELECT id FROM recordings"
                                 " WHERE state IN('recording','damaged') ORDER BY id",
        [CATALOGUE_SEALED] = "SELECT DISTINCT recording FROM texts ORDER BY recording"};
    sqlite3_stmt *s = sql_borrow(&c->cache, texts[which], "");
    enum err e = s ? read_ids(s, ret) : sql_error(sqlite3_errcode(c->db));
    sql_give_back(&c->cache, s);
    return e;
}

enum err catalogue_forget(struct catalogue *c, const struct id *recording) {
    static const char *const tables[] = {"participants", "tracks", "epochs", "segments",
                                         "journals",     "events", "words",  "texts"};
    char text[64];
    enum err e = sql_run(c->db, "DELETE FROM recordings WHERE id=?", "d", recording);
    for (size_t i = 0; e == OK && i < ARRAY_LEN(tables); i++) {
        sqlite3_snprintf(sizeof(text), text, "DELETE FROM %s WHERE recording=?", tables[i]);
        e = sql_run(c->db, text, "d", recording);
    }
    return e;
}

static enum err keep_times(struct catalogue *c, const struct recording_row *row) {
    struct entry start = {.type = ENTRY_START}, end = {.type = ENTRY_END, .t = row->duration};
    start.u.start.wall = row->started;
    snprintf(end.u.end.reason, sizeof(end.u.end.reason), "shredded");
    enum err e = catalogue_begin(c);
    e = e == OK ? catalogue_forget(c, &row->id) : e;
    e = e == OK ? catalogue_apply(c, &row->id, &start) : e;
    e = e == OK ? catalogue_apply(c, &row->id, &end) : e;
    e = e == OK ? catalogue_state(c, &row->id, RECORDING_SHREDDED) : e;
    e = e == OK ? catalogue_commit(c) : e;
    catalogue_rollback(c);
    return e;
}

enum err catalogue_shredded(struct catalogue *c, const struct id *recording) {
    struct recording_row row;
    enum err e = catalogue_recording(c, recording, &row);
    return e == OK ? keep_times(c, &row) : e;
}

static enum err forget_person(struct catalogue *c, const struct id *recording,
                              uint64_t participant) {
    static const char *const changes[] = {
        "UPDATE participants SET name='', name_state=2 WHERE recording=? AND participant=?",
        "UPDATE events SET name='',said='' WHERE recording=? AND participant=?"
        " AND type IN('participant','mark','entry')",
        "DELETE FROM texts WHERE recording=? AND participant=?",
        "DELETE FROM words WHERE recording=? AND participant=?"};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(changes); i++) {
        e = sql_run(c->db, changes[i], "di", recording, (int64_t)participant);
    }
    return e;
}

enum err catalogue_forget_person(struct catalogue *c, const struct id *recording,
                                 uint64_t participant) {
    bool alone = sqlite3_get_autocommit(c->db) != 0;
    enum err e = alone ? catalogue_begin(c) : OK;
    e = e == OK ? forget_person(c, recording, participant) : e;
    e = e == OK && alone ? catalogue_commit(c) : e;
    if (alone) {
        catalogue_rollback(c);
    }
    return e;
}

/* Every table is asked: an earlier release forgot them one by one, and may have died on the way. */
enum err catalogue_is_forgotten(struct catalogue *c, const struct id *recording,
                                uint64_t participant, bool *ret) {
    sqlite3_stmt *s =
        sql_borrow(&c->cache,
                   "SELECT 1 FROM participants WHERE recording=?1 AND participant=?2"
                   " AND (name_state<>2 OR name<>'')"
                   " UNION ALL SELECT 1 FROM events WHERE recording=?1 AND participant=?2"
                   " AND type IN('participant','mark','entry') AND (name<>'' OR said<>'')"
                   " UNION ALL SELECT 1 FROM texts WHERE recording=?1 AND participant=?2"
                   " UNION ALL SELECT 1 FROM words WHERE recording=?1 AND participant=?2 LIMIT 1",
                   "di", recording, (int64_t)participant);
    enum err e = s ? sql_step(s) : sql_error(sqlite3_errcode(c->db));
    *ret = e == ERR_UNKNOWN;
    sql_give_back(&c->cache, s);
    return e == ERR_UNKNOWN ? OK : e;
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
static enum err forget_set_aside(const char *path) {
    char name[PATH_MAX];
    bool ok = true;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        ok = snprintf(name, sizeof(name), "%s.damaged%s", path, parts[i]) < (int)sizeof(name) && ok;
        ok = (unlink(name) == 0 || errno == ENOENT) && ok;
    }
    return ok ? OK : ERR_IO;
}

enum err catalogue_truncate(struct catalogue *c) {
    return sql_truncate_log(c->db);
}

enum err catalogue_purge(struct catalogue *c) {
    enum err aside = forget_set_aside(sqlite3_db_filename(c->db, "main"));
    enum err e = catalogue_truncate(c);
    return e == OK ? aside : e;
}
