/* What the files of the wraps' database share. Owner: one thread. */
#ifndef ORIEL_RECORDER_SEAL_WRAPS_DB_H
#define ORIEL_RECORDER_SEAL_WRAPS_DB_H

#include "recorder/db/sql.h"
#include "recorder/seal/wraps.h"

struct wraps {
    sqlite3 *db;
};

/* Bring the schema to WRAPS_SCHEMA (create), or see one of an earlier release as if it were of this
 * one. ERR_UNSUPPORTED: of a later release. */
enum err wraps_check_schema(struct wraps *w, bool create);
/* ERR_DENIED: the recording is held. For within a transaction. */
enum err wraps_refuse_held(struct wraps *w, const struct id *recording);
/* What the last failure on the connection means here. */
enum err wraps_failed(struct wraps *w);
/* Step a statement that gives one row, or ERR_UNKNOWN; NULL: it could not be prepared. */
enum err wraps_one_row(struct wraps *w, sqlite3_stmt *s);

#endif
