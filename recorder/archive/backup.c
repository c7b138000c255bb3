#include "recorder/archive/backup.h"

#include "recorder/archive/erase_again.h"
#include "recorder/store/store_local.h"

#include "base/alloc.h"
#include "base/buffer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LABEL_TEXT "oriel-backup/1"
#define BLOCK 65536 /* [bytes] of a file that are copied at once */

static enum err fail(char why[WHY_MAX], enum err e, const char *what, const char *path) {
    snprintf(why, WHY_MAX, "%.60s %.300s: %s", what, path, err_name(e));
    return e;
}

static void path_in(char out[PATH_MAX], const char *dir, const char *name) {
    snprintf(out, PATH_MAX, "%s/%s", dir, name);
}

static bool sync_path(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* A new file with this text, synced. */
static enum err write_file(const char *path, struct bytes text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    enum err e = ok ? OK : errno == ENOSPC ? ERR_NOSPACE : errno == EEXIST ? ERR_EXISTS : ERR_IO;
    if (fd >= 0) {
        close(fd);
    }
    return e;
}

/* *more: there may be more. */
static enum err copy_block(int in, int out, bool *more) {
    char block[BLOCK];
    ssize_t n = read(in, block, sizeof(block));
    bool ok = n >= 0 && write(out, block, (size_t)n) == n;
    enum err e = ok ? OK : errno == ENOSPC ? ERR_NOSPACE : ERR_IO;
    *more = n > 0;
    mem_wipe(block, sizeof(block));
    return e;
}

/* A file that nobody writes, into another folder, its name and suffix there, synced. ERR_UNKNOWN:
 * it is not there. */
static enum err copy_file(const char *from, const char *to, const char *name, const char *suffix) {
    char path[PATH_MAX];
    path_in(path, from, name);
    int in = open(path, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return errno == ENOENT ? ERR_UNKNOWN : ERR_IO;
    }
    snprintf(path, sizeof(path), "%s/%s%s", to, name, suffix);
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum err e = out >= 0 ? OK : ERR_IO;
    for (bool more = true; e == OK && more;) {
        e = copy_block(in, out, &more);
    }
    e = e == OK && fsync(out) != 0 ? ERR_IO : e;
    close(in);
    if (out >= 0) {
        close(out);
    }
    return e;
}

/* Made, or there and empty but for the names that may be there. */
static enum err claim_folder(const char *dir, const char *const *may, char why[WHY_MAX]) {
    if (mkdir(dir, 0700) == 0) {
        return OK;
    }
    DIR *d = errno == EEXIST ? opendir(dir) : NULL;
    enum err e = d ? OK : ERR_IO;
    for (struct dirent *x; d && e == OK && (x = readdir(d));) {
        bool known = strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0;
        for (size_t i = 0; !known && may && may[i]; i++) {
            known = strcmp(x->d_name, may[i]) == 0;
        }
        e = known ? OK : ERR_EXISTS;
    }
    if (d) {
        closedir(d);
    }
    return e == OK           ? OK
           : e == ERR_EXISTS ? fail(why, e, "there is something already in", dir)
                             : fail(why, e, "folder", dir);
}

/* ---- objects ---- */

enum pass { PASS_MANIFESTS, PASS_JOURNALS, PASS_REST, PASSES };

struct copy {
    const struct store *from, *to;
    struct buffer names; /* each with its NUL, in the order of copying */
    enum pass pass;
    struct backup_report *report;
    struct id recording; /* asked about last: is its journal in the copy? */
    bool has_journal;
};

static enum pass pass_of(const char *name) {
    struct object_id o;
    if (!object_parse_name(name, &o)) {
        return PASS_REST;
    }
    return o.type == OBJECT_MANIFEST  ? PASS_MANIFESTS
           : o.type == OBJECT_JOURNAL ? PASS_JOURNALS
                                      : PASS_REST;
}

static void note(void *ctx, const char *name, uint64_t size) {
    struct copy *c = ctx;
    (void)size;
    if (pass_of(name) == c->pass) {
        buffer_put(&c->names, name, strlen(name) + 1);
    }
}

static enum err copy_object(struct copy *c, const char *name) {
    uint64_t size = 0;
    enum err e = c->from->size(c->from->ctx, name, &size);
    if (e != OK) {
        return e == ERR_UNKNOWN ? OK : e; /* shredded since it was listed */
    }
    uint8_t *p = size <= OBJECT_MAX + (OBJECT_MAX >> 4) ? mem_alloc(size ? (size_t)size : 1) : NULL;
    if (!p) {
        return ERR_NOMEM;
    }
    e = c->from->read(c->from->ctx, name, 0, p, (size_t)size);
    if (e == OK) {
        e = c->to->put(c->to->ctx, name, bytes_of(p, (size_t)size));
        c->report->objects += e == OK;
        c->report->bytes += e == OK ? size : 0;
    } else if (e == ERR_UNKNOWN) {
        e = OK;
    }
    mem_free(p);
    return e;
}

/* A recording that began after the journals were listed is not in the copy at all: its media alone
 * would look like a recording that lost its journal. */
static enum err wanted(struct copy *c, const char *name, bool *ret) {
    struct object_id o, journal = {.type = OBJECT_JOURNAL};
    char first[OBJECT_NAME_MAX];
    uint64_t size;
    *ret = true;
    if (pass_of(name) != PASS_REST || !object_parse_name(name, &o)) {
        return OK;
    }
    if (!id_eq(&c->recording, &o.recording)) {
        journal.recording = o.recording;
        enum err e = c->to->size(c->to->ctx, object_name(&journal, first), &size);
        if (e != OK && e != ERR_UNKNOWN) {
            return e;
        }
        c->recording = o.recording;
        c->has_journal = e == OK;
    }
    *ret = c->has_journal;
    return OK;
}

static enum err copy_objects(struct copy *c, char why[WHY_MAX]) {
    enum err e = c->from->list ? OK : ERR_UNSUPPORTED;
    /* A listing is not of one moment: what was made last is listed first. */
    for (int pass = 0; e == OK && pass < PASSES; pass++) {
        c->pass = (enum pass)pass;
        e = c->from->list(c->from->ctx, "recordings/", note, c);
    }
    e = e == OK && c->names.bad ? ERR_NOMEM : e;
    if (e != OK) {
        return fail(why, e, "listing the objects", "");
    }
    for (size_t at = 0; e == OK && at < c->names.n; at += strlen(c->names.p + at) + 1) {
        bool copy = true;
        e = wanted(c, c->names.p + at, &copy);
        e = e == OK && copy ? copy_object(c, c->names.p + at) : e;
        if (e != OK) {
            fail(why, e, "object", c->names.p + at);
        }
    }
    if (e == OK) {
        e = copy_object(c, STORE_IDENTITY);
    }
    return e;
}

/* ---- backup ---- */

static enum err copy_more(const struct backup_more *more, const char *folder, char why[WHY_MAX]) {
    return more ? more->copy(more->ctx, folder, why) : OK;
}

static enum err copy_databases_to(struct archive *a, const char *dir, char why[WHY_MAX]) {
    char path[PATH_MAX];
    path_in(path, dir, "catalogue.db");
    enum err e = catalogue_copy(a->catalogue, path);
    return e == OK && sync_path(path) ? OK : fail(why, e == OK ? ERR_IO : e, "copying to", path);
}

struct unbegun {
    struct wraps *wraps;
    const struct store *store;
    struct backup_report *report;
};

/* A recording that began after its objects were copied has none here. */
static enum err judge_begun(void *ctx, const struct id *recording) {
    struct unbegun *u = ctx;
    struct object_id o = {.type = OBJECT_JOURNAL, .recording = *recording};
    char name[OBJECT_NAME_MAX];
    uint64_t size;
    u->report->recordings++;
    enum err e = u->store ? u->store->size(u->store->ctx, object_name(&o, name), &size) : OK;
    return e == ERR_UNKNOWN ? wraps_not_begun(u->wraps, recording) : e;
}

static enum err copy_wraps_to(struct archive *a, const char *dir, const struct store *to,
                              struct backup_report *report, char why[WHY_MAX]) {
    char path[PATH_MAX];
    struct unbegun u = {.store = to, .report = report};
    path_in(path, dir, "wraps.db");
    enum err e = wraps_copy(a->wraps, path);
    e = e == OK ? wraps_open(path, true, &u.wraps) : e;
    e = e == OK ? wraps_each(u.wraps, judge_begun, &u) : e;
    wraps_close(u.wraps);
    return e == OK && sync_path(path) ? OK : fail(why, e == OK ? ERR_IO : e, "copying to", path);
}

/* It may lie elsewhere. */
static enum err copy_signer(const char *from, const char *to, char why[WHY_MAX]) {
    enum err e = copy_file(from, to, "signing_key", "");
    return e == OK || e == ERR_UNKNOWN ? OK : fail(why, e, "copying the signing key of", from);
}

static enum err write_label(const struct backup_order *o, const struct backup_report *r,
                            char why[WHY_MAX]) {
    char path[PATH_MAX], text[256], when[WALL_TEXT_MAX];
    path_in(path, o->dir, BACKUP_LABEL);
    int n = snprintf(text, sizeof(text), LABEL_TEXT " %s objects=%s recordings=%llu\n",
                     wall_text(o->at, when), o->objects ? "yes" : "no",
                     (unsigned long long)r->recordings);
    enum err e = write_file(path, bytes_of(text, (size_t)n));
    return e == OK && sync_path(o->dir) ? OK : fail(why, e == OK ? ERR_IO : e, "writing", path);
}

enum err backup_make(struct archive *a, const struct backup_order *o, struct backup_report *ret,
                     char why[WHY_MAX]) {
    struct store to = {0};
    char path[PATH_MAX];
    struct copy c = {.from = &a->store, .to = &to, .report = ret};
    *ret = (struct backup_report){0};
    enum err e = claim_folder(o->dir, NULL, why);
    e = e == OK ? copy_databases_to(a, o->dir, why) : e;
    if (e == OK && o->objects) {
        path_in(path, o->dir, "objects");
        e = store_local_open(path, &to);
        e = e == OK ? copy_objects(&c, why) : fail(why, e, "folder", path);
    }
    if (e == OK && !o->objects && a->store.waits) {
        e = a->store.waits(a->store.ctx, "recordings/", &ret->waiting);
        e = e == OK ? OK : fail(why, e, "looking for what waits for", "the object store");
    }
    e = e == OK ? copy_more(o->more, o->dir, why) : e;
    e = e == OK ? copy_wraps_to(a, o->dir, o->objects ? &to : NULL, ret, why) : e;
    e = e == OK ? copy_signer(o->state, o->dir, why) : e;
    e = e == OK ? write_label(o, ret, why) : e;
    buffer_free(&c.names);
    if (o->objects && to.ctx) {
        store_local_close(&to);
    }
    return e;
}

/* ---- restore ---- */

static enum err check_label(const char *from, bool *objects, char why[WHY_MAX]) {
    char path[PATH_MAX], text[256] = "";
    path_in(path, from, BACKUP_LABEL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0) {
        close(fd);
    }
    if (n <= 0 || strncmp(text, LABEL_TEXT " ", sizeof(LABEL_TEXT)) != 0) {
        return fail(why, ERR_UNKNOWN, "this is no backup that was finished:", from);
    }
    *objects = strstr(text, "objects=yes") != NULL;
    return OK;
}

static enum err copy_back(const struct restore_order *o, bool objects, struct backup_report *ret,
                          char why[WHY_MAX]) {
    char path[PATH_MAX];
    struct store from = {0}, to = {0};
    struct copy c = {.from = &from, .to = &to, .report = ret};
    enum err e = OK;
    if (objects) {
        path_in(path, o->from, "objects");
        e = store_local_open(path, &from);
        path_in(path, o->dir, "objects");
        e = e == OK ? store_local_open(path, &to) : e;
        e = e == OK ? copy_objects(&c, why) : fail(why, e, "folder", path);
    }
    buffer_free(&c.names);
    if (from.ctx) {
        store_local_close(&from);
    }
    if (to.ctx) {
        store_local_close(&to);
    }
    return e;
}

/* A folder with objects and without wraps is one that no recorder opens, so that wraps get their
 * name last, when what was erased is erased in them again: a restore that broke off gives nothing
 * back that was to be forgotten. */
#define UNFINISHED ".new"
static enum err copy_databases_back(const struct restore_order *o, char why[WHY_MAX]) {
    enum err e = copy_signer(o->from, o->dir, why);
    e = e == OK ? copy_file(o->from, o->dir, "catalogue.db", "") : e;
    e = e == OK ? copy_file(o->from, o->dir, "wraps.db", UNFINISHED) : e;
    return e == OK && sync_path(o->dir)
               ? OK
               : fail(why, e == OK ? ERR_IO : e, "copying the databases of", o->from);
}

static enum err erase_in(struct erase_again *g, const struct restore_order *o,
                         struct backup_report *ret) {
    struct wraps *newer = NULL;
    enum err e = erase_again(g, g->wraps, &ret->erased);
    if (e == OK && o->shredded) {
        e = wraps_open(o->shredded, false, &newer);
        e = e == OK ? erase_again(g, newer, &ret->erased) : e;
        wraps_close(newer);
    }
    return e;
}

static enum err erase_what_was(const struct restore_order *o, bool objects,
                               struct backup_report *ret, char why[WHY_MAX]) {
    char path[PATH_MAX];
    struct store store = {0};
    struct erase_again g = {.store = objects ? &store : NULL};
    path_in(path, o->dir, "wraps.db" UNFINISHED);
    enum err e = wraps_open(path, true, &g.wraps);
    path_in(path, o->dir, "catalogue.db");
    e = e == OK ? catalogue_open(path, true, &g.catalogue) : e;
    path_in(path, o->dir, "objects");
    e = e == OK && objects ? store_local_open(path, &store) : e;
    e = e == OK ? erase_in(&g, o, ret) : e;
    e = e == OK ? catalogue_purge(g.catalogue) : e;
    e = e == OK ? wraps_purge(g.wraps) : e;
    ret->other_key = g.other_key;
    wraps_close(g.wraps);
    catalogue_close(g.catalogue);
    if (store.ctx) {
        store_local_close(&store);
    }
    return e == OK ? OK : fail(why, e, "erasing again what was erased, in", o->dir);
}

/* Its log is empty: it was purged. */
static enum err give_name(const struct restore_order *o, char why[WHY_MAX]) {
    char from[PATH_MAX], to[PATH_MAX];
    path_in(from, o->dir, "wraps.db" UNFINISHED);
    path_in(to, o->dir, "wraps.db");
    bool ok = sync_path(from) && rename(from, to) == 0 && sync_path(o->dir);
    return ok ? OK : fail(why, ERR_IO, "renaming", from);
}

enum err backup_restore(const struct restore_order *o, struct backup_report *ret,
                        char why[WHY_MAX]) {
    /* The key that wraps is put there first, where it lies beside the recordings. */
    static const char *const may[] = {"kek", "lock", "lost+found", NULL};
    bool objects = false;
    *ret = (struct backup_report){0};
    enum err e = check_label(o->from, &objects, why);
    if (e == OK && o->shredded && access(o->shredded, R_OK) != 0) {
        e = fail(why, ERR_UNKNOWN, "cannot read", o->shredded);
    }
    e = e == OK ? claim_folder(o->dir, may, why) : e;
    e = e == OK ? copy_back(o, objects, ret, why) : e;
    e = e == OK ? copy_databases_back(o, why) : e;
    e = e == OK ? copy_more(o->more, o->from, why) : e;
    e = e == OK ? erase_what_was(o, objects, ret, why) : e;
    return e == OK ? give_name(o, why) : e;
}
