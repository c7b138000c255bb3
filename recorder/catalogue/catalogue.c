#include "recorder/catalogue/catalogue.h"

#include "recorder/catalogue/catalogue_db.h"

#include "base/alloc.h"
#include "base/check.h"

/* migrations[v] takes a database of user_version v to v + 1. Never edit one that was released. */
static const char *const migrations[CATALOGUE_SCHEMA] = {
    "CREATE TABLE recordings(id BLOB PRIMARY KEY, tour TEXT NOT NULL DEFAULT '',"
    " title TEXT NOT NULL DEFAULT '', started INTEGER NOT NULL DEFAULT 0,"
    " duration INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
    " state TEXT NOT NULL DEFAULT 'recording', reason TEXT NOT NULL DEFAULT '',"
    " manifest_version INTEGER NOT NULL DEFAULT 0, manifest_size INTEGER NOT NULL DEFAULT 0,"
    " manifest_sha256 BLOB);"
    "CREATE INDEX recordings_by_start ON recordings(started);"
    "CREATE TABLE participants(recording BLOB, participant INTEGER, name TEXT NOT NULL DEFAULT '',"
    " role TEXT NOT NULL DEFAULT '', consent TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY(recording, participant)) WITHOUT ROWID;"
    "CREATE TABLE tracks(recording BLOB, track BLOB, kind TEXT, codec TEXT, source INTEGER,"
    " participant INTEGER, PRIMARY KEY(recording, track)) WITHOUT ROWID;"
    "CREATE TABLE epochs(recording BLOB, track BLOB, number INTEGER, video TEXT, audio TEXT,"
    " width INTEGER, height INTEGER, start INTEGER, init BLOB,"
    " PRIMARY KEY(recording, track, number)) WITHOUT ROWID;"
    "CREATE TABLE segments(recording BLOB, track BLOB, epoch INTEGER, number INTEGER,"
    " start INTEGER, duration INTEGER, width INTEGER, height INTEGER, first_is_key INTEGER,"
    " adopted INTEGER, bytes INTEGER, size INTEGER, sha256 BLOB, keys BLOB,"
    " PRIMARY KEY(recording, track, epoch, number)) WITHOUT ROWID;"
    "CREATE TABLE journals(recording BLOB, number INTEGER, size INTEGER, sha256 BLOB,"
    " PRIMARY KEY(recording, number)) WITHOUT ROWID;"
    "CREATE TABLE events(recording BLOB, t INTEGER, type TEXT, participant INTEGER,"
    " source INTEGER, on_off INTEGER, duration INTEGER, name TEXT, role TEXT,"
    " PRIMARY KEY(recording, t, type, participant, source, on_off)) WITHOUT ROWID;",
    /* Gaps of two tracks may begin at the same time. */
    "ALTER TABLE events RENAME TO events_of_1;"
    "CREATE TABLE events(recording BLOB, t INTEGER, type TEXT, participant INTEGER,"
    " source INTEGER, on_off INTEGER, track BLOB, duration INTEGER, name TEXT, role TEXT,"
    " PRIMARY KEY(recording, t, type, participant, source, on_off, track)) WITHOUT ROWID;"
    "INSERT INTO events SELECT recording, t, type, participant, source, on_off, zeroblob(16),"
    " duration, name, role FROM events_of_1;"
    "DROP TABLE events_of_1;",
};

static const char *const state_names[RECORDING_STATE_COUNT] = {
#define X(sym, name) [sym] = name,
    RECORDING_STATE_LIST(X)
#undef X
};

const char *recording_state_name(enum recording_state s) {
    CHECK((unsigned)s < RECORDING_STATE_COUNT);
    return state_names[s];
}

static enum err schema_version(struct catalogue *c, int64_t *ret) {
    sqlite3_stmt *s = sql_prepare(c->db, "PRAGMA user_version", "");
    if (!s) {
        return sql_error(sqlite3_errcode(c->db));
    }
    enum err e = sql_step(s);
    if (e == OK) {
        *ret = sqlite3_column_int64(s, 0);
    }
    sqlite3_finalize(s);
    return e;
}

static enum err migrate(struct catalogue *c, bool write) {
    int64_t version = 0;
    enum err e = schema_version(c, &version);
    if (e != OK || version == CATALOGUE_SCHEMA) {
        return e;
    }
    if (version > CATALOGUE_SCHEMA || version < 0 || !write) {
        return ERR_UNSUPPORTED;
    }
    for (; e == OK && version < CATALOGUE_SCHEMA; version++) {
        char bump[64];
        sqlite3_snprintf(sizeof(bump), bump, "PRAGMA user_version=%d;", (int)version + 1);
        e = catalogue_begin(c);
        e = e == OK ? sql_exec(c->db, migrations[version]) : e;
        e = e == OK ? sql_exec(c->db, bump) : e;
        e = e == OK ? catalogue_commit(c) : e;
        if (e != OK) {
            catalogue_rollback(c);
        }
    }
    return e;
}

enum err catalogue_open(const char *path, bool write, struct catalogue **ret) {
    struct catalogue *c = mem_zalloc(1, sizeof(*c));
    if (!c) {
        return ERR_NOMEM;
    }
    enum err e = sql_open(path, write, &c->db);
    if (e == OK) {
        /* NORMAL: rows lost to power loss come back from the journal. */
        e = sql_exec(c->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                            "PRAGMA secure_delete=ON;");
    }
    if (e == OK && write) {
        e = sql_check(c->db);
    }
    if (e == OK) {
        e = migrate(c, write);
    }
    if (e != OK) {
        catalogue_close(c);
        return e;
    }
    *ret = c;
    return OK;
}

struct catalogue *catalogue_close(struct catalogue *c) {
    if (c) {
        sqlite3_close(c->db);
        mem_free(c);
    }
    return NULL;
}

enum err catalogue_begin(struct catalogue *c) {
    return sql_exec(c->db, "BEGIN IMMEDIATE");
}

enum err catalogue_commit(struct catalogue *c) {
    return sql_exec(c->db, "COMMIT");
}

void catalogue_rollback(struct catalogue *c) {
    if (!sqlite3_get_autocommit(c->db)) {
        sql_exec(c->db, "ROLLBACK");
    }
}

static enum err apply_segment(struct catalogue *c, const struct id *recording,
                              const struct entry_segment *s) {
    uint8_t keys[SEGMENT_KEYS_MAX * 8];
    struct wr w = wr_of(keys, sizeof(keys));
    for (unsigned i = 0; i < s->n_keys && i < SEGMENT_KEYS_MAX; i++) {
        wr_u32(&w, s->keys[i].at_ms);
        wr_u32(&w, s->keys[i].offset);
    }
    enum err e =
        sql_run(c->db, "INSERT OR IGNORE INTO segments VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                "ddiiiiiiiiiibb", recording, &s->track, (int64_t)s->epoch, (int64_t)s->number,
                s->start, s->duration, (int64_t)s->width, (int64_t)s->height,
                (int64_t)s->first_is_key, (int64_t)s->adopted, (int64_t)s->bytes,
                (int64_t)s->info.size, s->info.sha256, (size_t)SHA256_LEN, keys, wr_len(&w));
    if (e != OK || sqlite3_changes(c->db) == 0) {
        return e;
    }
    return sql_run(c->db, "UPDATE recordings SET bytes=bytes+? WHERE id=?", "id", (int64_t)s->bytes,
                   recording);
}

static enum err apply_time(struct catalogue *c, const struct id *recording, us_t t) {
    return sql_run(c->db, "UPDATE recordings SET duration=MAX(duration,?) WHERE id=?", "id", t,
                   recording);
}

static enum err apply_event(struct catalogue *c, const struct id *recording, const struct entry *e,
                            us_t duration) {
    static const struct entry_person nobody;
    bool gap = e->type == ENTRY_GAP;
    const struct entry_person *p = gap ? &nobody : &e->u.person;
    return sql_run(c->db, "INSERT OR IGNORE INTO events VALUES(?,?,?,?,?,?,?,?,?,?)", "ditiiiditt",
                   recording, e->t, entry_type_name((enum entry_type)e->type),
                   (int64_t)p->participant, (int64_t)p->source, (int64_t)p->on,
                   gap ? &e->u.gap.track : &ID_NONE, duration, gap ? e->u.gap.cause : p->name,
                   p->role);
}

static enum err apply_person(struct catalogue *c, const struct id *recording,
                             const struct entry *e) {
    const struct entry_person *p = &e->u.person;
    enum err error = OK;
    if (e->type == ENTRY_PARTICIPANT) {
        error = sql_run(c->db,
                        "INSERT INTO participants(recording,participant,name,role)"
                        " VALUES(?,?,?,?) ON CONFLICT DO UPDATE SET name=excluded.name,"
                        " role=excluded.role WHERE excluded.name<>''",
                        "ditt", recording, (int64_t)p->participant, p->name, p->role);
    } else if (e->type == ENTRY_CONSENT) {
        error = sql_run(c->db,
                        "INSERT INTO participants(recording,participant,consent) VALUES(?,?,?)"
                        " ON CONFLICT DO UPDATE SET consent=excluded.consent",
                        "dit", recording, (int64_t)p->participant, p->on ? p->name : "");
    }
    return error == OK ? apply_event(c, recording, e, 0) : error;
}

static enum err apply_epoch(struct catalogue *c, const struct id *recording,
                            const struct entry_epoch *p) {
    return sql_run(c->db, "INSERT OR REPLACE INTO epochs VALUES(?,?,?,?,?,?,?,?,?)", "ddittiiib",
                   recording, &p->track, (int64_t)p->number, codec_name((enum codec)p->video),
                   codec_name((enum codec)p->audio), (int64_t)p->width, (int64_t)p->height,
                   p->start, p->init, (size_t)p->init_len);
}

static enum err apply_track(struct catalogue *c, const struct id *recording,
                            const struct entry_track *p) {
    return sql_run(c->db, "INSERT OR REPLACE INTO tracks VALUES(?,?,?,?,?,?)", "ddttii", recording,
                   &p->track, source_kind_name((enum source_kind)p->kind),
                   codec_name((enum codec)p->codec), (int64_t)p->source, (int64_t)p->participant);
}

static enum err apply_start(struct catalogue *c, const struct id *recording,
                            const struct entry_start *p) {
    return sql_run(c->db,
                   "INSERT INTO recordings(id,tour,title,started) VALUES(?,?,?,?)"
                   " ON CONFLICT DO UPDATE SET tour=excluded.tour, title=excluded.title,"
                   " started=excluded.started",
                   "dtti", recording, p->tour, p->title, p->wall.us);
}

static enum err apply_end(struct catalogue *c, const struct id *recording, const struct entry *e) {
    enum err error = apply_time(c, recording, e->t);
    return error == OK ? sql_run(c->db, "UPDATE recordings SET reason=? WHERE id=?", "td",
                                 e->u.end.reason, recording)
                       : error;
}

enum err catalogue_apply(struct catalogue *c, const struct id *recording, const struct entry *e) {
    enum err error;
    switch ((enum entry_type)e->type) {
    case ENTRY_START:
        return apply_start(c, recording, &e->u.start);
    case ENTRY_TRACK:
        return apply_track(c, recording, &e->u.track);
    case ENTRY_EPOCH:
        return apply_epoch(c, recording, &e->u.epoch);
    case ENTRY_SEGMENT:
        error = apply_segment(c, recording, &e->u.segment);
        return error == OK ? apply_time(c, recording, e->t) : error;
    case ENTRY_GAP:
        return apply_event(c, recording, e, e->u.gap.duration);
    case ENTRY_MUTE:
    case ENTRY_PARTICIPANT:
    case ENTRY_CONSENT:
    case ENTRY_STAGE:
    case ENTRY_VOICE:
    case ENTRY_MARK:
        return apply_person(c, recording, e);
    case ENTRY_END:
        return apply_end(c, recording, e);
    case ENTRY_SR:
    case ENTRY_FAILING:
    case ENTRY_TYPE_COUNT:
        break;
    }
    return OK;
}

enum err catalogue_journal_object(struct catalogue *c, const struct id *recording, uint32_t number,
                                  const struct object_info *info) {
    return sql_run(c->db, "INSERT OR REPLACE INTO journals VALUES(?,?,?,?)", "diib", recording,
                   (int64_t)number, (int64_t)info->size, info->sha256, (size_t)SHA256_LEN);
}

enum err catalogue_state(struct catalogue *c, const struct id *recording, enum recording_state s) {
    return sql_run(c->db,
                   "INSERT INTO recordings(id,state) VALUES(?,?)"
                   " ON CONFLICT DO UPDATE SET state=excluded.state",
                   "dt", recording, recording_state_name(s));
}

enum err catalogue_manifest(struct catalogue *c, const struct id *recording, uint32_t version,
                            const struct object_info *info) {
    /* This row is what truncation and replay are detected against: synced before it counts. */
    enum err e = sql_exec(c->db, "PRAGMA synchronous=FULL");
    if (e == OK) {
        e = sql_run(c->db,
                    "UPDATE recordings SET manifest_version=?, manifest_size=?, manifest_sha256=?,"
                    " state=CASE reason WHEN 'stopped' THEN 'complete' ELSE 'interrupted' END"
                    " WHERE id=?",
                    "iibd", (int64_t)version, (int64_t)info->size, info->sha256, (size_t)SHA256_LEN,
                    recording);
    }
    sql_exec(c->db, "PRAGMA synchronous=NORMAL");
    return e;
}

enum err catalogue_forget(struct catalogue *c, const struct id *recording) {
    static const char *const tables[] = {"participants", "tracks",   "epochs",
                                         "segments",     "journals", "events"};
    char text[64];
    enum err e = sql_run(c->db, "DELETE FROM recordings WHERE id=?", "d", recording);
    for (size_t i = 0; e == OK && i < ARRAY_LEN(tables); i++) {
        sqlite3_snprintf(sizeof(text), text, "DELETE FROM %s WHERE recording=?", tables[i]);
        e = sql_run(c->db, text, "d", recording);
    }
    return e;
}

enum err catalogue_purge(struct catalogue *c) {
    return sql_truncate_log(c->db);
}
