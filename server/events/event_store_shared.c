#include "server/events/event_store_shared.h"

#include "server/events/event_store_parts.h"

/* An event that is erased twice is noted twice: who copies says up to which place he has them, so
 * that what is erased while he copies is not taken for done. */
const char *event_store_shared_schema(void) {
    return "CREATE TABLE shared(one INTEGER PRIMARY KEY CHECK(one = 1), name TEXT NOT NULL);"
           "CREATE TABLE amended(place INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL);"
           "CREATE INDEX amended_n ON amended(n);"
           "CREATE TRIGGER event_amended AFTER UPDATE OF body ON event"
           " WHEN EXISTS (SELECT 1 FROM shared) BEGIN INSERT INTO amended(n) VALUES(new.n); END;"
           "CREATE TRIGGER event_forgotten AFTER DELETE ON event"
           " BEGIN DELETE FROM amended WHERE n = old.n; END;"
           "PRAGMA user_version = 4;";
}

static enum err one_id(struct event_store *s, sqlite3_stmt *q, char ret[ULID_CHARS + 1]) {
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    if (e == OK) {
        sql_text(q, 0, ret, ULID_CHARS + 1);
    }
    sql_give_back(&s->cache, q);
    return e;
}

enum err event_store_name(struct event_store *s, char ret[ULID_CHARS + 1]) {
    return one_id(s, sql_borrow(&s->cache, "SELECT name FROM shared", ""), ret);
}

enum err event_store_set_name(struct event_store *s, const char *name) {
    return sql_run_kept(&s->cache, "INSERT OR REPLACE INTO shared VALUES(1, ?1)", "t", name);
}

enum err event_store_last(struct event_store *s, int64_t *ret) {
    sqlite3_stmt *q =
        sql_borrow(&s->cache, "SELECT seq FROM sqlite_sequence WHERE name = 'event'", "");
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    *ret = e == OK ? sqlite3_column_int64(q, 0) : 0;
    sql_give_back(&s->cache, q);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err event_store_id(struct event_store *s, int64_t n, char ret[ULID_CHARS + 1]) {
    return one_id(s, sql_borrow(&s->cache, "SELECT id FROM event WHERE n = ?1", "i", n), ret);
}

#define COPIED "e.n, e.seq, e.at, e.erased, e.id, e.tour, e.type, e.body"

static void read_copy(sqlite3_stmt *q, struct event_copy *ret) {
    *ret = (struct event_copy){.n = sqlite3_column_int64(q, 0),
                               .seq = sqlite3_column_int64(q, 1),
                               .at = sqlite3_column_int64(q, 2),
                               .erased = sqlite3_column_int(q, 3) != 0};
    sql_text(q, 4, ret->id, sizeof(ret->id));
    sql_text(q, 5, ret->tour, sizeof(ret->tour));
    sql_text(q, 6, ret->type, sizeof(ret->type));
    const char *body = (const char *)sqlite3_column_text(q, 7);
    size_t n = body ? (size_t)sqlite3_column_bytes(q, 7) : 0;
    while (n > 0 && body[n - 1] == ' ') {
        n--; /* one that is erased has kept its length */
    }
    ret->body = bytes_of(body ? body : "", n);
}

/* The place of the last one that was taken is column 8. */
static enum err walk(struct event_store *s, sqlite3_stmt *q, int64_t *ret_place,
                     bool (*each)(void *ctx, const struct event_copy *e), void *ctx) {
    struct event_copy c;
    enum err e = q ? sql_step(q) : sql_error(sqlite3_errcode(s->db));
    while (e == OK) {
        read_copy(q, &c);
        if (!each(ctx, &c)) {
            break;
        }
        *ret_place = sqlite3_column_int64(q, 8);
        e = sql_step(q);
    }
    sql_give_back(&s->cache, q);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err event_store_copies(struct event_store *s, int64_t n,
                            bool (*each)(void *ctx, const struct event_copy *e), void *ctx) {
    int64_t last;
    return walk(s,
                sql_borrow(&s->cache,
                           "SELECT " COPIED ", e.n FROM event e WHERE e.n > ?1"
                           " ORDER BY e.n LIMIT ?2",
                           "ii", n, (int64_t)EVENT_COPIES),
                &last, each, ctx);
}

enum err event_store_amended(struct event_store *s, int64_t *ret_place,
                             bool (*each)(void *ctx, const struct event_copy *e), void *ctx) {
    *ret_place = 0;
    return walk(s,
                sql_borrow(&s->cache,
                           "SELECT " COPIED ", a.place FROM amended a JOIN event e ON e.n = a.n"
                           " ORDER BY a.place LIMIT ?1",
                           "i", (int64_t)EVENT_COPIES),
                ret_place, each, ctx);
}

enum err event_store_amended_done(struct event_store *s, int64_t place) {
    return sql_run_kept(&s->cache, "DELETE FROM amended WHERE place <= ?1", "i", place);
}
