/* The audit log on disk, as who adds to it has it. Several processes may: the server, and beside it
 * the command line; each addition holds a lock, and begins where the log ends by then. What is OK
 * is on the disk (fdatasync). Owner: one thread. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_LOG_H
#define ORIEL_SERVER_AUDIT_AUDIT_LOG_H

#include "server/audit/audit_files.h"

struct audit_log;

struct audit_log_config {
    const char *dir;   /* made with mode 0700 when it is missing */
    uint64_t file_max; /* [bytes] a longer file is followed by another one; so is each day's */
};

/* Open or make it. A last line that was torn by a crash is removed, and a record says so. Records
 * that are missing at the end, as the head knows, are told by a record (audit.cut), and so is a
 * last record that is not as it was written (audit.broken): each begins a file, and nothing of what
 * was found is changed. So it is at each addition. On a full disk, or while another process has the
 * lock, with the next put. ERR_IO, ERR_NOMEM; the reason in why[WHY_MAX]. */
enum err audit_log_open(const struct audit_log_config *c, const struct signing_key *key, wall_t now,
                        struct audit_log **ret, char why[WHY_MAX]);
/* NULL allowed; returns NULL. */
struct audit_log *audit_log_close(struct audit_log *l);
/* From now on this key signs; NULL: none does. Copied. */
void audit_log_key(struct audit_log *l, const struct signing_key *key);
/* Add these, all or none. ERR_BUSY: another process has been adding for half a second; ERR_NOSPACE,
 * ERR_IO, ERR_NOMEM, ERR_CRYPTO. */
enum err audit_log_put(struct audit_log *l, wall_t now, const struct audit_entry *e, size_t n);
/* Add a signed record, unless the last one is, or there is no key. Errors of audit_log_put. */
enum err audit_log_checkpoint(struct audit_log *l, wall_t now);
/* Remove the files whose records are all older than `before`; a signed record says which, and is
 * there before they go. Without a key nothing is removed. *ret_n: how many records. Errors of
 * audit_log_put. */
enum err audit_log_prune(struct audit_log *l, wall_t now, wall_t before, uint64_t *ret_n);
/* The last record, as far as this process knows. */
struct audit_known audit_log_last(const struct audit_log *l);
/* Records are missing, or were changed: a record says so, of now or of an earlier start, and stays
 * until its file is removed. */
bool audit_log_is_damaged(const struct audit_log *l);

#endif
