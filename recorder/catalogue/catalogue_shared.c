/* The catalogue in a PostgreSQL. */
#include "recorder/catalogue/catalogue_db.h"

#include "base/alloc.h"

#include <stdio.h>
#include <unistd.h>

#define SCHEMA_FIRST 9 /* the first that there was in a PostgreSQL */

/* As the files have it; texts sort by their bytes. */
static const char first_schema[] =
    "CREATE TABLE recordings(id BYTEA PRIMARY KEY, tour TEXT COLLATE \"C\" NOT NULL DEFAULT '',"
    " title TEXT NOT NULL DEFAULT '', started BIGINT NOT NULL DEFAULT 0,"
    " duration BIGINT NOT NULL DEFAULT 0, bytes BIGINT NOT NULL DEFAULT 0,"
    " state TEXT NOT NULL DEFAULT 'recording', reason TEXT NOT NULL DEFAULT '',"
    " manifest_version BIGINT NOT NULL DEFAULT 0, manifest_size BIGINT NOT NULL DEFAULT 0,"
    " manifest_sha256 BYTEA, entries BIGINT NOT NULL DEFAULT 0, objects BIGINT NOT NULL DEFAULT 0,"
    " chain BYTEA, heard BIGINT NOT NULL DEFAULT 0, damage TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX recordings_by_start ON recordings(started, id);"
    "CREATE INDEX recordings_by_tour ON recordings(tour, started, id);"
    "CREATE INDEX recordings_by_state ON recordings(state, started, id);"
    "CREATE TABLE participants(recording BYTEA, participant BIGINT, name TEXT NOT NULL DEFAULT '',"
    " role TEXT NOT NULL DEFAULT '', consent TEXT NOT NULL DEFAULT '',"
    " name_state BIGINT NOT NULL DEFAULT 0, PRIMARY KEY(recording, participant));"
    "CREATE TABLE tracks(recording BYTEA, track BYTEA, kind TEXT, codec TEXT, source BIGINT,"
    " participant BIGINT, keys BIGINT NOT NULL DEFAULT 0, PRIMARY KEY(recording, track));"
    "CREATE TABLE epochs(recording BYTEA, track BYTEA, number BIGINT, video TEXT, audio TEXT,"
    " width BIGINT, height BIGINT, start BIGINT, init BYTEA, picture BIGINT NOT NULL DEFAULT 0,"
    " sound BIGINT NOT NULL DEFAULT 0, PRIMARY KEY(recording, track, number));"
    "CREATE TABLE segments(recording BYTEA, track BYTEA, epoch BIGINT, number BIGINT, start BIGINT,"
    " duration BIGINT, width BIGINT, height BIGINT, first_is_key BIGINT, adopted BIGINT,"
    " bytes BIGINT, size BIGINT, sha256 BYTEA, keys BYTEA, sound BIGINT NOT NULL DEFAULT 0,"
    " PRIMARY KEY(recording, track, epoch, number));"
    "CREATE TABLE journals(recording BYTEA, number BIGINT, size BIGINT, sha256 BYTEA,"
    " PRIMARY KEY(recording, number));"
    "CREATE TABLE events(recording BYTEA, t BIGINT, type TEXT, participant BIGINT, source BIGINT,"
    " on_off BIGINT, track BYTEA, duration BIGINT, name TEXT, role TEXT, seq BIGINT,"
    " said TEXT NOT NULL DEFAULT '',"
    " PRIMARY KEY(recording, t, type, participant, source, on_off, track, seq));"
    "CREATE TABLE words(word TEXT COLLATE \"C\", kind BIGINT, recording BYTEA, participant BIGINT,"
    " PRIMARY KEY(word, kind, recording, participant));"
    "CREATE INDEX words_by_recording ON words(recording, word);"
    "CREATE TABLE texts(recording BYTEA, seq BIGINT, participant BIGINT, type TEXT, sealed BYTEA,"
    " PRIMARY KEY(recording, seq));"
    /* Which recordings these are: the identity of their store. */
    "CREATE TABLE owner(store BYTEA NOT NULL);"
    "INSERT INTO schema_version VALUES(9)";

/* migrations[v - SCHEMA_FIRST] takes version v to v + 1. Never edit one that was released. */
static const char *const migrations[CATALOGUE_SCHEMA - SCHEMA_FIRST + 1] = {NULL};

static enum err ask_int(struct db *d, const char *text, int64_t *ret) {
    struct db_rows *r = db_query(d, text, "");
    enum err e = r ? db_next(r) : db_error(d);
    *ret = e == OK ? db_int(r, 0) : 0;
    db_done(r);
    return e;
}

/* What a file here knows goes over to a database that knows nothing yet. */
static enum err take_over(struct catalogue *c) {
    struct catalogue *file = NULL;
    if (access(c->file, F_OK) != 0) {
        return OK;
    }
    enum err e = catalogue_open(c->file, true, &file);
    if (e == ERR_FORMAT) {
        return OK; /* damaged: all of it is computed again, as it would be of a file */
    }
    e = e == OK ? catalogue_copy_rows(file, c->db) : e;
    catalogue_close(file);
    return e;
}

static enum err make(struct catalogue *c) {
    enum err e = db_script(c->db, "CREATE TABLE schema_version(version BIGINT NOT NULL)");
    e = e == OK ? db_script(c->db, first_schema) : e;
    return e == OK ? take_over(c) : e;
}

static enum err migrate_from(struct catalogue *c, int64_t version) {
    enum err e = OK;
    for (; e == OK && version < CATALOGUE_SCHEMA; version++) {
        e = db_script(c->db, migrations[version - SCHEMA_FIRST]);
        e = e == OK ? db_run(c->db, "UPDATE schema_version SET version=?", "i", version + 1) : e;
    }
    return e;
}

/* Who writes does so under the lock of db_begin: of two that start at once one finds it done. */
static enum err bring_to_date(struct catalogue *c, bool *ret_made) {
    int64_t there = 0, version = 0;
    enum err e = ask_int(c->db,
                         "SELECT COUNT(*) FROM pg_tables WHERE schemaname=current_schema()"
                         " AND tablename='schema_version'",
                         &there);
    *ret_made = e == OK && there == 0;
    if (e == OK && there) {
        e = ask_int(c->db, "SELECT version FROM schema_version", &version);
    }
    if (e == OK && there && c->write && access(c->file, F_OK) == 0) {
        c->two = true; /* a backup that was put back, or an earlier life without a database? */
        return ERR_WRONG_STATE;
    }
    if (e != OK || version == CATALOGUE_SCHEMA) {
        return e;
    }
    if (!c->write) {
        return there ? ERR_UNSUPPORTED : ERR_UNKNOWN;
    }
    if (there && (version > CATALOGUE_SCHEMA || version < SCHEMA_FIRST)) {
        return ERR_UNSUPPORTED;
    }
    return there ? migrate_from(c, version) : make(c);
}

/* Rows of other recordings are nobody's business, and would be forgotten as unknown ones. */
static enum err check_owner(struct catalogue *c) {
    static const struct id nobody;
    struct id said = nobody;
    if (id_eq(&c->owner, &nobody)) {
        return OK;
    }
    struct db_rows *r = db_query(c->db, "SELECT store FROM owner", "");
    enum err e = r ? db_next(r) : db_error(c->db);
    if (e == OK) {
        db_blob(r, 0, &said, sizeof(said));
    }
    db_done(r);
    if (e == ERR_UNKNOWN) {
        return c->write ? db_run(c->db, "INSERT INTO owner VALUES(?)", "d", &c->owner) : OK;
    }
    return e == OK && !id_eq(&said, &c->owner) ? ERR_WRONG_STATE : e;
}

static enum err begin_session(void *ctx, struct db *d) {
    struct catalogue *c = ctx;
    bool made = false;
    enum err e = c->write ? db_begin(d) : db_begin_reading(d);
    /* Before a file is set aside. */
    e = e == OK && c->write ? db_script(d, POSTGRES_SYNC) : e;
    e = e == OK ? bring_to_date(c, &made) : e;
    e = e == OK ? check_owner(c) : e;
    e = e == OK ? db_commit(d) : e;
    db_rollback(d);
    if (e == OK && made) {
        (void)catalogue_set_aside(c->file); /* until somebody is forgotten */
    }
    return e;
}

enum err catalogue_open_shared(const struct catalogue_place *p, bool write,
                               struct catalogue **ret) {
    struct catalogue *c = mem_zalloc(1, sizeof(*c));
    struct postgres_config config = *p->database;
    if (!c) {
        return ERR_NOMEM;
    }
    struct postgres_session session = {begin_session, c};
    snprintf(c->file, sizeof(c->file), "%s", p->file);
    c->write = write;
    c->shared = true;
    config.schema = "oriel_catalogue";
    config.write = write;
    enum err e = db_open_postgres(&config, &session, &c->db);
    if (e != OK) {
        catalogue_close(c);
        return e;
    }
    *ret = c;
    return OK;
}

enum err catalogue_connect(struct catalogue *c) {
    return c->shared ? db_connect(c->db) : OK;
}

const char *catalogue_why(const struct catalogue *c) {
    return !c->shared ? ""
           : c->two ? "the database has a catalogue, and a file catalogue.db lies beside the keys:"
                      " move that file away, or drop the schema of the database, whichever is older"
                    : db_postgres_why(c->db);
}

bool catalogue_is_away(const struct catalogue *c) {
    return c->shared && db_is_away(c->db);
}

enum err catalogue_belongs_to(struct catalogue *c, const struct id *store) {
    c->owner = *store;
    enum err e = c->shared ? db_connect(c->db) : OK;
    return c->shared && e == OK ? check_owner(c) : e;
}
