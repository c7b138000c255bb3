#include "server/audit/audit_log.h"

#include "base/alloc.h"
#include "server/os/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL (AUDIT_LINE_MAX + 2) /* [bytes] the last record and the end of the one before */
#define LOCK_TRIES 50
#define LOCK_WAIT 10 /* [ms] */
#define DAY (86400 * US_PER_S)
#define TORN_MAX (1 << 20) /* [bytes] more than an addition; what is longer no crash has left */
#define LINE_MIN 128       /* [bytes] no record is shorter: two hashes are */

/* What the log should have, and has not. */
struct gap {
    enum audit_action what; /* AUDIT_NONE: nothing, AUDIT_CUT, AUDIT_BROKEN */
    struct audit_known upto;
};

struct audit_log {
    char dir[PATH_MAX];
    uint64_t file_max;
    bool has_key;
    struct signing_key key;
    int dir_fd, lock_fd;
    /* The file that is added to; fd -1: none. */
    int fd;
    uint64_t first;          /* number of its first record */
    int64_t day;             /* of that [days since 1970] */
    off_t size;              /* as we left it: another size is another process's */
    struct audit_known last; /* number 0: the log is empty */
    uint64_t signed_upto;
    /* What was found, until records say so. */
    off_t torn; /* [bytes] removed of a line that a crash has torn */
    struct gap gap;
    bool looked;  /* at the head */
    bool damaged; /* a gap was found, now or before one of the files */
};

static enum err io_error(void) {
    return errno == ENOSPC || errno == EDQUOT ? ERR_NOSPACE : ERR_IO;
}

/* Who makes a file as root for a service that is not: it is the service's, as its folder is. */
static void give(const struct audit_log *l, int fd) {
    struct stat s;
    if (geteuid() == 0 && fstat(l->dir_fd, &s) == 0 && s.st_uid != 0) {
        (void)fchown(fd, s.st_uid, s.st_gid);
    }
}

/* The folder, as the one above it. */
static void give_folder(const struct audit_log *l) {
    struct stat s;
    if (geteuid() == 0 && fstatat(l->dir_fd, "..", &s, 0) == 0 && s.st_uid != 0) {
        (void)fchown(l->dir_fd, s.st_uid, s.st_gid);
    }
}

static int open_at(const struct audit_log *l, const char *name, int flags) {
    int fd = openat(l->dir_fd, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && (flags & O_CREAT)) {
        give(l, fd);
    }
    return fd;
}

/* ---- where it ends ---- */

static void leave_file(struct audit_log *l) {
    if (l->fd >= 0) {
        close(l->fd);
    }
    l->fd = -1;
    l->size = 0;
}

/* Behind the last newline; 0: there is none. A crash may leave more than a line behind it: zeros,
 * where the disk has the length and not the data. */
static enum err whole_lines(const struct audit_log *l, off_t size, off_t *ret) {
    char part[4096];
    *ret = 0;
    for (off_t end = size; end > 0 && *ret == 0;) {
        size_t n = end < (off_t)sizeof(part) ? (size_t)end : sizeof(part);
        end -= (off_t)n;
        if (pread(l->fd, part, n, end) != (ssize_t)n) {
            return ERR_IO;
        }
        const char *found = memrchr(part, '\n', n);
        *ret = found ? end + (found - part) + 1 : 0;
    }
    return OK;
}

/* The last line of a file that ends with one. */
static enum err read_last(struct audit_log *l, off_t size) {
    char tail[TAIL];
    struct audit_record r;
    size_t n = size < TAIL ? (size_t)size : TAIL;
    if (pread(l->fd, tail, n, size - (off_t)n) != (ssize_t)n) {
        return ERR_IO;
    }
    const char *before = memrchr(tail, '\n', n - 1);
    const char *start = before ? before + 1 : tail;
    enum err e = audit_record_read(bytes_of(start, (size_t)(tail + n - 1 - start)), &r);
    if (e == OK) {
        l->size = size;
        l->last.number = r.number;
        memcpy(l->last.hash, r.hash, SHA256_LEN);
        l->signed_upto = r.is_signed ? r.number : l->signed_upto;
    }
    return e == OK || e == ERR_NOMEM ? e : ERR_FORMAT;
}

/* OK; ERR_AGAIN: no whole line was in the file, and it is gone; ERR_FORMAT. */
static enum err read_tail(struct audit_log *l, off_t size) {
    char name[AUDIT_NAME_MAX];
    off_t whole;
    enum err e = whole_lines(l, size, &whole);
    if (e != OK || size - whole > TORN_MAX) {
        return e != OK ? e : ERR_FORMAT;
    }
    if (whole < size && ftruncate(l->fd, whole) != 0) {
        return io_error();
    }
    l->torn += size - whole;
    if (whole == 0) {
        return unlinkat(l->dir_fd, audit_file_name(l->first, name), 0) == 0 ? ERR_AGAIN
                                                                            : io_error();
    }
    return read_last(l, whole);
}

/* Whoever puts another file in its place has us write into one that has no name. */
static bool is_open(const struct audit_log *l, uint64_t first) {
    struct stat ours, named;
    char name[AUDIT_NAME_MAX];
    return l->fd >= 0 && l->first == first && fstat(l->fd, &ours) == 0 &&
           fstatat(l->dir_fd, audit_file_name(first, name), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

static enum err enter_file(struct audit_log *l, uint64_t first) {
    struct audit_record r;
    struct stat s;
    char name[AUDIT_NAME_MAX];
    if (!is_open(l, first)) {
        leave_file(l);
        l->first = first;
        l->fd = open_at(l, audit_file_name(first, name), O_RDWR | O_APPEND);
    }
    if (l->fd < 0 || fstat(l->fd, &s) != 0) {
        return ERR_IO;
    }
    if (s.st_size == l->size && l->size > 0) {
        return OK;
    }
    enum err e = read_tail(l, s.st_size);
    e = e == OK ? audit_file_first(l->dir, audit_file_name(first, name), &r) : e;
    l->day = e == OK ? r.e.at.us / DAY : 0;
    return e;
}

/* Somebody else may have added to it, begun a file, or ended in the middle. */
static enum err find_end(struct audit_log *l) {
    for (;;) {
        struct audit_files files = {0};
        enum err e = audit_files_list(l->dir, &files);
        uint64_t first = files.n > 0 ? files.first[files.n - 1] : 0;
        audit_files_free(&files);
        if (e != OK || !first) {
            leave_file(l);
            l->last = (struct audit_known){0};
            return e;
        }
        e = enter_file(l, first);
        if (e != ERR_AGAIN) {
            return e;
        }
        leave_file(l);
    }
}

/* ---- what is missing there ---- */

/* The head is written when what it says is on the disk: without that, somebody has cut the log. */
static struct audit_known known_end(struct audit_log *l) {
    struct audit_record head;
    struct audit_known k = l->last;
    if (!l->looked && audit_head_read(l->dir, &head) == OK) {
        l->signed_upto = head.number;
        k.number = head.number;
        memcpy(k.hash, head.hash, SHA256_LEN);
    }
    return k;
}

static void note_gap(struct audit_log *l, enum audit_action what, const struct audit_known *upto) {
    l->gap = (struct gap){what, *upto};
    l->signed_upto = 0; /* whatever was signed: what comes now is not */
    l->damaged = true;
}

static uint64_t lines_of(struct bytes text) {
    uint64_t n = 0;
    for (const uint8_t *p = text.p, *end = text.p + text.n; p < end; n++) {
        const uint8_t *at = memchr(p, '\n', (size_t)(end - p));
        p = at ? at + 1 : end;
    }
    return n;
}

/* Nothing can follow the last record, for nobody knows what it was. What comes goes on in a new
 * file, behind all numbers that may be in that one; the hash of that one, as it is now, stands for
 * the hash of its last record. */
static enum err step_over(struct audit_log *l, const struct audit_known *known) {
    char name[AUDIT_NAME_MAX], *text = NULL;
    size_t n = 0;
    struct stat s;
    struct audit_known at = {0};
    audit_file_name(l->first, name);
    enum err e = audit_file_read(l->dir, name, &text, &n);
    if (e == OK) {
        at.number = l->first - 1 + lines_of(bytes_of(text, n));
        sha256_of(bytes_of(text, n), bytes_of(NULL, 0), at.hash);
    } else if (e == ERR_NOMEM || fstatat(l->dir_fd, name, &s, AT_SYMLINK_NOFOLLOW) != 0) {
        return e;
    } else { /* it cannot even be read */
        at.number = l->first + (uint64_t)s.st_size / LINE_MIN;
    }
    mem_free(text);
    at.number = known->number > at.number ? known->number : at.number;
    leave_file(l);
    l->torn = 0;
    l->last = at;
    note_gap(l, AUDIT_BROKEN, &at);
    return OK;
}

/* Where the log goes on, and what it should have there. */
static enum err find_place(struct audit_log *l) {
    const struct audit_known was = l->last, known = known_end(l);
    enum err e = find_end(l);
    if (e == ERR_FORMAT) {
        e = step_over(l, &known);
    } else if (e == OK && (known.number > l->last.number ||
                           (known.number == l->last.number &&
                            memcmp(known.hash, l->last.hash, SHA256_LEN) != 0))) {
        note_gap(l, AUDIT_CUT, &known);
    }
    l->last = e == OK ? l->last : was;
    l->looked = l->looked || e == OK;
    return e;
}

/* ---- adding ---- */

/* What is to be added, in one write. */
struct addition {
    struct audit_log *log;
    struct buffer text;
    struct audit_known last;
    uint64_t first, signed_upto; /* numbers; 0: none */
    size_t head_at;              /* of the last signed line in text */
    size_t head_n;
};

static enum err add(struct addition *a, struct audit_record *r, bool is_signed) {
    const struct audit_log *l = a->log;
    bool sign = is_signed && l->has_key;
    size_t start = a->text.n;
    r->number = a->last.number + 1;
    memcpy(r->prev, a->last.hash, SHA256_LEN);
    enum err e = audit_record_write(&a->text, r, sign ? &l->key : NULL);
    if (e == OK) {
        a->first = a->first ? a->first : r->number;
        a->last.number = r->number;
        memcpy(a->last.hash, r->hash, SHA256_LEN);
    }
    if (e == OK && sign) {
        a->signed_upto = r->number;
        a->head_at = start;
        a->head_n = a->text.n - start;
    }
    return e;
}

/* What a crash, or somebody, has done to the log. A gap is the first thing that its file says. */
static enum err add_found(struct addition *a, wall_t now) {
    const struct audit_log *l = a->log;
    struct audit_record torn = {.e = {.what = AUDIT_REPAIR, .at = now}};
    struct audit_record gap = {.e = {.what = l->gap.what, .at = now}, .upto = l->gap.upto.number};
    snprintf(torn.e.detail, sizeof(torn.e.detail), "%lld bytes of a torn line", (long long)l->torn);
    memcpy(gap.upto_hash, l->gap.upto.hash, SHA256_LEN);
    enum err e = l->gap.what != AUDIT_NONE ? add(a, &gap, true) : OK;
    return e == OK && l->torn > 0 ? add(a, &torn, false) : e;
}

static enum err write_all(int fd, struct bytes b) {
    while (b.n > 0) {
        ssize_t n = write(fd, b.p, b.n);
        if (n < 0 && errno != EINTR) {
            return io_error();
        }
        if (n > 0) {
            b.p += n;
            b.n -= (size_t)n;
        }
    }
    return fdatasync(fd) == 0 ? OK : io_error();
}

static enum err write_head(const struct addition *a) {
    const struct audit_log *l = a->log;
    int fd = open_at(l, "head.tmp", O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0) {
        return io_error();
    }
    enum err e = write_all(fd, bytes_of(a->text.p + a->head_at, a->head_n));
    close(fd);
    return e != OK ? e : renameat(l->dir_fd, "head.tmp", l->dir_fd, "head") == 0 ? OK : io_error();
}

static enum err append(struct addition *a) {
    struct audit_log *l = a->log;
    enum err e = write_all(l->fd, bytes_of(a->text.p, a->text.n));
    if (e != OK && ftruncate(l->fd, l->size) != 0) {
        leave_file(l); /* what is torn now is found at the next try */
    }
    l->size += e == OK ? (off_t)a->text.n : 0;
    return e;
}

static enum err begin_file(struct addition *a, wall_t now) {
    struct audit_log *l = a->log;
    char name[AUDIT_NAME_MAX];
    audit_file_name(a->first, name);
    leave_file(l);
    l->fd = open_at(l, name, O_RDWR | O_APPEND | O_CREAT | O_EXCL);
    if (l->fd < 0) {
        return io_error();
    }
    l->first = a->first;
    l->day = now.us / DAY;
    enum err e = append(a);
    e = e == OK && fsync(l->dir_fd) != 0 ? io_error() : e;
    if (e != OK) {
        (void)unlinkat(l->dir_fd, name, 0);
        leave_file(l);
    }
    return e;
}

static enum err commit(struct addition *a, wall_t now) {
    struct audit_log *l = a->log;
    bool fits = l->fd >= 0 && (uint64_t)l->size < l->file_max && l->day == now.us / DAY &&
                l->gap.what == AUDIT_NONE;
    if (a->text.n == 0) {
        return OK;
    }
    enum err e = fits ? append(a) : begin_file(a, now);
    if (e != OK) {
        return e;
    }
    l->torn = 0;
    l->gap.what = AUDIT_NONE;
    l->last = a->last;
    if (a->signed_upto && write_head(a) == OK) { /* else the next checkpoint is another try */
        l->signed_upto = a->signed_upto;
    }
    return OK;
}

/* An addition takes milliseconds. */
static enum err lock(const struct audit_log *l) {
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(l->lock_fd, LOCK_EX | LOCK_NB) == 0) {
            return OK;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return ERR_IO;
        }
        (void)poll(NULL, 0, LOCK_WAIT);
    }
    return ERR_BUSY;
}

static enum err begin(struct audit_log *l, wall_t now, struct addition *a) {
    *a = (struct addition){.log = l};
    enum err e = lock(l);
    e = e == OK ? find_place(l) : e;
    a->last = l->last;
    return e == OK ? add_found(a, now) : e;
}

static enum err end(struct addition *a, enum err e, wall_t now) {
    struct audit_log *l = a->log;
    e = e == OK ? commit(a, now) : e;
    (void)flock(l->lock_fd, LOCK_UN);
    buffer_free(&a->text);
    return e;
}

enum err audit_log_put(struct audit_log *l, wall_t now, const struct audit_entry *e, size_t n) {
    struct addition a;
    enum err err = begin(l, now, &a);
    for (size_t i = 0; i < n && err == OK; i++) {
        struct audit_record r = {.e = e[i]};
        err = add(&a, &r, false);
    }
    return end(&a, err, now);
}

enum err audit_log_checkpoint(struct audit_log *l, wall_t now) {
    struct addition a;
    struct audit_record r = {.e = {.what = AUDIT_CHECKPOINT, .at = now}};
    enum err e = begin(l, now, &a);
    bool due = l->has_key && a.last.number > l->signed_upto;
    e = e == OK && due ? add(&a, &r, true) : e;
    return end(&a, e, now);
}

/* ---- what is old ---- */

/* The first file that stays; 0: all do. */
static size_t oldest_kept(const struct audit_log *l, const struct audit_files *f, wall_t before,
                          struct audit_record *ret_first) {
    char name[AUDIT_NAME_MAX];
    size_t kept = 0;
    for (size_t i = 1; i < f->n; i++) {
        struct audit_record r;
        if (audit_file_first(l->dir, audit_file_name(f->first[i], name), &r) != OK) {
            continue; /* what was damaged goes with those around it */
        }
        if (r.e.at.us >= before.us) {
            break;
        }
        kept = i;
        *ret_first = r;
    }
    return kept;
}

static enum err remove_files(const struct audit_log *l, const struct audit_files *f, size_t n) {
    char name[AUDIT_NAME_MAX];
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++) {
        e = unlinkat(l->dir_fd, audit_file_name(f->first[i], name), 0) == 0 ? OK : io_error();
    }
    return e == OK && n > 0 && fsync(l->dir_fd) != 0 ? io_error() : e;
}

enum err audit_log_prune(struct audit_log *l, wall_t now, wall_t before, uint64_t *ret_n) {
    struct addition a;
    struct audit_files files = {0};
    struct audit_record first = {0}, r = {.e = {.what = AUDIT_PRUNE, .at = now}};
    if (!l->has_key) {
        return OK; /* what is not signed would be no excuse */
    }
    enum err e = begin(l, now, &a);
    e = e == OK ? audit_files_list(l->dir, &files) : e;
    size_t kept = e == OK ? oldest_kept(l, &files, before, &first) : 0;
    if (kept > 0) {
        r.upto = first.number - 1;
        memcpy(r.upto_hash, first.prev, SHA256_LEN);
        e = add(&a, &r, true);
        e = e == OK ? commit(&a, now) : e;
        buffer_cut(&a.text, 0);
        e = e == OK ? remove_files(l, &files, kept) : e;
        *ret_n = e == OK ? first.number - files.first[0] : 0;
    }
    audit_files_free(&files);
    return end(&a, e, now);
}

/* ---- opening ---- */

/* Does a file begin with a gap that was found earlier? Only those that can be read are asked. */
static enum err find_gaps(struct audit_log *l) {
    struct audit_files files = {0};
    char name[AUDIT_NAME_MAX];
    enum err e = audit_files_list(l->dir, &files);
    for (size_t i = 0; e == OK && i < files.n; i++) {
        struct audit_record r;
        l->damaged |= audit_file_first(l->dir, audit_file_name(files.first[i], name), &r) == OK &&
                      (r.e.what == AUDIT_CUT || r.e.what == AUDIT_BROKEN);
    }
    audit_files_free(&files);
    return e;
}

static enum err open_folder(struct audit_log *l, const char *dir) {
    char inside[PATH_MAX];
    if (snprintf(inside, sizeof(inside), "%s/lock", dir) >= (int)sizeof(inside)) {
        errno = ENAMETOOLONG;
        return ERR_IO;
    }
    snprintf(l->dir, sizeof(l->dir), "%s", dir);
    bool is_new = access(dir, F_OK) != 0;
    if (files_make_parents(inside) != OK) {
        return ERR_IO;
    }
    l->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (is_new && l->dir_fd >= 0) {
        give_folder(l);
    }
    l->lock_fd = l->dir_fd >= 0 ? open_at(l, "lock", O_RDWR | O_CREAT) : -1;
    return l->lock_fd >= 0 ? OK : ERR_IO;
}

enum err audit_log_open(const struct audit_log_config *c, const struct signing_key *key, wall_t now,
                        struct audit_log **ret, char why[WHY_MAX]) {
    struct audit_log *l = mem_zalloc(1, sizeof(*l));
    if (!l) {
        snprintf(why, WHY_MAX, "out of memory");
        return ERR_NOMEM;
    }
    l->fd = l->dir_fd = l->lock_fd = -1;
    l->file_max = c->file_max;
    audit_log_key(l, key);
    enum err e = open_folder(l, c->dir);
    e = e == OK ? find_gaps(l) : e;
    e = e == OK ? audit_log_put(l, now, NULL, 0) : e;
    if (e != OK && e != ERR_NOSPACE && e != ERR_BUSY) { /* these pass: it is tried again */
        snprintf(why, WHY_MAX, "audit.dir: %.200s: %s", c->dir,
                 e == ERR_IO && errno ? strerror(errno) : err_name(e));
        audit_log_close(l);
        return e;
    }
    *ret = l;
    return OK;
}

struct audit_log *audit_log_close(struct audit_log *l) {
    if (!l) {
        return NULL;
    }
    leave_file(l);
    if (l->lock_fd >= 0) {
        close(l->lock_fd);
    }
    if (l->dir_fd >= 0) {
        close(l->dir_fd);
    }
    mem_wipe(&l->key, sizeof(l->key));
    return mem_free(l);
}

void audit_log_key(struct audit_log *l, const struct signing_key *key) {
    mem_wipe(&l->key, sizeof(l->key));
    l->has_key = key != NULL;
    if (key) {
        l->key = *key;
    }
}

struct audit_known audit_log_last(const struct audit_log *l) {
    return l->last;
}

bool audit_log_is_damaged(const struct audit_log *l) {
    return l->damaged;
}
