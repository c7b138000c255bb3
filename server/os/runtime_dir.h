/* The folder of what a process leaves to the one after it (docs/survival.md). It is one server's at
 * a time, and nobody else's to read: what lies there are keys. Owner: the control thread. */
#ifndef ORIEL_SERVER_OS_RUNTIME_DIR_H
#define ORIEL_SERVER_OS_RUNTIME_DIR_H

#include "base/err.h"

#include <stdbool.h>

struct runtime_dir;

/* Makes the folder when it is missing (mode 0700; those above it must be there), and takes it for
 * this process. *ret is untouched on failure, and why says what to do. ERR_DENIED: it is not ours
 * alone; ERR_BUSY: another server has it; ERR_IO; ERR_NOMEM. */
enum err runtime_dir_open(const char *path, struct runtime_dir **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct runtime_dir *runtime_dir_close(struct runtime_dir *d);
/* Does what is written there stay in memory (tmpfs), and never come to a disk but by swap? */
bool runtime_dir_in_memory(const struct runtime_dir *d);
/* Wipes and removes this file, unread; false: it was not there, or cannot be removed. */
bool runtime_dir_remove(const struct runtime_dir *d, const char *name);
/* Wipes and removes every file in it, whatever that is: nothing is read. How many those were. */
unsigned runtime_dir_clear(const struct runtime_dir *d);
/* The open folder, for openat(2) and its like. */
int runtime_dir_fd(const struct runtime_dir *d);

#endif
