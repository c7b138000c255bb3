/* The chains of audit records in the database, read again for who verifies them. Blocks. Owner: one
 * thread. */
#ifndef ORIEL_SERVER_LEDGER_LEDGER_CHAIN_H
#define ORIEL_SERVER_LEDGER_LEDGER_CHAIN_H

#include "server/audit/audit_chain.h"
#include "server/ledger/ledger.h"

struct db;

/* A connection that only reads. ERR_IO, ERR_NOMEM; ERR_UNKNOWN: nobody has written there yet; the
 * reason in why[WHY_MAX]. */
enum err ledger_chains_open(const struct postgres_config *database, struct db **ret,
                            char why[WHY_MAX]);
/* NULL allowed. */
void ledger_chains_close(struct db *d);
/* Their names in order, one after the other. Errors of db_next. */
enum err ledger_chains_each(struct db *d, void (*each)(void *ctx, const char *name), void *ctx);
/* Read all records of one through c, whose known[0] is where the copy says it ends, up to the first
 * that is wrong. *ret_fault as audit_walk and audit_chain_end say it. Errors of db_next: nothing is
 * known then. */
enum err ledger_chain_walk(struct db *d, const char *name, struct audit_chain *c,
                           enum audit_fault *ret_fault);

#endif
