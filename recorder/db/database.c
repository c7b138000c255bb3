#include "recorder/db/database.h"

#include "base/check.h"
#include "recorder/db/database_kind.h"

#include <stdarg.h>
#include <string.h>

struct db *db_close(struct db *d) {
    for (size_t i = 0; d && i < DB_ROWS_MAX; i++) {
        CHECK(!d->rows[i].db);
    }
    return d ? d->kind->close(d) : NULL;
}

static size_t read_values(struct db_value *out, const char *types, va_list ap) {
    size_t n = 0;
    for (; *types; types++, n++) {
        CHECK(n < DB_VALUES_MAX);
        struct db_value *v = &out[n];
        *v = (struct db_value){.type = *types};
        switch (*types) {
        case 'i':
            v->i = va_arg(ap, int64_t);
            break;
        case 't':
            v->p = va_arg(ap, const char *);
            break;
        case 'd':
            v->p = va_arg(ap, const void *);
            v->n = DB_ID_LEN;
            break;
        default:
            CHECK(*types == 'b');
            v->p = va_arg(ap, const void *);
            v->n = va_arg(ap, size_t);
        }
    }
    return n;
}

struct db_rows *db_query_of(struct db *d, const struct db_statement *s) {
    struct db_rows *r = NULL;
    for (size_t i = 0; i < DB_ROWS_MAX && !r; i++) {
        r = d->rows[i].db ? NULL : &d->rows[i];
    }
    CHECK(r && s->n <= DB_VALUES_MAX);
    *r = (struct db_rows){.db = d};
    d->error = d->kind->query(d, r, s);
    if (d->error != OK) {
        *r = (struct db_rows){0};
        return NULL;
    }
    return r;
}

static struct db_rows *query(struct db *d, const char *text, const char *types, va_list ap) {
    struct db_value values[DB_VALUES_MAX];
    struct db_statement s = {.text = text, .keep = true, .values = values};
    s.n = read_values(values, types, ap);
    return db_query_of(d, &s);
}

struct db_rows *db_query(struct db *d, const char *text, const char *types, ...) {
    va_list ap;
    va_start(ap, types);
    struct db_rows *r = query(d, text, types, ap);
    va_end(ap);
    return r;
}

enum err db_run(struct db *d, const char *text, const char *types, ...) {
    va_list ap;
    va_start(ap, types);
    struct db_rows *r = query(d, text, types, ap);
    va_end(ap);
    enum err e = r ? OK : d->error;
    while (e == OK) {
        e = db_next(r);
    }
    db_done(r);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err db_error(const struct db *d) {
    return d->error;
}

enum err db_next(struct db_rows *r) {
    return r->db->kind->next(r);
}

void db_done(struct db_rows *r) {
    if (r) {
        r->db->kind->done(r);
        *r = (struct db_rows){0};
    }
}

int64_t db_changes(const struct db *d) {
    return d->kind->changes(d);
}

enum err db_script(struct db *d, const char *text) {
    return d->kind->script(d, text);
}

int64_t db_int(struct db_rows *r, int column) {
    return r->db->kind->integer(r, column);
}

const char *db_str(struct db_rows *r, int column) {
    return r->db->kind->str(r, column);
}

struct bytes db_bytes(struct db_rows *r, int column) {
    return r->db->kind->bytes(r, column);
}

void db_text(struct db_rows *r, int column, char *out, size_t cap) {
    const char *text = db_str(r, column);
    size_t n = text ? strlen(text) : 0;
    n = n < cap ? n : cap - 1;
    if (n) {
        memcpy(out, text, n);
    }
    out[n] = '\0';
}

void db_blob(struct db_rows *r, int column, void *out, size_t n) {
    struct bytes b = db_bytes(r, column);
    if (b.n == n && n) {
        memcpy(out, b.p, n);
    } else {
        memset(out, 0, n);
    }
}

enum err db_begin(struct db *d) {
    return d->kind->begin(d, true);
}

enum err db_begin_reading(struct db *d) {
    return d->kind->begin(d, false);
}

enum err db_commit(struct db *d) {
    return d->kind->commit(d);
}

void db_rollback(struct db *d) {
    d->kind->rollback(d);
}

bool db_is_open(const struct db *d) {
    return d->kind->is_open(d);
}
