#include "server/ledger/ledger_parts.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

#define SCHEMA 2
#define PRUNE (3600 * US_PER_S)
#define PRUNED_MAX 1000 /* rows at once */
#define VACUUM_MOST (60 * US_PER_S)
#define PING (10 * US_PER_S)

/* Ledgers and chains are how far each node's copy is: number and id, or hash, of the last row. An
 * event is under its id, whoever copies it: one that a node has twice, after an older backup was
 * put back, is there once. Times are microseconds since 1970. */
static const char first_schema[] =
    "CREATE TABLE schema_version(version BIGINT NOT NULL);"
    "CREATE TABLE ledgers(name TEXT PRIMARY KEY, n BIGINT NOT NULL, id TEXT NOT NULL);"
    "CREATE TABLE events(id TEXT COLLATE \"C\" PRIMARY KEY, ledger TEXT NOT NULL,"
    " n BIGINT NOT NULL, tour TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL,"
    " type TEXT NOT NULL, erased BOOLEAN NOT NULL, body TEXT NOT NULL, UNIQUE(ledger, n));"
    "CREATE INDEX events_tour ON events(tour, at);"
    "CREATE INDEX events_at ON events(at);"
    "CREATE TABLE chains(name TEXT PRIMARY KEY, number BIGINT NOT NULL, hash TEXT NOT NULL);"
    "CREATE TABLE audit(chain TEXT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL,"
    " what TEXT NOT NULL, line TEXT NOT NULL, PRIMARY KEY(chain, number));"
    "CREATE INDEX audit_at ON audit(at);"
    "INSERT INTO schema_version VALUES(1)";

/* migrations[v] takes version v to v + 1. Never edit one that was released. */
static const char *const migrations[SCHEMA] = {
    [1] = "CREATE TABLE lists(name TEXT PRIMARY KEY, place BIGINT NOT NULL);"
          "CREATE TABLE tours(id TEXT COLLATE \"C\" PRIMARY KEY, list TEXT NOT NULL,"
          " name TEXT NOT NULL, title TEXT NOT NULL, made_by TEXT NOT NULL, property TEXT NOT NULL,"
          " starts_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, created_at BIGINT NOT NULL,"
          " updated_at BIGINT NOT NULL, ended_at BIGINT NOT NULL, version BIGINT NOT NULL);"
          "CREATE INDEX tours_name ON tours(name);"
          "CREATE INDEX tours_starts_at ON tours(starts_at)"};

/* ---- a connection ---- */

static enum err ask_int(struct db *d, const char *text, int64_t *ret) {
    struct db_rows *r = db_query(d, text, "");
    enum err e = r ? db_next(r) : db_error(d);
    *ret = e == OK ? db_int(r, 0) : 0;
    db_done(r);
    return e;
}

/* Under the lock of db_begin: of two nodes that start at once one finds it done. */
static enum err bring_to_date(struct db *d) {
    int64_t there = 0, version = 0;
    enum err e = ask_int(d,
                         "SELECT COUNT(*) FROM pg_tables WHERE schemaname=current_schema()"
                         " AND tablename='schema_version'",
                         &there);
    e = e == OK && !there ? db_script(d, first_schema) : e;
    e = e == OK ? ask_int(d, "SELECT version FROM schema_version", &version) : e;
    if (e == OK && (version < 1 || version > SCHEMA)) {
        return ERR_UNSUPPORTED;
    }
    for (; e == OK && version < SCHEMA; version++) {
        e = db_script(d, migrations[version]);
        e = e == OK ? db_run(d, "UPDATE schema_version SET version = ?", "i", version + 1) : e;
    }
    return e;
}

static enum err begin_session(void *ctx, struct db *d) {
    (void)ctx;
    enum err e = db_begin(d);
    e = e == OK ? db_script(d, POSTGRES_SYNC) : e;
    e = e == OK ? bring_to_date(d) : e;
    e = e == OK ? db_commit(d) : e;
    db_rollback(d);
    return e;
}

enum err ledger_open(const struct ledger_config *c, struct ledger **ret) {
    struct ledger *l = mem_zalloc(1, sizeof(*l));
    if (!l) {
        return ERR_NOMEM;
    }
    struct postgres_config config = *c->database;
    const struct postgres_session session = {begin_session, l};
    l->c = *c;
    l->at = l->tours_at = l->pruned = -1;
    config.schema = LEDGER_SCHEMA;
    config.write = false; /* other nodes write in it, too */
    config.make = true;
    enum err e = db_open_postgres(&config, &session, &l->db);
    if (e != OK) {
        ledger_close(l);
        return e;
    }
    *ret = l;
    return OK;
}

struct ledger *ledger_close(struct ledger *l) {
    if (l) {
        db_close(l->db);
        event_store_close(l->events);
        tours_db_close(l->tours);
        buffer_free(&l->rows);
    }
    return mem_free(l);
}

const char *ledger_why(const struct ledger *l) {
    return db_postgres_why(l->db);
}

bool ledger_is_away(const struct ledger *l) {
    return db_is_away(l->db);
}

struct ledger_behind ledger_behind(const struct ledger *l) {
    uint64_t there = l->tail.last.number;
    return (struct ledger_behind){.events = l->last > l->known ? (uint64_t)(l->last - l->known) : 0,
                                  .audit = l->audit_last > there ? l->audit_last - there : 0};
}

/* ---- a step ---- */

/* Whatever was asked before a connection was lost is asked again. */
static enum err connect_and_ask(struct ledger *l, const struct ledger_turn *t) {
    enum err e = db_connect(l->db);
    if (e == OK && db_connections(l->db) != l->connection) {
        l->connection = db_connections(l->db);
        l->at = l->tours_at = -1;
        l->placed = false;
        l->pinged = t->now;
    }
    if (e == OK && t->now - l->pinged >= PING) { /* it may have frozen, or be gone, unnoticed */
        e = db_run(l->db, "SELECT 1", "");
        l->pinged = t->now;
    }
    return e;
}

static enum err prune(struct ledger *l, const struct ledger_turn *t, bool *ret_more) {
    if (l->pruned >= 0 && t->now - l->pruned < PRUNE) {
        return OK;
    }
    enum err e = db_run(l->db,
                        "DELETE FROM events WHERE id IN"
                        " (SELECT id FROM events WHERE at < LEAST(?1, " LEDGER_NOW ") - ?2"
                        " ORDER BY at LIMIT ?3)",
                        "iii", t->wall.us, (int64_t)l->c.keep_events, (int64_t)PRUNED_MAX);
    bool more = e == OK && db_changes(l->db) == PRUNED_MAX;
    *ret_more = *ret_more || more;
    l->pruned = e == OK && !more ? t->now : l->pruned;
    return e;
}

/* It may take long, and nobody waits for it: what is not done is done with the next. */
static void vacuum(struct ledger *l) {
    l->vacuum = l->vacuum && db_maintain(l->db, "VACUUM events", VACUUM_MOST) != OK;
}

enum err ledger_step(struct ledger *l, const struct ledger_turn *t, bool *ret_more) {
    *ret_more = false;
    l->audit_last = t->audit_last;
    enum err e = ledger_look_events(l);
    e = e == OK ? ledger_look_tours(l) : e;
    e = e == OK ? connect_and_ask(l, t) : e;
    e = e == OK ? ledger_copy_events(l, t, ret_more) : e;
    e = e == OK ? ledger_erase_events(l, ret_more) : e;
    e = e == OK ? ledger_copy_audit(l, t, ret_more) : e;
    e = e == OK ? ledger_copy_tours(l, t, ret_more) : e;
    e = e == OK ? prune(l, t, ret_more) : e;
    if (e == OK && !*ret_more && l->vacuum) {
        vacuum(l);
    }
    return e;
}
