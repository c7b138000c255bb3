/* The tours that the API of this node has made, in the database. */
#include "base/json_write.h"
#include "server/ledger/ledger_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The file is made by who keeps tours. */
enum err ledger_look_tours(struct ledger *l) {
    char why[WHY_MAX];
    enum err e = OK;
    if (!l->tours) {
        e = !*l->c.tours || access(l->c.tours, F_OK) != 0
                ? ERR_UNKNOWN
                : tours_db_open(l->c.tours, &l->tours, why);
    }
    if (e != OK) {
        return e == ERR_UNKNOWN ? OK : e;
    }
    return tours_shared_last(l->tours, &l->tours_last);
}

static enum err rename_list(struct ledger *l, wall_t wall) {
    ledger_new_name(l, wall, l->list);
    enum err e = tours_shared_set_name(l->tours, l->list);
    if (e != OK) {
        *l->list = '\0';
    }
    l->tours_at = -1;
    return e == OK ? tours_shared_last(l->tours, &l->tours_last) : e;
}

static enum err find_name(struct ledger *l, wall_t wall) {
    enum err e = *l->list ? OK : tours_shared_name(l->tours, l->list);
    return e == ERR_UNKNOWN ? rename_list(l, wall) : e;
}

static bool put_tour(void *ctx, const struct tour_change *c) {
    struct ledger *l = ctx;
    struct buffer *b = &l->rows;
    if (!ledger_rows_fit(l, strlen(c->property))) {
        return false;
    }
    json_open(b, NULL, '{');
    json_put_string(b, "id", c->id);
    json_put_bool(b, "removed", c->removed);
    json_put_string(b, "name", c->name);
    json_put_string(b, "title", c->title);
    json_put_string(b, "made_by", c->made_by);
    json_put_string(b, "property", c->property);
    json_put_int(b, "starts_at", c->starts_at);
    json_put_int(b, "ends_at", c->ends_at);
    json_put_int(b, "created_at", c->created_at);
    json_put_int(b, "updated_at", c->updated_at);
    json_put_int(b, "ended_at", c->ended_at);
    json_put_int(b, "version", c->version);
    json_close(b, '}');
    l->n_rows++;
    l->tours_to = c->place;
    return !b->bad;
}

#define COLUMNS                                                                             \
    "id, list, name, title, made_by, property, starts_at, ends_at, created_at, updated_at," \
    " ended_at, version"

/* Those that changed go, and come again as they are. */
static enum err write_rows(struct ledger *l) {
    enum err e = db_run(l->db,
                        "DELETE FROM tours WHERE id IN (SELECT x.id"
                        " FROM json_to_recordset(?1::json) AS x(id text))",
                        "t", l->rows.p);
    e = e == OK ? db_run(l->db,
                         "INSERT INTO tours(" COLUMNS ") SELECT x.id, ?1, x.name, x.title,"
                         " x.made_by, x.property, x.starts_at, x.ends_at, x.created_at,"
                         " x.updated_at, x.ended_at, x.version FROM json_to_recordset(?2::json) AS"
                         " x(id text, removed boolean, name text, title text, made_by text,"
                         " property text, starts_at bigint, ends_at bigint, created_at bigint,"
                         " updated_at bigint, ended_at bigint, version bigint)"
                         " WHERE NOT x.removed",
                         "tt", l->list, l->rows.p)
                : e;
    return e == OK ? db_run(l->db, "UPDATE lists SET place = ?2 WHERE name = ?1", "ti", l->list,
                            l->tours_to)
                   : e;
}

/* ERR_WRONG_STATE: the copy knows more than there was here. */
static enum err copy_some(struct ledger *l) {
    struct ledger_place p = {.ask = "SELECT place, '' FROM lists WHERE name = ?1 FOR UPDATE",
                             .make = "INSERT INTO lists VALUES(?1, 0)"};
    enum err e = ledger_find_place(l, l->list, &p);
    if (e != OK || p.n > l->tours_last) {
        return e != OK ? e : ERR_WRONG_STATE;
    }
    ledger_rows_begin(l);
    l->tours_to = l->tours_last; /* if what is between was changed again, or forgotten */
    json_open(&l->rows, NULL, '[');
    e = tours_shared_changes(l->tours, p.n, put_tour, l);
    json_close(&l->rows, ']');
    if (e != OK || l->rows.bad || l->n_rows == 0) {
        return e == OK && l->rows.bad ? ERR_NOMEM : e;
    }
    return write_rows(l);
}

enum err ledger_copy_tours(struct ledger *l, const struct ledger_turn *t, bool *ret_more) {
    if (!l->tours || l->tours_at == l->tours_last) {
        return OK;
    }
    enum err e = find_name(l, t->wall);
    if (e != OK) {
        return e;
    }
    e = db_begin_reading(l->db);
    e = e == OK ? copy_some(l) : e;
    e = e == OK ? db_commit(l->db) : e;
    db_rollback(l->db);
    if (e == ERR_WRONG_STATE) {
        *ret_more = true;
        return rename_list(l, t->wall);
    }
    if (e == OK) {
        l->tours_at = l->tours_to;
        *ret_more = *ret_more || l->tours_to < l->tours_last;
        e = tours_shared_done(l->tours, l->tours_at);
    }
    return e;
}
