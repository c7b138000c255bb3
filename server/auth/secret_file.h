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
/* Who owns a secret may read it; of some the group, too (group_file_wrong). */
enum secret_readers { SECRET_OWNER, SECRET_GROUP };
/* Without a look inside, for a file that a library reads: ERR_IO with errno, ERR_DENIED. */
enum err secret_file_check(const char *file, enum secret_readers readers, const char **ret_why);

#endif
