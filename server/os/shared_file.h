/* Memory that outlives the process: a file in the runtime folder, mapped. What of it is to be used
 * must be backed first, for a page that a full file system has no place for would end the process
 * (SIGBUS) when it is written. Opened by one thread, then whoever has the memory; the file belongs
 * to nobody else. */
#ifndef ORIEL_SERVER_OS_SHARED_FILE_H
#define ORIEL_SERVER_OS_SHARED_FILE_H

#include "server/os/runtime_dir.h"

#include <stddef.h>

struct shared_file;

/* A new file of mode 0600 and this size, all zero, nothing of it backed. d is borrowed and outlives
 * it. *ret is untouched on failure, and why says what to do. ERR_EXISTS: there is one of that name;
 * ERR_IO; ERR_NOMEM. */
enum err shared_file_new(const struct runtime_dir *d, const char *name, size_t size,
                         struct shared_file **ret, char why[WHY_MAX]);
/* Where it lies, page-aligned, until shared_file_end. */
void *shared_file_at(const struct shared_file *f);
/* Its first n bytes, at most its size, may be used. A system call, which makes pages; false: there
 * is no place for them, and what was backed before still is. */
bool shared_file_back(struct shared_file *f, size_t n);
/* From now on it has this name, and what had it before is gone; a kill leaves one or the other.
 * ERR_IO with the reason in why: it has the name that it had. */
enum err shared_file_rename(struct shared_file *f, const char *name, char why[WHY_MAX]);
/* Nobody is to find it: what was backed is wiped, and the file removed. NULL allowed; returns
 * NULL. */
struct shared_file *shared_file_end(struct shared_file *f);

#endif
