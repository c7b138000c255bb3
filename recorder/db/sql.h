/* SQLite in a few words, for whoever keeps a database of his own: the wrapped keys and the
 * catalogue. Owner: one thread per connection. */
#ifndef ORIEL_RECORDER_DB_SQL_H
#define ORIEL_RECORDER_DB_SQL_H

#include "base/bytes.h"
#include "base/err.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>

#define SQL_ID_LEN 16 /* [bytes] */

/* Open with a busy time-out, and without temporary files. create: make the file when missing, else
 * ERR_UNKNOWN; and nobody but the owner may read it or its log. ERR_IO, ERR_NOMEM. */
enum err sql_open(const char *path, bool create, sqlite3 **ret);
/* A copy of this moment as a new file that only the owner may read; the caller syncs it. ERR_IO:
 * also when the file is there; ERR_NOSPACE. */
enum err sql_copy(sqlite3 *db, const char *path);
/* The same of the file at `from`, whoever writes it, synced as its folder is; it has its name when
 * it is whole. ERR_UNKNOWN: it is not there; ERR_EXISTS: the other one is; ERR_LONG, ERR_FORMAT,
 * ERR_IO, ERR_NOSPACE. */
enum err sql_copy_file(const char *from, const char *to);
/* What a result code of SQLite means here. ERR_FORMAT: the file is damaged, or none of SQLite's. */
enum err sql_error(int code);
/* Statements without parameters, all of them. */
enum err sql_exec(sqlite3 *db, const char *text);
/* The number that the owner of the tables has given them (PRAGMA user_version); 0: none yet. */
enum err sql_version(sqlite3 *db, int64_t *ret);
/* Look through the whole file (PRAGMA quick_check). ERR_FORMAT: it is damaged. */
enum err sql_check(sqlite3 *db);

/* Damage is looked for when a database is opened for writing, but a start may not last as long as
 * the file is large: a small one is always checked; a larger one when it was not closed in good
 * order, for its log lies there; and one of any size when a statement has met damage since. */
#define SQL_CHECK_ALWAYS (16 << 20) /* [bytes] about 40 ms */
#define SQL_CHECK_LOG (256 << 20)   /* [bytes] some seconds from a slow disk */
/* Before opening: should sql_check be called? */
bool sql_wants_check(const char *path);
/* Damage was met: a file beside the database (suffix "-suspect") says so until sql_trust. */
void sql_suspect(sqlite3 *db);
/* sql_check found nothing. */
void sql_trust(const char *path);
/* Prepare and bind. types, one letter per parameter: i int64_t, t const char *, b const void *
 * and size_t, d const void * to SQL_ID_LEN bytes (an id). NULL on failure; then
 * sql_error(sqlite3_errcode(db)). */
sqlite3_stmt *sql_prepare(sqlite3 *db, const char *text, const char *types, ...);
/* The binding alone, of all parameters. SQLite's result code. */
int sql_bind(sqlite3_stmt *s, const char *types, va_list ap);
/* Prepare, bind and run to the end. ERR_EXISTS for a broken uniqueness. */
enum err sql_run(sqlite3 *db, const char *text, const char *types, ...);
/* Move the log into the database and truncate it: it keeps old page images, so this is part of
 * forgetting. ERR_BUSY when a reader is in the way. */
enum err sql_truncate_log(sqlite3 *db);
/* The next row: OK; ERR_UNKNOWN after the last one (not an error of the database). */
enum err sql_step(sqlite3_stmt *s);
/* A text column into out[cap], cut to fit; NULL is "". */
void sql_text(sqlite3_stmt *s, int column, char *out, size_t cap);
/* A blob column of exactly n bytes into out, else zeroes. */
void sql_blob(sqlite3_stmt *s, int column, void *out, size_t n);

#endif
