/* The thread that copies the ledger of events and the audit log into the database, and knows
 * whether that is there. It looks for what is new once a second. Owner: the control thread. */
#ifndef ORIEL_SERVER_LEDGER_LEDGER_THREAD_H
#define ORIEL_SERVER_LEDGER_LEDGER_THREAD_H

#include "server/audit/audit.h"
#include "server/ledger/ledger.h"

struct ledger_thread;

struct ledger_thread_config {
    struct ledger_config ledger; /* its texts, and those of the database, are borrowed */
    const struct audit *audit;   /* whose log it is, borrowed until the end; NULL: none */
};

/* ERR_NOMEM, ERR_IO, with why[WHY_MAX]; *ret untouched then. The database may be away. */
enum err ledger_thread_start(const struct ledger_thread_config *c, struct ledger_thread **ret,
                             char why[WHY_MAX]);
/* Ends what it is in; what is not copied then is after the next start. NULL allowed; returns NULL.
 */
struct ledger_thread *ledger_thread_stop(struct ledger_thread *t);

struct ledger_state {
    bool away;                   /* the database cannot be asked, or refuses */
    struct ledger_behind behind; /* as far as is known */
};
/* How it goes. Any thread. */
struct ledger_state ledger_thread_state(const struct ledger_thread *t);

#endif
