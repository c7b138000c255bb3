/* Files that hold a secret are read only where nobody but their owner can read them. */
#ifndef ORIEL_SERVER_AUTH_SECRET_FILE_H
#define ORIEL_SERVER_AUTH_SECRET_FILE_H

#include "base/err.h"

#include <stddef.h>

/* As files_read, whose errors these are; and ERR_DENIED for a file that
 * recorder/store/private_file.h refuses. *ret_why says what is wrong, for people; it stays until
 * the next call of anybody to strerror. */
enum err secret_file_read(const char *file, size_t max, char **ret, size_t *ret_n,
                          const char **ret_why);

#endif
