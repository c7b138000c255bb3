/* The audit log on the command line: what commands add to it, beside the server that may run.
 * Owner: the command. */
#ifndef ORIEL_SERVER_CLI_CLI_AUDIT_H
#define ORIEL_SERVER_CLI_CLI_AUDIT_H

#include "server/audit/audit_log.h"
#include "server/config/config.h"

/* Zero: nothing is recorded. */
struct cli_audit {
    struct audit_log *log;
    const char *who; /* the account that orders */
    bool mandatory;  /* what cannot be recorded is not done */
};

/* Open the log of the configuration. With audit.mandatory a status after a message when it cannot
 * be; else CLI_OK, and a message. */
int cli_audit_begin(struct cli_audit *a, const struct config *cfg);
/* Something was done, or not (code; NULL: it was), on the disk when this returns. False, after a
 * message: it could not be recorded. */
bool cli_audit_say(struct cli_audit *a, enum audit_action what, const char *recording,
                   const char *detail, const char *code);
/* Something is about to be deleted: who orders it is on the disk before that, so that a crash in
 * between leaves an order without an outcome and no deletion without an order. False, after a
 * message: it must be recorded and cannot be, so do nothing. */
bool cli_audit_order(struct cli_audit *a, const char *recording, const char *detail);
/* Sign what was said, and close. */
void cli_audit_end(struct cli_audit *a);

#endif
