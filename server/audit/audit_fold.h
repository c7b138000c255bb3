/* The same act again and again is one record with a count: a player asks for a recording in
 * hundreds of pieces, and a stranger may show a million bad tokens. PURE. Owner: one thread.
 *
 * The first is recorded at once, and those of the next minute together, when it is over. Who shows
 * no good token is bounded twice: beyond AUDIT_STRANGERS addresses in a minute they are counted
 * together, without an address, so that no flood fills a disk. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_FOLD_H
#define ORIEL_SERVER_AUDIT_AUDIT_FOLD_H

#include "server/audit/audit_entry.h"

#define AUDIT_FOLDS 512
#define AUDIT_STRANGERS 64
#define AUDIT_REFUSALS 256 /* of those who have good tokens, in a minute */
#define AUDIT_FOLD_TIME (60 * US_PER_S)

struct audit_fold; /* zeros: empty */

/* NULL: memory is out. */
struct audit_fold *audit_fold_new(void);
/* NULL allowed; returns NULL. */
struct audit_fold *audit_fold_free(struct audit_fold *f);
/* Something was done at `now`. True: *e is to be recorded, as it is now. False: it is counted. */
bool audit_fold_take(struct audit_fold *f, us_t now, struct audit_entry *e);
/* What was counted and is due, one after another; all: whatever is left, due or not. False: there
 * is nothing more. */
bool audit_fold_due(struct audit_fold *f, us_t now, bool all, struct audit_entry *ret);
/* When audit_fold_due has something; US_NEVER. */
us_t audit_fold_deadline(const struct audit_fold *f);

#endif
