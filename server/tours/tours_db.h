/* The database of the tours that the API has made, state_dir/tours.db (SQLite, beside those of
 * recordings; nothing of it depends on these). What is written is durable when the call returns.
 * Owner: one thread. */
#ifndef ORIEL_SERVER_TOURS_TOURS_DB_H
#define ORIEL_SERVER_TOURS_TOURS_DB_H

#include "server/tours/kept_answer.h"
#include "server/tours/tour_record.h"

struct tours_db;

/* Open it, and make it when it is missing. ERR_FORMAT: damaged; ERR_UNSUPPORTED: of a later
 * release; ERR_IO, ERR_NOSPACE, ERR_NOMEM; why[WHY_MAX] says what to do. */
enum err tours_db_open(const char *path, struct tours_db **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct tours_db *tours_db_close(struct tours_db *db);
/* A copy of this moment, for a backup and back: errors of sql_copy_file. */
enum err tours_db_copy(const char *from, const char *to);
/* Hand all records to take, which owns them, in the order of their ids, until it says false
 * (ERR_NOMEM). */
enum err tours_db_each(struct tours_db *db, bool (*take)(void *ctx, struct tour_record *r),
                       void *ctx);
/* Several changes become durable at once: between these. A failure of commit undoes all. */
enum err tours_db_begin(struct tours_db *db);
enum err tours_db_commit(struct tours_db *db);
void tours_db_undo(struct tours_db *db);
/* The record is from now on the one of its id. */
enum err tours_db_put(struct tours_db *db, const struct tour_record *r);
/* What hashes of kept answers are made with: the same for ever, `fresh` the first time. */
enum err tours_db_seed(struct tours_db *db, uint64_t fresh, uint64_t *ret);
/* Keep it; those whose time is over at `now` go, and the oldest beyond `most`. */
enum err tours_db_put_answer(struct tours_db *db, const struct kept_answer *x, wall_t now,
                             size_t most);
/* Hand all that are kept to take, which owns them, oldest first, until it says false (ERR_NOMEM).
 */
enum err tours_db_each_answer(struct tours_db *db, bool (*take)(void *ctx, struct kept_answer *x),
                              void *ctx);
/* There is none of this id any more. */
enum err tours_db_remove(struct tours_db *db, const char *id);

#endif
