/* The file with the password or the token by which a broker knows us. Thread: any. */
#ifndef ORIEL_SERVER_EVENTS_BROKER_SECRET_H
#define ORIEL_SERVER_EVENTS_BROKER_SECRET_H

#include "base/err.h"

#define BROKER_SECRET_MAX 8192 /* [bytes] of a file */

/* Its one line, without the end of it; wipe it and mem_free. file may be a credential of systemd
 * (files_credential). ERR_IO, ERR_LONG, ERR_FORMAT (not one line), ERR_DENIED (others may read it),
 * ERR_NOMEM, with the file's name in why[WHY_MAX]. */
enum err broker_secret_load(const char *file, char **ret, char why[WHY_MAX]);
/* A file that the broker's library reads by itself, later: is it there, and private? The same
 * errors. */
enum err broker_secret_check(const char *file, char why[WHY_MAX]);
/* Is one there that need not be private? ERR_IO. */
enum err broker_file_check(const char *file, char why[WHY_MAX]);
/* Wipe it and free it; NULL allowed; returns NULL. */
char *broker_secret_free(char *secret);

#endif
