/* The databases that are not the recorder's, in backups: the tours of the API, and the ledger of
 * events. */
#ifndef ORIEL_SERVER_CLI_CLI_DATABASES_H
#define ORIEL_SERVER_CLI_CLI_DATABASES_H

#include "base/err.h"

/* Each as a copy of this moment into the folder, also while a server writes it; one that is not
 * there is left out. ctx: the configuration. ERR_IO, ERR_NOSPACE, ERR_FORMAT (damaged);
 * why[WHY_MAX]. */
enum err cli_databases_out(void *ctx, const char *folder, char why[WHY_MAX]);
/* Each from the folder to where it belongs. One that is there already stays, which is said: it is
 * newer than the copy. Errors as before. */
enum err cli_databases_in(void *ctx, const char *folder, char why[WHY_MAX]);

#endif
