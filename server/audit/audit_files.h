/* The files of an audit log: "audit-000000000001.jsonl" and so on in one folder, each named after
 * the number of its first record, and "head", the last signed record once more. Thread: any; a
 * value belongs to its user. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_FILES_H
#define ORIEL_SERVER_AUDIT_AUDIT_FILES_H

#include "server/audit/audit_chain.h"

#define AUDIT_FILE_MAX (256u << 20) /* [bytes] none is longer */
#define AUDIT_NAME_MAX 32           /* [bytes] of a name, with the NUL */

/* Zero is none. */
struct audit_files {
    uint64_t *first; /* number of the first record, ascending */
    size_t n, cap;
};

/* Which there are. Other names are nobody's business. ERR_UNKNOWN (no such folder), ERR_IO,
 * ERR_NOMEM; errno kept. */
enum err audit_files_list(const char *dir, struct audit_files *ret);
void audit_files_free(struct audit_files *f);
/* "audit-000000000001.jsonl"; out holds AUDIT_NAME_MAX bytes; returns out. */
const char *audit_file_name(uint64_t first, char *out);
/* The number that a name says; 0: it is none of these. */
uint64_t audit_file_number(const char *name);
/* The whole of a file. ERR_IO, ERR_LONG, ERR_NOMEM. mem_free it. */
enum err audit_file_read(const char *dir, const char *name, char **ret, size_t *ret_n);
/* The first record of a file. ERR_IO, ERR_FORMAT, ERR_AUTH, ERR_LONG, ERR_NOMEM. */
enum err audit_file_first(const char *dir, const char *name, struct audit_record *ret);
/* The head. ERR_UNKNOWN: there is none; else as above. */
enum err audit_head_read(const char *dir, struct audit_record *ret);

/* Where a walk over a log is. */
struct audit_place {
    char file[AUDIT_NAME_MAX];
    uint64_t line; /* from 1; 0: before the first */
};
/* Read all records of a folder in order through c, to each(ctx, record) while that says true (NULL:
 * nobody asks), up to the first that is wrong; *ret_at is where. What the end says is for
 * audit_chain_end. */
enum audit_fault audit_walk(const char *dir, struct audit_chain *c,
                            bool (*each)(void *ctx, const struct audit_record *r), void *ctx,
                            struct audit_place *ret_at);
/* The same, of those that can be read: what is wrong is stepped over. Returns what was wrong first,
 * and where. */
enum audit_fault audit_walk_past(const char *dir, struct audit_chain *c,
                                 bool (*each)(void *ctx, const struct audit_record *r), void *ctx,
                                 struct audit_place *ret_at);
/* The same of one file, and nobody is told. */
enum audit_fault audit_walk_file(const char *dir, const char *name, struct audit_chain *c,
                                 struct audit_place *ret_at);

#endif
