/* All files of secrets that a configuration names, looked at without being read: who else may read
 * or write them. Each is looked at once more, by the same judge, by whoever reads it
 * (recorder/store/private_file.h). */
#ifndef ORIEL_SERVER_BOOT_SECRET_FILES_H
#define ORIEL_SERVER_BOOT_SECRET_FILES_H

#include "server/config/config.h"

/* ERR_DENIED: why[WHY_MAX] says which file and what is wrong with it. One that is not there is for
 * whoever needs it to tell: it may be made at the start, or be a credential of a service that does
 * not run. */
enum err secret_files_check(const struct config *c, char why[WHY_MAX]);

#endif
