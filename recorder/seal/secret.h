/* Secrets in files: keys, PINs, credentials. One place decides which files are acceptable, so that
 * no secret of ours is ever readable by anybody but the account that needs it. A path is a path, or
 * "credential:NAME": the file NAME in the folder that systemd gives the service
 * ($CREDENTIALS_DIRECTORY, systemd.exec(5) LoadCredential=). Thread: any. */
#ifndef ORIEL_RECORDER_SEAL_SECRET_H
#define ORIEL_RECORDER_SEAL_SECRET_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"

#define SECRET_KEY_LEN 32 /* [bytes] */

#define SECRET_MAX 4096 /* [bytes] of a file; a longer one is none of ours */

/* The file's text without trailing white space into out[cap], NUL-terminated; *ret_n its length.
 * Refused (ERR_FORMAT): a file that its group or others may read or write (a credential may be
 * readable by its group: that is how the mask of an ACL looks), one that belongs to somebody else
 * than root or ourselves, one that does not fit. ERR_UNKNOWN (no such file), ERR_IO; the reason in
 * why[WHY_MAX]. Wipe out with mem_wipe. */
enum err secret_read(const char *path, char *out, size_t cap, size_t *ret_n, char why[WHY_MAX]);
/* Make the file with this text and a newline, mode 0600, durably: written aside and linked, so that
 * what lies under the final name is whole and is never replaced. One that is there already is OK
 * and stays as it is. ERR_IO. */
enum err secret_create(const char *path, struct bytes text, char why[WHY_MAX]);
/* The same with SECRET_KEY_LEN random bytes, in hex. */
enum err secret_create_key(const char *path, const struct rng *rng, char why[WHY_MAX]);

#endif
