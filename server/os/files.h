/* Small file chores of the rim. */
#ifndef ORIEL_SERVER_OS_FILES_H
#define ORIEL_SERVER_OS_FILES_H

#include "base/bytes.h"
#include "base/err.h"

/* The path that a key of the configuration means: "credential:NAME" is the file NAME in the folder
 * that systemd gives the service ($CREDENTIALS_DIRECTORY, systemd.exec(5) LoadCredential=). It is
 * text itself, or in out of PATH_MAX bytes; "" when it would be too long. */
const char *files_credential(const char *text, char *out);
/* A whole file into a NUL-terminated buffer (mem_free it); at most max bytes. ERR_IO, ERR_LONG,
 * ERR_NOMEM. */
enum err files_read(const char *file, size_t max, char **ret, size_t *ret_n);
/* Create every directory above `file` with mode 0700. ERR_IO, errno kept. */
enum err files_make_parents(const char *file);
/* Write a new file of mode 0600, complete or not at all. ERR_EXISTS when it is there already,
 * ERR_IO with errno kept. */
enum err files_create(const char *file, struct bytes contents);

#endif
