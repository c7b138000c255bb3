/* The secret that tokens are signed with, in its file. */
#ifndef ORIEL_SERVER_AUTH_AUTH_SECRET_H
#define ORIEL_SERVER_AUTH_AUTH_SECRET_H

#include "base/err.h"

#include <stdbool.h>

/* The first line of a secret file (mem_free and wipe it). With `create`, a missing file is made:
 * mode 0600, 32 random bytes in hex, directories included. ERR_IO, ERR_SHORT (under 32 bytes),
 * ERR_NOMEM; the reason with the file's name in why. */
enum err auth_secret_load(const char *file, bool create, char **ret, char why[WHY_MAX]);

#endif
