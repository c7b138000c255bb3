/* The parts of `oriel audit`. Each prints its results and returns the exit status. */
#ifndef ORIEL_SERVER_CLI_CLI_AUDIT_PARTS_H
#define ORIEL_SERVER_CLI_CLI_AUDIT_PARTS_H

#include "server/audit/audit_files.h"
#include "server/audit/audit_filter.h"
#include "server/config/config.h"

/* What was asked for; NULL or zero: not said. */
struct cli_audit_words {
    const char *config, *dir, *file, *keys;
    struct audit_filter filter; /* of list */
    struct audit_known known;
    bool no_key, json, database;
};

/* argv[0] is "verify" or "list". False: it is not understood. */
bool cli_audit_read(int argc, char **argv, struct cli_audit_words *ret);
/* 1 when anything is wrong, and where. cfg may be NULL when keys are named, or none are wanted. */
int cli_audit_verify(const struct config *cfg, const struct cli_audit_words *w);
/* What matches, oldest first. 1 when the log cannot be read to its end. */
int cli_audit_list(const struct cli_audit_words *w);

#endif
