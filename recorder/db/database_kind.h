/* What a kind of database does, for those that are one. */
#ifndef ORIEL_RECORDER_DB_DATABASE_KIND_H
#define ORIEL_RECORDER_DB_DATABASE_KIND_H

#include "recorder/db/database.h"

/* Rows that are lent. */
struct db_rows {
    struct db *db; /* NULL: nobody has them */
    void *of_kind;
    int row;
};

struct db_kind {
    struct db *(*close)(struct db *d); /* and free it; returns NULL */
    /* Fills in r->of_kind. */
    enum err (*query)(struct db *d, struct db_rows *r, const struct db_statement *s);
    enum err (*next)(struct db_rows *r);
    void (*done)(struct db_rows *r);
    int64_t (*integer)(struct db_rows *r, int column);
    struct bytes (*bytes)(struct db_rows *r, int column); /* as they are, or of a text */
    const char *(*str)(struct db_rows *r, int column);
    int64_t (*changes)(const struct db *d);
    enum err (*script)(struct db *d, const char *text);
    enum err (*begin)(struct db *d, bool write);
    enum err (*commit)(struct db *d);
    void (*rollback)(struct db *d);
    bool (*is_open)(const struct db *d);
};

/* The first member of each. */
struct db {
    const struct db_kind *kind;
    struct db_rows rows[DB_ROWS_MAX];
    enum err error;
};

#endif
