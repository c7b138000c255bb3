/* The ledger of events of this node, in the database. */
#include "base/json_write.h"
#include "server/ledger/ledger_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The file is made by who writes events, if anybody does. */
static enum err open_events(struct ledger *l) {
    char why[WHY_MAX];
    if (l->events) {
        return OK;
    }
    return !*l->c.events || access(l->c.events, F_OK) != 0
               ? ERR_UNKNOWN
               : event_store_open(l->c.events, &l->events, why);
}

static enum err rename_ledger(struct ledger *l, wall_t wall) {
    ledger_new_name(l, wall, l->name);
    enum err e = event_store_set_name(l->events, l->name);
    if (e != OK) {
        *l->name = '\0';
    }
    l->at = -1;
    return e;
}

static enum err find_name(struct ledger *l, wall_t wall) {
    enum err e = *l->name ? OK : event_store_name(l->events, l->name);
    return e == ERR_UNKNOWN ? rename_ledger(l, wall) : e;
}

/* Is the copy one of this file? An older file may have been put back, or another machine's. */
static enum err check_same(struct ledger *l, int64_t at, const char *id, int64_t last) {
    char here[ULID_CHARS + 1];
    enum err e = at == 0     ? ERR_UNKNOWN
                 : at > last ? ERR_WRONG_STATE
                             : event_store_id(l->events, at, here);
    return e == OK ? (strcmp(here, id) == 0 ? OK : ERR_WRONG_STATE) : e == ERR_UNKNOWN ? OK : e;
}

static bool put_row(void *ctx, const struct event_copy *c) {
    struct ledger *l = ctx;
    struct buffer *b = &l->rows;
    if (!ledger_rows_fit(l, c->body.n)) {
        return false;
    }
    json_open(b, NULL, '{');
    json_put_string(b, "id", c->id);
    json_put_int(b, "n", c->n);
    json_put_string(b, "tour", c->tour);
    json_put_int(b, "seq", c->seq);
    json_put_int(b, "at", c->at);
    json_put_string(b, "type", c->type);
    json_put_bool(b, "erased", c->erased);
    json_put_string_n(b, "body", (const char *)c->body.p, c->body.n);
    json_close(b, '}');
    l->n_rows++;
    l->last_n = c->n;
    memcpy(l->last_id, c->id, sizeof(l->last_id));
    return !b->bad;
}

#define ROWS(parameter)                                                 \
    " FROM json_to_recordset(" parameter                                \
    "::json) AS x(id text, n bigint, tour text, seq bigint, at bigint," \
    " type text, erased boolean, body text)"

/* One that is there was copied under an earlier name: it may have been erased since. */
static enum err insert(struct ledger *l) {
    enum err e =
        db_run(l->db,
               "INSERT INTO events(id, ledger, n, tour, seq, at, type, erased, body)"
               " SELECT x.id, ?1, x.n, x.tour, x.seq, x.at, x.type, x.erased, x.body" ROWS(
                   "?2") " ON CONFLICT(id) DO UPDATE SET body = excluded.body, erased = true"
                         " WHERE excluded.erased AND NOT events.erased",
               "tt", l->name, l->rows.p);
    return e == OK ? db_run(l->db, "UPDATE ledgers SET n = ?2, id = ?3 WHERE name = ?1", "tit",
                            l->name, l->last_n, l->last_id)
                   : e;
}

/* ERR_WRONG_STATE: the copy is of something else. *ret_n: where it is now. */
static enum err copy_some(struct ledger *l, int64_t last, int64_t *ret_n) {
    struct ledger_place p = {.ask = "SELECT n, id FROM ledgers WHERE name = ?1 FOR UPDATE",
                             .make = "INSERT INTO ledgers VALUES(?1, 0, '')"};
    enum err e = ledger_find_place(l, l->name, &p);
    e = e == OK ? check_same(l, p.n, p.what, last) : e;
    *ret_n = p.n;
    if (e != OK) {
        return e;
    }
    ledger_rows_begin(l);
    json_open(&l->rows, NULL, '[');
    e = event_store_copies(l->events, *ret_n, put_row, l);
    json_close(&l->rows, ']');
    if (e != OK || l->rows.bad || l->n_rows == 0) {
        *ret_n = e == OK && !l->rows.bad ? last : *ret_n; /* those between are forgotten */
        return e == OK && l->rows.bad ? ERR_NOMEM : e;
    }
    *ret_n = l->last_n;
    return insert(l);
}

enum err ledger_look_events(struct ledger *l) {
    enum err e = open_events(l);
    if (e != OK) {
        return e == ERR_UNKNOWN ? OK : e;
    }
    return event_store_last(l->events, &l->last);
}

enum err ledger_copy_events(struct ledger *l, const struct ledger_turn *t, bool *ret_more) {
    int64_t last = l->last, at = 0;
    if (!l->events || l->at == last) {
        return OK;
    }
    enum err e = find_name(l, t->wall);
    if (e != OK) {
        return e;
    }
    e = db_begin_reading(l->db); /* of this name nobody else writes: a row is locked */
    e = e == OK ? copy_some(l, last, &at) : e;
    e = e == OK ? db_commit(l->db) : e;
    db_rollback(l->db);
    if (e == ERR_WRONG_STATE) {
        *ret_more = true;
        return rename_ledger(l, t->wall);
    }
    if (e == OK) {
        l->at = l->known = at;
        *ret_more = *ret_more || at < last;
    }
    return e;
}

/* ---- erasing ---- */

static enum err erase_rows(struct ledger *l) {
    enum err e = db_begin_reading(l->db);
    e = e == OK ? db_script(l->db, POSTGRES_SYNC) : e; /* what is done is not noted any more */
    e = e == OK ? db_run(l->db,
                         "UPDATE events SET body = x.body, erased = true" ROWS(
                             "?1") " WHERE events.id = x.id",
                         "t", l->rows.p)
                : e;
    e = e == OK ? db_commit(l->db) : e;
    db_rollback(l->db);
    return e;
}

enum err ledger_erase_events(struct ledger *l, bool *ret_more) {
    int64_t place = 0;
    if (!l->events) {
        return OK;
    }
    ledger_rows_begin(l);
    json_open(&l->rows, NULL, '[');
    enum err e = event_store_amended(l->events, &place, put_row, l);
    json_close(&l->rows, ']');
    if (e != OK || l->n_rows == 0) {
        return e;
    }
    e = l->rows.bad ? ERR_NOMEM : erase_rows(l);
    e = e == OK ? event_store_amended_done(l->events, place) : e;
    l->vacuum = l->vacuum || e == OK;
    *ret_more = *ret_more || e == OK;
    return e;
}
