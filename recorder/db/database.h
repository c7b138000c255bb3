/* A database in few words, whichever it is: a file of SQLite or a PostgreSQL. Who keeps something
 * in it writes one text for both, in what they have in common, with parameters ?1 or ?. Integers
 * are 64 bits, texts UTF-8 that sort by their bytes, ids and blobs bytes.
 *
 * All of a query's rows may lie in memory, so that others may be asked while they are read. After
 * an error inside a transaction nothing works before db_rollback. Owner: one thread. */
#ifndef ORIEL_RECORDER_DB_DATABASE_H
#define ORIEL_RECORDER_DB_DATABASE_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>

#define DB_ID_LEN 16     /* [bytes] */
#define DB_VALUES_MAX 48 /* parameters of a statement */
#define DB_ROWS_MAX 8    /* queries whose rows are read at the same time */

struct db;
struct db_rows;

/* A parameter: i an integer, t a text (p, with NUL), b bytes (p, n), d an id (p). */
struct db_value {
    char type;
    int64_t i;
    const void *p; /* borrowed */
    size_t n;      /* [bytes] */
};
struct db_statement {
    const char *text;
    bool keep; /* prepared once: text is a constant, its address is what it is found by */
    const struct db_value *values;
    size_t n;
};

/* NULL allowed; returns NULL. Nothing is lent. */
struct db *db_close(struct db *d);

/* Run a statement; types, one letter per parameter: i int64_t, t const char *, b const void * and
 * size_t, d const void * to DB_ID_LEN bytes. text as in db_statement.keep. NULL: db_error. */
struct db_rows *db_query(struct db *d, const char *text, const char *types, ...);
struct db_rows *db_query_of(struct db *d, const struct db_statement *s);
/* Why the last db_query gave no rows. ERR_BUSY and ERR_IO pass, ERR_NOSPACE: a full disk,
 * ERR_FORMAT: it is damaged, ERR_EXISTS: a broken uniqueness, ERR_NOMEM. */
enum err db_error(const struct db *d);
/* The next row, also the first: OK; ERR_UNKNOWN after the last one, which is no error of the
 * database; else as db_error. */
enum err db_next(struct db_rows *r);
/* Give back what db_query gave. NULL allowed. */
void db_done(struct db_rows *r);
/* As db_query, to the end. OK or as db_error. */
enum err db_run(struct db *d, const char *text, const char *types, ...);
/* How many rows the last db_run has made, changed or removed. */
int64_t db_changes(const struct db *d);
/* Statements without parameters, all of them. */
enum err db_script(struct db *d, const char *text);

/* Columns of the row, from 0. NULL is 0, "" and no bytes. */
int64_t db_int(struct db_rows *r, int column);
/* Borrowed until db_next or db_done. With a NUL behind it. NULL: out of memory. */
const char *db_str(struct db_rows *r, int column);
struct bytes db_bytes(struct db_rows *r, int column);
/* A text into out[cap], cut to fit. */
void db_text(struct db_rows *r, int column, char *out, size_t cap);
/* Bytes of exactly this number into out, else zeroes. */
void db_blob(struct db_rows *r, int column, void *out, size_t n);

/* Several calls as one (not nested). Who begins waits for who has begun, as db_error says. */
enum err db_begin(struct db *d);
/* To read what was at one moment; nobody waits. */
enum err db_begin_reading(struct db *d);
enum err db_commit(struct db *d);
/* Nothing when none is open. */
void db_rollback(struct db *d);
bool db_is_open(const struct db *d);

#endif
