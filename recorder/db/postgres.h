/* A PostgreSQL as a struct db, by libpq, whose types do not leave postgres.c. It connects when it
 * is first asked, and again when the connection is lost: then what is asked fails with ERR_IO at
 * once until the next try is due (POSTGRES_RETRY_FIRST, doubled to POSTGRES_RETRY_MAX). A
 * transaction in which it was lost stays lost until db_rollback. Nothing waits longer than it is
 * told to; waiting itself is the caller's (the core knows no clock and no socket). Of a commit
 * whose answer was lost nobody knows whether it happened.
 *
 * Commits are not synced (synchronous_commit off): the last ones may be lost with the power of the
 * database, in their order. POSTGRES_SYNC in a transaction has it, and all before it, synced. */
#ifndef ORIEL_RECORDER_DB_POSTGRES_H
#define ORIEL_RECORDER_DB_POSTGRES_H

#include "base/time.h"
#include "recorder/db/database.h"

#define POSTGRES_RETRY_FIRST (US_PER_S / 2)
#define POSTGRES_RETRY_MAX (10 * US_PER_S)
#define POSTGRES_PASSWORD_MAX 256 /* [bytes] with the NUL */
#define POSTGRES_WHY_MAX 240      /* [bytes] with the NUL */
#define POSTGRES_LEAST 130000     /* server version */

#define POSTGRES_SYNC "SET LOCAL synchronous_commit TO on"

/* All borrowed for as long as the struct db lives, but the struct itself is copied. */
struct postgres_config {
    /* A connection URI. Where its host is not this machine and it says no sslmode, that is
     * verify-full. */
    const char *url;
    const char *schema; /* ours, of letters and _; made when it is not there, by who writes */
    bool write;         /* the only one that does, of all processes: ERR_BUSY else */
    bool make;          /* one of several that write: the schema is made, too */
    us_t connect_most, answer_most; /* [us] */
    us_t (*clock)(void *ctx);
    /* Until the socket can be read (or written) or it is `until`: false then. */
    bool (*wait)(void *ctx, int socket, bool write, us_t until);
    /* NULL: none is needed. Called at each connection. */
    enum err (*password)(void *ctx, char out[POSTGRES_PASSWORD_MAX]);
    void *ctx;
};

/* What is done with each new connection before anything else, as the schema is looked at. Its
 * errors are those of what was asked. */
struct postgres_session {
    enum err (*begin)(void *ctx, struct db *d);
    void *ctx;
};

/* May this be a url? NULL, or what is wrong with it, for people. */
const char *postgres_url_wrong(const char *url);

/* Does not connect. ERR_NOMEM. */
enum err db_open_postgres(const struct postgres_config *c, const struct postgres_session *s,
                          struct db **ret);
/* Connect now, if need be. ERR_IO: it cannot be reached, or not for now; ERR_BUSY: another process
 * writes; ERR_UNSUPPORTED: it is too old, or not UTF-8; errors of the session. */
enum err db_connect(struct db *d);
/* What it, or the way to it, said last of an error; "" when nothing. Borrowed until the next call.
 */
const char *db_postgres_why(const struct db *d);
/* A statement that may last (VACUUM), alone: up to `most` [us]. */
enum err db_maintain(struct db *d, const char *text, us_t most);
/* It was asked for, and there is no connection now. */
bool db_is_away(const struct db *d);
/* How often it was connected. */
uint64_t db_connections(const struct db *d);

#endif
