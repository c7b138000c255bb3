/* Backup and restore of a state directory: databases, signing key and, unless they lie elsewhere,
 * the objects. The key that wraps (key file, token) is never in a backup: it is kept apart.
 *
 * A backup may be made beside the running server. What it holds belongs together, because things
 * are copied in the opposite order to that in which they are made: the catalogue first, so that it
 * names no manifest that is not there; then manifests, then journals, then everything they speak
 * of; then the wraps, so that every object has its key. What was made in between is in the backup
 * as a crash at that moment would have left it, and recovery finishes it. Blocks. Owner: one
 * thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_BACKUP_H
#define ORIEL_RECORDER_ARCHIVE_BACKUP_H

#include "recorder/archive/archive.h"

#define BACKUP_LABEL "backup" /* the file that says that a backup is whole; written last */

struct backup_report {
    uint64_t objects, bytes;
    uint64_t recordings; /* in wraps.db */
    uint64_t erased;     /* recordings, persons and redactions that were carried out again */
    uint64_t other_key;  /* redactions of which the keys are under another key than the backup's */
    bool waiting;        /* objects are neither in the backup nor in the far store: they wait */
};

/* What else belongs to a backup, and is not the recorder's: called with its folder, before wraps.db
 * is copied there, or before it gets its name in what is brought back, so that what it knows to be
 * shredded can be looked for in what was copied. Errors end it, with the reason in why[WHY_MAX]. */
struct backup_more {
    enum err (*copy)(void *ctx, const char *folder, char why[WHY_MAX]);
    void *ctx;
};

/* Into the folder dir, which is made and must not exist or be empty (ERR_EXISTS). objects: those of
 * a spool folder and of the bucket behind it alike; false: the store is somewhere else and has its
 * own copies, but not of what waits for it on this machine. On an error what was copied stays and
 * is no backup. ERR_IO, ERR_NOSPACE, ERR_NOMEM, errors of the store; the reason in why[WHY_MAX]. */
struct backup_order {
    const char *state; /* the state directory that the archive is of */
    const char *dir;
    bool objects;
    wall_t at;
    const struct backup_more *more; /* NULL: nothing */
};
enum err backup_make(struct archive *a, const struct backup_order *o, struct backup_report *ret,
                     char why[WHY_MAX]);

/* Make dir, in which no recordings are (ERR_EXISTS), what the backup `from` was made of. `shredded`
 * NULL, or the path of a wraps.db that is newer than the backup: what was shredded or redacted
 * according to it is erased again, as is what the backup itself says, before anything can be read.
 * ERR_UNKNOWN: `from` is no backup that is whole. Errors as before; after one, empty dir and begin
 * again. */
struct restore_order {
    const char *from, *dir, *shredded;
    const struct backup_more *more; /* NULL: nothing */
};
enum err backup_restore(const struct restore_order *o, struct backup_report *ret,
                        char why[WHY_MAX]);

#endif
