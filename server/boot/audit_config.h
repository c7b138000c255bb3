/* What the configuration says of the audit log: for the server, and for the command line. */
#ifndef ORIEL_SERVER_BOOT_AUDIT_CONFIG_H
#define ORIEL_SERVER_BOOT_AUDIT_CONFIG_H

#include "server/audit/audit.h"
#include "server/config/config.h"

#include <limits.h>

/* Memory for what the result points to. */
struct audit_paths {
    char key[PATH_MAX];
};

/* Borrows cfg and paths. */
struct audit_config audit_configured(const struct config *cfg, struct audit_paths *paths);

#endif
