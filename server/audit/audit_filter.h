/* Which records of the audit log somebody wants to see: one rule for the command line and the API.
 * Thread: any. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_FILTER_H
#define ORIEL_SERVER_AUDIT_AUDIT_FILTER_H

#include "server/audit/audit_record.h"

/* All that is said must be so; NULL or zero: anything. Borrowed. */
struct audit_filter {
    const char *who;       /* a sub, name or address, or the sub of whom it was done to */
    const char *what;      /* a word, or with a dot at its end all that begin so */
    const char *recording; /* 32 hex digits */
    const char *tour;
    const char *outcome; /* "done" or "refused" */
    wall_t since, until; /* at this time or later; earlier than that */
};

/* Is the record one of those? */
bool audit_filter_takes(const struct audit_filter *f, const struct audit_record *r);

#endif
