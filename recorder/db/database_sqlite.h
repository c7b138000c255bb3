/* A file of SQLite as a struct db. */
#ifndef ORIEL_RECORDER_DB_DATABASE_SQLITE_H
#define ORIEL_RECORDER_DB_DATABASE_SQLITE_H

#include "recorder/db/database.h"
#include "recorder/db/sql.h"

/* As sql_open. */
enum err db_open_file(const char *path, bool create, struct db **ret);
/* What else sql.h does with it; borrowed. NULL: it is no file of SQLite. */
sqlite3 *db_file(struct db *d);

#endif
