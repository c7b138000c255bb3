/* Prepared statements that are kept for the next time, each under its text. A connection prepares
 * the same few statements for every journal entry; parsing them costs more than running them.
 * Owner: the thread of its connection. */
#ifndef ORIEL_RECORDER_DB_SQL_CACHE_H
#define ORIEL_RECORDER_DB_SQL_CACHE_H

#include "recorder/db/sql.h"

#include <stdbool.h>

#define SQL_CACHE_MAX 48 /* statements kept; more are prepared each time */

struct sql_cache {
    sqlite3 *db; /* borrowed */
    struct sql_kept {
        const char *text;
        sqlite3_stmt *s;
        bool lent;
    } kept[SQL_CACHE_MAX];
};

/* As sql_prepare. text is a constant: its address is what it is found by. Give it back. */
sqlite3_stmt *sql_borrow(struct sql_cache *c, const char *text, const char *types, ...);
/* Give back what sql_borrow gave; its rows end. Damage that it met is noted (sql_suspect). NULL
 * allowed. */
void sql_give_back(struct sql_cache *c, sqlite3_stmt *s);
/* As sql_run. */
enum err sql_run_kept(struct sql_cache *c, const char *text, const char *types, ...);
/* Forget all statements, before the connection is closed. None is lent. */
void sql_cache_clear(struct sql_cache *c);

#endif
