/* What of events and audit records is copied into the database, as the configuration says. */
#ifndef ORIEL_SERVER_BOOT_LEDGER_CONFIG_H
#define ORIEL_SERVER_BOOT_LEDGER_CONFIG_H

#include "server/config/config.h"
#include "server/ledger/ledger_thread.h"

/* Strings are borrowed from c. What is of the run is left empty: database, audit, and the file of
 * the tours. */
struct ledger_config ledger_configured(const struct config *c);

#endif
