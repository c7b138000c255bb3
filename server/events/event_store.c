#include "server/events/event_store_parts.h"

#include "base/alloc.h"
#include "base/check.h"

#include <stdio.h>
#include <string.h>

#define FORMAT 4         /* PRAGMA user_version */
#define PASSED_MAX 1000  /* new events that one call passes over */
#define LOOKED_MAX 20000 /* rows that one page looks at */

/* event.n never comes again (AUTOINCREMENT): it is how far a sink has got. `tour` remembers the
 * numbers of tours whose events have been forgotten. held.state: 0 waits, and with it
 * what follows of its tour up to sink.done, so that of a tour one row is enough; 1 was given up,
 * at about held.next;
 * 2 was given up and is sent again, by itself. */
static const char schema[] =
    "CREATE TABLE event(n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, tour TEXT NOT NULL,"
    " seq INTEGER NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL);"
    "CREATE INDEX event_tour ON event(tour, n);"
    "CREATE INDEX event_at ON event(at);"
    "CREATE TABLE tour(name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE sink(name TEXT PRIMARY KEY, done INTEGER NOT NULL, used INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE held(sink TEXT NOT NULL, n INTEGER NOT NULL, tour TEXT NOT NULL,"
    " attempts INTEGER NOT NULL, next INTEGER NOT NULL, state INTEGER NOT NULL, why TEXT NOT NULL,"
    " PRIMARY KEY(sink, n)) WITHOUT ROWID;"
    "CREATE INDEX held_tour ON held(sink, state, tour, n);"
    "CREATE INDEX held_next ON held(sink, state, next);"
    "PRAGMA user_version = 1;";

/* What is to be erased is found by the run of the tour and whom the recording knows (event.person,
 * 0: nobody, or one of an earlier format). A recording is remembered for longer than its events
 * are kept, and so are who was in its run: whoever was told of it years ago is told that it is
 * erased. `erased` is what was carried out; shreds.place how far in the list of orders that is. */
static const char schema_2[] =
    "ALTER TABLE event ADD COLUMN session TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE event ADD COLUMN person INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE event ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;"
    "UPDATE event SET session = COALESCE(json_extract(body, '$.metadata.sessionId'), '');"
    "CREATE INDEX event_session ON event(session, person);"
    "CREATE TABLE recorded(recording TEXT PRIMARY KEY, tour TEXT NOT NULL, session TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX recorded_session ON recorded(session);"
    "INSERT OR IGNORE INTO recorded SELECT json_extract(body, '$.data.recording'), tour, session"
    " FROM event WHERE type = 'recording.started'"
    " AND json_extract(body, '$.data.recording') IS NOT NULL;"
    "CREATE TABLE seat(session TEXT NOT NULL, person INTEGER NOT NULL, number INTEGER NOT NULL,"
    " PRIMARY KEY(session, person)) WITHOUT ROWID;"
    "CREATE TABLE erased(recording TEXT NOT NULL, person INTEGER NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY(recording, person)) WITHOUT ROWID;"
    "CREATE TABLE shreds(one INTEGER PRIMARY KEY CHECK(one = 1), place INTEGER NOT NULL);"
    "INSERT INTO shreds VALUES(1, 0);"
    "PRAGMA user_version = 2;";

/* What waits in memory may be shredded before it is stored. `wall` and `now` are both clocks when
 * an order was carried out: what was posted later is none of it, whatever the wall clock says by
 * then. `early` has those of recordings that nobody had told of by then. */
static const char schema_3[] =
    "ALTER TABLE erased ADD COLUMN wall INTEGER NOT NULL DEFAULT 9223372036854775807;"
    "ALTER TABLE erased ADD COLUMN now INTEGER NOT NULL DEFAULT 9223372036854775807;"
    "CREATE TABLE early(recording TEXT NOT NULL, person INTEGER NOT NULL, at INTEGER NOT NULL,"
    " wall INTEGER NOT NULL, now INTEGER NOT NULL, PRIMARY KEY(recording, person)) WITHOUT ROWID;"
    "PRAGMA user_version = 3;";

/* ---- opening ---- */

/* Made by one connection, however many open it at once. */
static enum err make_tables(sqlite3 *db) {
    int64_t version = 0;
    enum err e = sql_exec(db, "BEGIN IMMEDIATE");
    e = e == OK ? sql_version(db, &version) : e;
    if (e == OK && (version < 0 || version > FORMAT)) {
        e = ERR_FORMAT;
    }
    e = e == OK && version < 1 ? sql_exec(db, schema) : e;
    e = e == OK && version < 2 ? sql_exec(db, schema_2) : e;
    e = e == OK && version < 3 ? sql_exec(db, schema_3) : e;
    e = e == OK && version < 4 ? sql_exec(db, event_store_shared_schema()) : e;
    enum err end = sql_exec(db, e == OK ? "COMMIT" : "ROLLBACK");
    return e == OK ? end : e;
}

enum err event_store_open(const char *path, struct event_store **ret, char why[WHY_MAX]) {
    struct event_store *s = mem_zalloc(1, sizeof(*s));
    enum err e = s ? sql_open(path, true, &s->db) : ERR_NOMEM;
    /* Others wait for a lock; what was committed outlives a loss of power, and what was deleted
     * is in no page. */
    e = e == OK ? sql_exec(s->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                  "PRAGMA secure_delete = ON;")
                : e;
    e = e == OK ? make_tables(s->db) : e;
    if (e != OK) {
        snprintf(why, WHY_MAX, "%s: %s", path, err_name(e));
        event_store_close(s);
        return e;
    }
    s->cache.db = s->db;
    *ret = s;
    return OK;
}

struct event_store *event_store_close(struct event_store *s) {
    if (s) {
        sql_cache_clear(&s->cache);
        sqlite3_close(s->db);
        buffer_free(&s->body);
    }
    return mem_free(s);
}

enum err event_store_copy(const char *from, const char *to) {
    return sql_copy_file(from, to);
}

/* ---- appending ---- */

enum err event_store_begin(struct event_store *s) {
    return sql_run_kept(&s->cache, "BEGIN IMMEDIATE", "");
}

enum err event_store_commit(struct event_store *s) {
    return sql_run_kept(&s->cache, "COMMIT", "");
}

void event_store_rollback(struct event_store *s) {
    if (!sqlite3_get_autocommit(s->db)) {
        (void)sql_run_kept(&s->cache, "ROLLBACK", "");
    }
}

static enum err next_seq(struct event_store *s, const char *tour, uint64_t *ret) {
    sqlite3_stmt *q = sql_borrow(&s->cache,
                                 "INSERT INTO tour VALUES(?1, 1)"
                                 " ON CONFLICT(name) DO UPDATE SET seq = seq + 1 RETURNING seq",
                                 "t", tour);
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    *ret = e == OK ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
    while (e == OK) { /* to its end: it is a change */
        e = sql_step(q);
    }
    sql_give_back(&s->cache, q);
    return e == ERR_UNKNOWN && *ret > 0 ? OK : e == ERR_UNKNOWN ? ERR_IO : e;
}

static enum err insert(struct event_store *s, const struct event *e, uint64_t seq) {
    buffer_cut(&s->body, 0);
    event_write(&s->body, e, seq);
    event_store_pad(&s->body, e);
    if (s->body.bad) {
        return ERR_NOMEM;
    }
    return sql_run_kept(&s->cache,
                        "INSERT INTO event(id, tour, seq, at, type, body, session, person, erased)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                        "ttiitttii", e->id, e->tour, (int64_t)seq, e->at.us,
                        event_type_name((enum event_type)e->type), s->body.p, e->session,
                        (int64_t)e->person, (int64_t)e->erased);
}

/* Takes the place of what it says when that was shredded before it got here. */
static enum err append_erased(struct event_store *s, const struct event *e, uint64_t seq) {
    struct event *bare = event_new((enum event_type)e->type, "", 0);
    if (!bare) {
        return ERR_NOMEM;
    }
    *bare = *e;
    bare->n = 0;
    bare->erased = true;
    enum err err = insert(s, bare, seq);
    mem_free(bare);
    return err;
}

enum err event_store_append(struct event_store *s, const struct event *e) {
    uint64_t seq;
    bool gone = false;
    enum err err = next_seq(s, e->tour, &seq);
    err = err == OK ? event_store_remember(s, e) : err;
    err = err == OK ? event_store_is_erased(s, e, &gone) : err;
    return err != OK ? err : gone ? append_erased(s, e, seq) : insert(s, e, seq);
}

/* ---- rows ---- */

#define COLUMNS "e.n, e.seq, e.id, e.tour, e.type, e.body"

static enum err read_row(sqlite3_stmt *q, struct event_row *ret) {
    *ret = (struct event_row){.n = sqlite3_column_int64(q, 0),
                              .seq = (uint64_t)sqlite3_column_int64(q, 1)};
    sql_text(q, 2, ret->id, sizeof(ret->id));
    sql_text(q, 3, ret->tour, sizeof(ret->tour));
    sql_text(q, 4, ret->type, sizeof(ret->type));
    const char *body = (const char *)sqlite3_column_text(q, 5);
    ret->body = mem_strdup(body ? body : "");
    if (!ret->body) {
        return ERR_NOMEM;
    }
    for (size_t n = strlen(ret->body); n > 0 && ret->body[n - 1] == ' ';) {
        ret->body[--n] = '\0'; /* one that is erased has kept its length */
    }
    return OK;
}

static void read_held(sqlite3_stmt *q, struct event_row *ret) {
    ret->held = true;
    ret->attempts = (uint32_t)sqlite3_column_int64(q, 6);
    sql_text(q, 7, ret->why, sizeof(ret->why));
}

static enum err one_row(struct event_store *s, sqlite3_stmt *q, bool held, struct event_row *ret) {
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    e = e == OK ? read_row(q, ret) : e;
    if (e == OK && held) {
        read_held(q, ret);
    }
    sql_give_back(&s->cache, q);
    return e;
}

/* ---- what a sink gets ---- */

enum err event_store_sink(struct event_store *s, const char *sink) {
    return sql_run_kept(&s->cache,
                        "INSERT INTO sink VALUES(?1, COALESCE((SELECT seq FROM sqlite_sequence"
                        " WHERE name = 'event'), 0), 1)"
                        " ON CONFLICT(name) DO UPDATE SET used = 1",
                        "t", sink);
}

enum err event_store_sinks(struct event_store *s, const char *const *names, size_t n) {
    enum err e = event_store_begin(s);
    if (e != OK) {
        return e;
    }
    e = sql_exec(s->db, "UPDATE sink SET used = 0");
    for (size_t i = 0; i < n && e == OK; i++) {
        e = event_store_sink(s, names[i]);
    }
    e = e == OK ? sql_exec(s->db, "DELETE FROM held WHERE sink IN"
                                  " (SELECT name FROM sink WHERE used = 0);"
                                  "DELETE FROM sink WHERE used = 0")
                : e;
    e = e == OK ? event_store_commit(s) : e;
    event_store_rollback(s);
    return e;
}

enum err event_store_want(struct event_store *s, const struct event_wants *w) {
    struct buffer b = buffer_fixed(s->types, sizeof(s->types));
    for (unsigned t = 0; t < EVENT_TYPE_COUNT; t++) {
        if (w->types & 1u << t) {
            buffer_printf(&b, ",%s,", event_type_name((enum event_type)t));
        }
    }
    CHECK(!b.bad);
    s->retry_most = w->retry_most;
    return sql_exec(s->db, "PRAGMA synchronous = NORMAL;");
}

/* Of each tour only the oldest that is held may go. */
static enum err held_due(struct event_store *s, const char *sink, wall_t wall,
                         struct event_row *ret) {
    int64_t latest = s->retry_most > 0 ? wall.us + s->retry_most : INT64_MAX;
    return one_row(s,
                   sql_borrow(&s->cache,
                              "SELECT " COLUMNS ", h.attempts, h.why"
                              " FROM held h JOIN event e ON e.n = h.n"
                              " WHERE h.sink = ?1 AND h.state IN (0, 2)"
                              " AND (h.next <= ?2 OR h.next > ?3) AND NOT EXISTS"
                              " (SELECT 1 FROM held o WHERE o.sink = ?1 AND o.state = h.state"
                              " AND o.tour = h.tour AND o.n < h.n) ORDER BY h.n LIMIT 1",
                              "tii", sink, wall.us, latest),
                   true, ret);
}

enum err event_store_numbers(struct event_store *s, sqlite3_stmt *q, int64_t *ret, int n) {
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    for (int i = 0; i < n; i++) {
        ret[i] = e == OK ? sqlite3_column_int64(q, i) : 0;
    }
    sql_give_back(&s->cache, q);
    return e;
}

/* ERR_UNKNOWN: it is not where it was: events are replayed. */
static enum err seen(struct event_store *s, const char *sink, int64_t from, int64_t to) {
    enum err e = sql_run_kept(&s->cache, "UPDATE sink SET done = ?3 WHERE name = ?1 AND done = ?2",
                              "tii", sink, from, to);
    return e == OK && sqlite3_changes(s->db) == 0 ? ERR_UNKNOWN : e;
}

#define WANTED "(?3 = '' OR instr(?3, ',' || e.type || ',') > 0)"

/* The first that it wants and of whose tour nothing is held. The others are passed over: those of a
 * tour of which something is held are found when that is settled. */
static enum err unseen(struct event_store *s, const char *sink, struct event_row *ret) {
    int64_t at[2]; /* how far it is, how far is looked now */
    enum err e =
        event_store_numbers(s,
                            sql_borrow(&s->cache,
                                       "SELECT s.done, MIN((SELECT MAX(n) FROM event), ?2 +"
                                       " (SELECT MIN(n) FROM event WHERE n > s.done))"
                                       " FROM sink s WHERE s.name = ?1",
                                       "ti", sink, (int64_t)PASSED_MAX - 1),
                            at, 2);
    if (e != OK || at[1] <= at[0]) {
        return e == OK ? ERR_UNKNOWN : e;
    }
    e = one_row(s,
                sql_borrow(&s->cache,
                           "SELECT " COLUMNS
                           " FROM event e WHERE e.n > ?2 AND e.n <= ?4 AND " WANTED
                           " AND NOT EXISTS (SELECT 1 FROM held"
                           " WHERE sink = ?1 AND state = 0 AND tour = e.tour)"
                           " ORDER BY e.n LIMIT 1",
                           "titi", sink, at[0], s->types, at[1]),
                false, ret);
    ret->after = at[0];
    if (e == ERR_UNKNOWN) {
        *ret = (struct event_row){0};
        e = seen(s, sink, at[0], at[1]);
        return e == ERR_UNKNOWN ? OK : e;
    }
    return e;
}

enum err event_store_next(struct event_store *s, const char *sink, wall_t wall,
                          struct event_row *ret, wall_t *ret_next) {
    int64_t next = INT64_MAX;
    enum err e = held_due(s, sink, wall, ret);
    e = e == ERR_UNKNOWN ? unseen(s, sink, ret) : e;
    if (e == ERR_UNKNOWN) {
        enum err c =
            event_store_numbers(s,
                                sql_borrow(&s->cache,
                                           "SELECT COALESCE(MIN(h.next), 9223372036854775807)"
                                           " FROM held h WHERE h.sink = ?1 AND h.state IN (0, 2)"
                                           " AND h.next > ?2",
                                           "ti", sink, wall.us),
                                &next, 1);
        e = c == OK ? e : c;
    }
    *ret_next = (wall_t){next};
    return e;
}

/* What is held is done with: the next of its tour takes its place. ERR_UNKNOWN: it is not held any
 * more. In a transaction. */
static enum err advance(struct event_store *s, const char *sink, const struct event_row *r) {
    int64_t next = 0;
    enum err e =
        event_store_numbers(s,
                            sql_borrow(&s->cache,
                                       "SELECT e.n FROM event e WHERE e.tour = ?4 AND e.n > ?2"
                                       " AND e.n <= (SELECT done FROM sink WHERE name = ?1)"
                                       " AND " WANTED " ORDER BY e.n LIMIT 1",
                                       "titt", sink, r->n, s->types, r->tour),
                            &next, 1);
    if (e != OK && e != ERR_UNKNOWN) {
        return e;
    }
    if (e == OK) {
        e = sql_run_kept(&s->cache,
                         "UPDATE OR REPLACE held SET n = ?3, attempts = 0, next = 0, why = ''"
                         " WHERE sink = ?1 AND n = ?2 AND state = 0",
                         "tii", sink, r->n, next);
        if (e != OK || sqlite3_changes(s->db) > 0) {
            return e;
        }
    }
    e = sql_run_kept(&s->cache, "DELETE FROM held WHERE sink = ?1 AND n = ?2 AND state <> 1", "ti",
                     sink, r->n);
    return e == OK && sqlite3_changes(s->db) == 0 ? ERR_UNKNOWN : e;
}

/* The end of a transaction in which ERR_UNKNOWN says that there is nothing to do after all. */
static enum err finish(struct event_store *s, enum err e) {
    e = e == OK ? event_store_commit(s) : e;
    event_store_rollback(s);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err event_store_settle(struct event_store *s, const char *sink, const struct event_row *r) {
    if (!r->held) {
        enum err e = seen(s, sink, r->after, r->n);
        return e == ERR_UNKNOWN ? OK : e;
    }
    enum err e = event_store_begin(s);
    return e == OK ? finish(s, advance(s, sink, r)) : e;
}

static enum err hold_again(struct event_store *s, const char *sink, const struct event_row *r,
                           const struct event_refusal *f) {
    return sql_run_kept(&s->cache,
                        "UPDATE held SET attempts = ?3, next = ?4, why = ?5"
                        " WHERE sink = ?1 AND n = ?2 AND state <> 1",
                        "tiiit", sink, r->n, (int64_t)r->attempts + 1, f->next.us, f->why);
}

static enum err hold_new(struct event_store *s, const char *sink, const struct event_row *r,
                         const struct event_refusal *f) {
    return sql_run_kept(&s->cache, "INSERT OR REPLACE INTO held VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                        "titiiit", sink, r->n, r->tour, (int64_t)r->attempts + 1, f->next.us,
                        (int64_t)f->dead, f->why);
}

enum err event_store_hold(struct event_store *s, const char *sink, const struct event_row *r,
                          const struct event_refusal *f) {
    if (r->held && !f->dead) {
        return hold_again(s, sink, r, f);
    }
    enum err e = event_store_begin(s);
    if (e != OK) {
        return e;
    }
    e = r->held ? advance(s, sink, r) : seen(s, sink, r->after, r->n);
    return finish(s, e == OK ? hold_new(s, sink, r, f) : e);
}

enum err event_store_counts(struct event_store *s, const char *sink, struct event_counts *ret) {
    sqlite3_stmt *q =
        sql_borrow(&s->cache,
                   "SELECT (SELECT COUNT(*) FROM held WHERE sink = ?1 AND state <> 1) +"
                   " (SELECT COUNT(*) FROM held h JOIN event e ON e.tour = h.tour"
                   " AND e.n > h.n WHERE h.sink = ?1 AND h.state = 0"
                   " AND e.n <= (SELECT done FROM sink WHERE name = ?1)),"
                   " (SELECT COUNT(*) FROM held WHERE sink = ?1 AND state = 1),"
                   " (SELECT MAX(0, COALESCE((SELECT MAX(n) FROM event), 0) - done)"
                   " FROM sink WHERE name = ?1)",
                   "t", sink);
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    if (e == OK) {
        *ret = (struct event_counts){.held = (uint64_t)sqlite3_column_int64(q, 0),
                                     .dead = (uint64_t)sqlite3_column_int64(q, 1),
                                     .waiting = (uint64_t)sqlite3_column_int64(q, 2)};
    }
    sql_give_back(&s->cache, q);
    return e;
}

/* ---- lists ---- */

static bool is_wanted(const struct event_page *p, sqlite3_stmt *q) {
    const char *type = p->type ? (const char *)sqlite3_column_text(q, 4) : NULL;
    return !p->type || (type && strcmp(type, p->type) == 0);
}

static enum err give_row(sqlite3_stmt *q, bool held, const struct event_page *p, bool *ret_more) {
    struct event_row r = {0};
    enum err e = read_row(q, &r);
    if (e == OK && held) {
        read_held(q, &r);
    }
    *ret_more = e == OK && p->each(p->ctx, &r);
    mem_free(r.body);
    return e;
}

static enum err each_row(struct event_store *s, sqlite3_stmt *q, bool held,
                         const struct event_page *p) {
    enum err e = q ? OK : sql_error(sqlite3_errcode(s->db));
    uint32_t looked = 0, given = 0;
    bool more = true;
    int64_t next = 0;
    while (e == OK && more && (e = sql_step(q)) == OK) {
        if (given == p->most || looked == LOOKED_MAX) {
            next = sqlite3_column_int64(q, 0);
            break;
        }
        looked++;
        if (is_wanted(p, q)) {
            given++;
            e = give_row(q, held, p, &more);
            next = more ? 0 : sqlite3_column_int64(q, 0) + 1;
        }
    }
    sql_give_back(&s->cache, q);
    if (p->ret_next) {
        *p->ret_next = next;
    }
    return e == ERR_UNKNOWN ? OK : e;
}

enum err event_store_dead(struct event_store *s, const char *sink, const struct event_page *p) {
    sqlite3_stmt *q = sql_borrow(&s->cache,
                                 "SELECT " COLUMNS ", h.attempts, h.why"
                                 " FROM held h JOIN event e ON e.n = h.n WHERE h.sink = ?1"
                                 " AND h.state = 1 AND h.n >= ?2 ORDER BY h.n",
                                 "ti", sink, p->from);
    return each_row(s, q, true, p);
}

enum err event_store_list(struct event_store *s, const char *tour, const struct event_page *p) {
    sqlite3_stmt *q =
        tour ? sql_borrow(&s->cache,
                          "SELECT " COLUMNS " FROM event e WHERE e.tour = ?1 AND e.n >= ?2"
                          " ORDER BY e.n",
                          "ti", tour, p->from)
             : sql_borrow(&s->cache, "SELECT " COLUMNS " FROM event e WHERE e.n >= ?1 ORDER BY e.n",
                          "i", p->from);
    return each_row(s, q, false, p);
}

enum err event_store_where(struct event_store *s, const char *sink, int64_t *ret_done,
                           int64_t *ret_last) {
    int64_t both[2];
    enum err e = event_store_numbers(s,
                                     sql_borrow(&s->cache,
                                                "SELECT done, COALESCE((SELECT seq FROM"
                                                " sqlite_sequence WHERE name = 'event'), 0)"
                                                " FROM sink WHERE name = ?1",
                                                "t", sink),
                                     both, 2);
    *ret_done = both[0];
    *ret_last = both[1];
    return e;
}

enum err event_store_first_since(struct event_store *s, wall_t wall, int64_t *ret) {
    return event_store_numbers(
        s,
        sql_borrow(&s->cache,
                   "SELECT COALESCE((SELECT MIN(n) FROM event WHERE at >= ?1),"
                   " (SELECT seq + 1 FROM sqlite_sequence WHERE name = 'event'), 1)",
                   "i", wall.us),
        ret, 1);
}

/* ---- again ---- */

enum err event_store_revive(struct event_store *s, const char *sink, int64_t n) {
    enum err e = sql_run_kept(&s->cache,
                              "UPDATE held SET state = 2, attempts = 0, next = 0"
                              " WHERE sink = ?1 AND state = 1 AND (?2 = 0 OR n = ?2)",
                              "ti", sink, n);
    return e == OK && sqlite3_changes(s->db) == 0 ? ERR_UNKNOWN : e;
}

enum err event_store_replay(struct event_store *s, const char *sink, int64_t n) {
    enum err e = event_store_begin(s);
    if (e != OK) {
        return e;
    }
    e = sql_run_kept(&s->cache, "DELETE FROM held WHERE sink = ?1 AND n >= ?2", "ti", sink, n);
    e = e == OK ? sql_run_kept(&s->cache,
                               "UPDATE sink SET done = ?2 - 1 WHERE name = ?1 AND done >= ?2", "ti",
                               sink, n)
                : e;
    e = e == OK ? event_store_commit(s) : e;
    event_store_rollback(s);
    return e;
}

/* ---- what has no end ---- */

#define RECORDING_OF(e) "json_extract(" e ".body, '$.data.recording')"

enum err event_store_unended(struct event_store *s, struct event_unended *ret) {
    enum err e = sql_exec(s->db, "CREATE INDEX IF NOT EXISTS event_type ON event(type, tour, n)");
    if (e != OK) {
        return e;
    }
    sqlite3_stmt *q = sql_borrow(
        &s->cache,
        "SELECT e.tour, json_extract(e.body, '$.metadata.sessionId'),"
        " json_extract(e.body, '$.data.title'), '' FROM event e"
        " WHERE e.type = 'tour.started' AND NOT EXISTS (SELECT 1 FROM event x"
        " WHERE x.type IN ('tour.started', 'tour.ended') AND x.tour = e.tour AND x.n > e.n)"
        " UNION ALL SELECT e.tour, json_extract(e.body, '$.metadata.sessionId'), '',"
        " " RECORDING_OF(
            "e") " FROM event e"
                 " WHERE e.type = 'recording.started' AND NOT EXISTS (SELECT 1 FROM event x"
                 " WHERE x.type = 'recording.completed' AND x.tour = e.tour AND x.n > e.n"
                 " AND " RECORDING_OF("x") " = " RECORDING_OF("e") ")"
                                                                   " LIMIT 1",
        "");
    e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    if (e == OK) {
        sql_text(q, 0, ret->tour, sizeof(ret->tour));
        sql_text(q, 1, ret->session, sizeof(ret->session));
        sql_text(q, 2, ret->title, sizeof(ret->title));
        sql_text(q, 3, ret->recording, sizeof(ret->recording));
    }
    sql_give_back(&s->cache, q);
    return e;
}
