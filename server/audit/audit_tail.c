#include "server/audit/audit_tail.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PART (64 * 1024) /* [bytes] read at once: several of the longest lines */

/* ERR_UNKNOWN: there is no file of that number any more. */
static enum err read_part(const char *dir, const struct audit_tail *t, char *part, size_t *ret_n) {
    char path[PATH_MAX], name[AUDIT_NAME_MAX];
    *ret_n = 0;
    if (snprintf(path, sizeof(path), "%s/%s", dir, audit_file_name(t->file, name)) >=
        (int)sizeof(path)) {
        return ERR_IO;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? ERR_UNKNOWN : ERR_IO;
    }
    ssize_t n = pread(fd, part, PART, (off_t)t->at);
    close(fd);
    *ret_n = n > 0 ? (size_t)n : 0;
    return n >= 0 ? OK : ERR_IO;
}

/* The file behind this one. ERR_UNKNOWN: there is none. */
static enum err next_file(const char *dir, struct audit_tail *t) {
    struct audit_files files = {0};
    enum err e = audit_files_list(dir, &files);
    size_t i = 0;
    while (i < files.n && files.first[i] <= t->file) {
        i++;
    }
    bool found = e == OK && i < files.n;
    if (found) {
        t->file = files.first[i];
        t->at = 0;
    }
    audit_files_free(&files);
    return e != OK ? e : found ? OK : ERR_UNKNOWN;
}

/* The whole lines of a part. False: it is enough. *ret_used: [bytes] of those that are behind us.
 */
static bool take_lines(struct audit_tail *t, struct bytes part, const struct audit_tail_reader *r,
                       size_t *ret_used) {
    const uint8_t *end;
    struct audit_record record;
    *ret_used = 0;
    while (part.n > 0 && (end = memchr(part.p, '\n', part.n))) {
        struct bytes line = bytes_of(part.p, (size_t)(end - part.p));
        if (audit_record_read(line, &record) == OK && record.number > t->last.number) {
            if (record.number > r->upto || !r->each(r->ctx, &record, line)) {
                return false;
            }
            t->last.number = record.number;
            memcpy(t->last.hash, record.hash, SHA256_LEN);
        }
        *ret_used += line.n + 1;
        part = bytes_of(end + 1, part.n - line.n - 1);
    }
    return true;
}

/* What of this file is there now; *ret_used: [bytes] that are behind us. ERR_UNKNOWN: it is enough.
 */
static enum err read_some(const char *dir, struct audit_tail *t, char *part,
                          const struct audit_tail_reader *r, size_t *ret_used) {
    size_t n = 0;
    enum err e = t->file ? read_part(dir, t, part, &n) : ERR_UNKNOWN;
    *ret_used = 0;
    if (e != OK) {
        return e == ERR_UNKNOWN ? OK : e; /* it was removed for its age */
    }
    bool more = take_lines(t, bytes_of(part, n), r, ret_used);
    if (more && *ret_used == 0 && n == PART) {
        *ret_used = n; /* no line is so long */
    }
    t->at += *ret_used;
    return more ? OK : ERR_UNKNOWN;
}

/* The files in turn. A line without an end in the last of them is being written. Where there is
 * another file this one does not grow any more: its end is looked for once more. */
static enum err read_on(const char *dir, struct audit_tail *t, char *part,
                        const struct audit_tail_reader *r) {
    struct audit_tail next = *t;
    bool final = false;
    for (;;) {
        size_t used;
        enum err e = read_some(dir, t, part, r, &used);
        if (e == OK && used > 0) {
            continue;
        }
        if (e == OK && final) {
            t->file = next.file;
            t->at = 0;
            final = false;
            continue;
        }
        next = *t;
        e = e == OK ? next_file(dir, &next) : e;
        if (e != OK) {
            return e == ERR_UNKNOWN ? OK : e;
        }
        final = true;
    }
}

enum err audit_tail_read(const char *dir, struct audit_tail *t, const struct audit_tail_reader *r) {
    char *part = mem_alloc(PART);
    enum err e = part ? read_on(dir, t, part, r) : ERR_NOMEM;
    mem_free(part);
    return e;
}

/* ---- finding a place ---- */

static bool pass(void *ctx, const struct audit_record *r, struct bytes line) {
    (void)ctx;
    (void)r;
    (void)line;
    return true;
}

enum err audit_tail_seek(const char *dir, const struct audit_known *known, struct audit_tail *ret) {
    struct audit_files files = {0};
    struct audit_tail t = {.file = 0};
    enum err e = known->number ? audit_files_list(dir, &files) : OK;
    for (size_t i = 0; i < files.n && files.first[i] <= known->number; i++) {
        t.file = files.first[i];
    }
    bool removed = known->number && files.n > 0 && !t.file;
    audit_files_free(&files);
    if (e != OK && e != ERR_UNKNOWN) {
        return e;
    }
    if (known->number == 0 || removed) {
        t.last = *known;
        *ret = t;
        return OK;
    }
    const struct audit_tail_reader r = {.upto = known->number, .each = pass};
    e = t.file ? audit_tail_read(dir, &t, &r) : ERR_WRONG_STATE;
    if (e == OK &&
        (t.last.number != known->number || memcmp(t.last.hash, known->hash, SHA256_LEN) != 0)) {
        return ERR_WRONG_STATE;
    }
    *ret = t;
    return e;
}
