/* The ledger of events, the audit log and the list of tours in a PostgreSQL (database.url), each
 * row once. What
 * happens is written where it always is, in files of this machine, and copied from there: so
 * nothing waits for the database, nothing that was written is lost when it, or this process, dies,
 * and what happened while it was away waits on the disk. How far the copy is stands in the database
 * beside the rows, in the same transaction, and is asked there: of a commit whose answer was lost
 * that says whether it happened.
 *
 * Each node has a ledger and a chain of its own, under a name that it gives itself: an act is
 * recorded, and signed, without asking anybody (docs/audit.md). Blocks. Owner: one thread. */
#ifndef ORIEL_SERVER_LEDGER_LEDGER_H
#define ORIEL_SERVER_LEDGER_LEDGER_H

#include "base/err.h"
#include "base/time.h"
#include "recorder/db/postgres.h"

#include <stdint.h>

struct ledger;

#define LEDGER_SCHEMA "oriel_ledger"

/* Borrowed for as long as the ledger lives. */
struct ledger_config {
    const struct postgres_config *database;
    const char *events, *tours; /* files; "": there is none, and likewise */
    const char *audit;          /* folder of the audit log */
    us_t keep_events;           /* [us] those that happened before are removed from the database */
    us_t keep_audit;            /* [us] 0: for ever */
};

/* Does not connect. ERR_NOMEM. */
enum err ledger_open(const struct ledger_config *c, struct ledger **ret);
/* NULL allowed; returns NULL. */
struct ledger *ledger_close(struct ledger *l);

struct ledger_turn {
    wall_t wall;
    us_t now;
    uint64_t audit_last; /* the last record that is on the disk */
};
/* Copy a part of what is not there yet, and erase there what was erased here. *ret_more: there is
 * more of it. ERR_IO, ERR_BUSY: the database is away, or will not, and it is tried again with the
 * next call; ERR_UNSUPPORTED: it is of a later release; ERR_NOMEM, ERR_FORMAT, ERR_NOSPACE. */
enum err ledger_step(struct ledger *l, const struct ledger_turn *t, bool *ret_more);
/* Why that failed, for people. Borrowed until the next call. */
const char *ledger_why(const struct ledger *l);
/* Is there a connection? */
bool ledger_is_away(const struct ledger *l);

/* What is not copied yet, as of the last step. */
struct ledger_behind {
    uint64_t events, audit;
};
struct ledger_behind ledger_behind(const struct ledger *l);

#endif
