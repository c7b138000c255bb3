/* The records of an audit log one after the other, as they are written, for who copies them
 * elsewhere. What is no record, or is not as it was written, is passed over: that it is missing is
 * for who verifies. Blocks on the disk. Thread: any; a place belongs to one. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_TAIL_H
#define ORIEL_SERVER_AUDIT_AUDIT_TAIL_H

#include "server/audit/audit_files.h"

/* A place between two records; zeros: before the first. */
struct audit_tail {
    uint64_t file; /* the number of its first record; 0: before all files */
    uint64_t at;   /* [bytes] in it */
    struct audit_known last;
};

/* Behind the record that is known. ERR_WRONG_STATE: this log has another one there, or none so far;
 * one that was removed for its age is no reason. ERR_IO, ERR_NOMEM. */
enum err audit_tail_seek(const char *dir, const struct audit_known *known, struct audit_tail *ret);

struct audit_tail_reader {
    uint64_t upto; /* number of the last that is wanted */
    /* Takes one, whose line has no newline; false: not this one, and none behind it. */
    bool (*each)(void *ctx, const struct audit_record *r, struct bytes line);
    void *ctx;
};
/* Those behind t, which moves behind the last that was taken. ERR_IO, ERR_NOMEM. */
enum err audit_tail_read(const char *dir, struct audit_tail *t, const struct audit_tail_reader *r);

#endif
