/* DESIGN. An object is written to DIR/tmp/N, synced, linked to its final name and the folder
 * synced. link() rather than rename(): it refuses to replace what is there. A name that another
 * folder must be made for syncs that folder's parent too, or power loss could take the folder.
 * Since an earlier process may have been killed between making and syncing one, a store syncs the
 * parents of every folder it has not written to lately. */
#include "recorder/store/store_local.h"

#include "base/alloc.h"
#include "base/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define TMP_NAME_MAX 32
#define TMP "tmp"
#define TMP_TRIES 1000
#define KNOWN 16  /* folders whose parents are known to be synced */
#define PUBLISH 8 /* times a folder that was removed meanwhile is made again */

struct local {
    const struct file_ops *ops;
    int dir, tmp; /* descriptors of DIR and DIR/tmp; tmp is -1 until it is needed */
    unsigned next;
    char known[KNOWN][OBJECT_NAME_MAX];
    unsigned next_known;
};

static enum err err_of_errno(void) {
    switch (errno) {
    case ENOSPC:
    case EDQUOT:
        return ERR_NOSPACE;
    case ENOENT:
    case ENOTDIR:
        return ERR_UNKNOWN;
    case EEXIST:
        return ERR_EXISTS;
    case ENOMEM:
        return ERR_NOMEM;
    default:
        return ERR_IO;
    }
}

static int open_folder(const struct local *l, int dir, const char *path) {
    return l->ops->open(l->ops->ctx, dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static void close_fd(const struct local *l, int fd) {
    int saved = errno;
    if (fd >= 0) {
        l->ops->close(l->ops->ctx, fd);
    }
    errno = saved;
}

static bool sync_folder(const struct local *l, int dir, const char *path) {
    int fd = open_folder(l, dir, path);
    bool ok = fd >= 0 && l->ops->fsync(l->ops->ctx, fd) == 0;
    close_fd(l, fd);
    return ok;
}

/* ---- putting ---- */

static bool is_known(const struct local *l, const char *folder) {
    for (unsigned i = 0; i < KNOWN; i++) {
        if (strcmp(l->known[i], folder) == 0) {
            return true;
        }
    }
    return false;
}

static void know(struct local *l, const char *folder) {
    snprintf(l->known[l->next_known++ % KNOWN], OBJECT_NAME_MAX, "%s", folder);
}

/* Make one folder, durable in its parent. */
static bool make_folder(const struct local *l, const char *path, const char *parent, bool known) {
    if (l->ops->mkdir(l->ops->ctx, l->dir, path, 0700) != 0) {
        return errno == EEXIST && (known || sync_folder(l, l->dir, parent));
    }
    return sync_folder(l, l->dir, parent);
}

/* Make every folder of name; the last one's path goes into folder[OBJECT_NAME_MAX], "." if none. */
static bool make_folders(struct local *l, const char *name, char *folder) {
    char path[OBJECT_NAME_MAX], parent[OBJECT_NAME_MAX] = ".";
    const char *last = strrchr(name, '/');
    snprintf(folder, OBJECT_NAME_MAX, "%.*s", last ? (int)(last - name) : 1, last ? name : ".");
    bool known = !last || is_known(l, folder);
    for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/')) {
        size_t n = (size_t)(p - name);
        memcpy(path, name, n);
        path[n] = '\0';
        if (!make_folder(l, path, parent, known)) {
            return false;
        }
        memcpy(parent, path, n + 1);
    }
    if (!known) {
        know(l, folder);
    }
    return true;
}

static bool write_all(const struct local *l, int fd, struct bytes b) {
    while (b.n) {
        ssize_t n = l->ops->write(l->ops->ctx, fd, b.p, b.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        b = bytes_of(b.p + n, b.n - (size_t)n);
    }
    return true;
}

/* Opening a store writes nothing into it: it may turn out to be the wrong one. */
static bool open_tmp(struct local *l) {
    if (l->tmp < 0 && (l->ops->mkdir(l->ops->ctx, l->dir, TMP, 0700) == 0 || errno == EEXIST)) {
        l->tmp = open_folder(l, l->dir, TMP);
    }
    return l->tmp >= 0;
}

/* A new file in tmp/ and its name. A name that is taken is somebody else's: of a process that died
 * (in a container every one has the same pid) or that writes here now. -1 with errno. */
static int create_tmp(struct local *l, char tmp[TMP_NAME_MAX]) {
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd;
    unsigned tries = 0;
    do {
        snprintf(tmp, TMP_NAME_MAX, "%u-%u", (unsigned)getpid(), l->next++);
        fd = l->ops->open(l->ops->ctx, l->tmp, tmp, flags, 0600);
    } while (fd < 0 && errno == EEXIST && ++tries < TMP_TRIES);
    return fd;
}

static bool write_tmp(const struct local *l, int fd, struct bytes object) {
    bool ok = write_all(l, fd, object) && l->ops->fsync(l->ops->ctx, fd) == 0;
    int saved = errno;
    ok = l->ops->close(l->ops->ctx, fd) == 0 && ok;
    errno = saved;
    return ok;
}

/* Give the synced temporary file its name, durably. A folder may be pruned in between. */
static enum err publish(struct local *l, const char *tmp, const char *name) {
    char folder[OBJECT_NAME_MAX];
    int done = -1;
    for (int i = 0; i < PUBLISH && done != 0; i++) {
        if (!make_folders(l, name, folder)) {
            return err_of_errno();
        }
        done = l->ops->link(l->ops->ctx, l->tmp, tmp, l->dir, name);
        if (done != 0 && errno != ENOENT) {
            return err_of_errno();
        }
    }
    if (done != 0) {
        return err_of_errno();
    }
    if (!sync_folder(l, l->dir, folder)) {
        l->ops->unlink(l->ops->ctx, l->dir, name, 0);
        return ERR_IO;
    }
    return OK;
}

/* What failed was a temporary file: it says nothing of the object. */
static enum err not_of_object(enum err e) {
    return e == ERR_UNKNOWN || e == ERR_EXISTS ? ERR_IO : e;
}

static enum err local_put(void *ctx, const char *name, struct bytes object) {
    struct local *l = ctx;
    char tmp[TMP_NAME_MAX];
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    int fd = open_tmp(l) ? create_tmp(l, tmp) : -1;
    if (fd < 0) {
        return not_of_object(err_of_errno());
    }
    enum err e = write_tmp(l, fd, object) ? publish(l, tmp, name) : not_of_object(err_of_errno());
    e = e == ERR_UNKNOWN ? ERR_IO : e;
    l->ops->unlink(l->ops->ctx, l->tmp, tmp, 0);
    return e;
}

/* ---- reading ---- */

static enum err local_size(void *ctx, const char *name, uint64_t *ret_size) {
    struct local *l = ctx;
    struct stat st;
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    if (l->ops->stat(l->ops->ctx, l->dir, name, &st) != 0) {
        return err_of_errno();
    }
    if (!S_ISREG(st.st_mode)) {
        return ERR_UNKNOWN;
    }
    *ret_size = (uint64_t)st.st_size;
    return OK;
}

static enum err read_all(const struct local *l, int fd, struct wr *out, uint64_t at) {
    while (wr_left(out)) {
        ssize_t got = l->ops->pread(l->ops->ctx, fd, out->p, wr_left(out), (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 ? ERR_RANGE : ERR_IO;
        }
        out->p += got;
        at += (uint64_t)got;
    }
    return OK;
}

static enum err local_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct local *l = ctx;
    struct wr w = wr_of(out, n);
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    if (at > INT64_MAX) {
        return ERR_RANGE;
    }
    int fd = l->ops->open(l->ops->ctx, l->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0) {
        return err_of_errno();
    }
    enum err e = read_all(l, fd, &w, at);
    close_fd(l, fd);
    return e;
}

static enum err local_remove(void *ctx, const char *name) {
    struct local *l = ctx;
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    return l->ops->unlink(l->ops->ctx, l->dir, name, 0) == 0 ? OK : err_of_errno();
}

/* ---- listing ---- */

struct walk {
    const struct local *l;
    void (*each)(void *ctx, const struct store_file *f);
    void *ctx;
};

/* The next entry of a folder; NULL at its end, and when it cannot be read: then *e says why. */
static struct dirent *next_entry(DIR *d, enum err *e) {
    errno = 0;
    struct dirent *x = readdir(d);
    if (!x && errno != 0) {
        *e = errno == ENOMEM ? ERR_NOMEM : ERR_IO;
    }
    return x;
}

/* An entry that is gone by now was not there; any other is what the caller asks for. */
static enum err look_at(const struct local *l, int fd, const char *name, struct stat *ret) {
    if (l->ops->stat(l->ops->ctx, fd, name, ret) == 0) {
        return OK;
    }
    return errno == ENOENT ? ERR_UNKNOWN : errno == ENOMEM ? ERR_NOMEM : ERR_IO;
}

static void tell(const struct walk *w, const char *name, const struct stat *st) {
    int64_t us = (int64_t)st->st_mtim.tv_sec * US_PER_S + st->st_mtim.tv_nsec / 1000;
    struct store_file f = {name, (uint64_t)st->st_size, {us}};
    w->each(w->ctx, &f);
}

/* The path of an entry; false: it is none of ours, or the folder of unfinished puts. */
static bool entry_path(const char *folder, const char *name, char *out) {
    bool top = strcmp(folder, ".") == 0;
    if (name[0] == '.' || (top && strcmp(name, TMP) == 0)) {
        return false;
    }
    return snprintf(out, OBJECT_NAME_MAX, "%s%s%s", top ? "" : folder, top ? "" : "/", name) <
           OBJECT_NAME_MAX;
}

/* Names are at most OBJECT_NAME_MAX long, which also bounds the depth of this recursion. */
static enum err walk_folder(const struct walk *w, const char *folder) {
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = w->l->ops->open(w->l->ops->ctx, w->l->dir, folder, flags, 0);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    enum err e = OK;
    if (!d) {
        e = err_of_errno();
        close_fd(w->l, fd);
        return e == ERR_UNKNOWN ? OK : e;
    }
    for (struct dirent *x; e == OK && (x = next_entry(d, &e));) {
        char name[OBJECT_NAME_MAX];
        struct stat st;
        if (!entry_path(folder, x->d_name, name)) {
            continue;
        }
        e = look_at(w->l, fd, x->d_name, &st);
        if (e == ERR_UNKNOWN) {
            e = OK;
        } else if (e == OK && S_ISDIR(st.st_mode)) {
            e = walk_folder(w, name);
        } else if (e == OK && S_ISREG(st.st_mode)) {
            tell(w, name, &st);
        }
    }
    closedir(d);
    return e;
}

/* A list without times. */
struct plain {
    void (*each)(void *ctx, const char *name, uint64_t size);
    void *ctx;
};

static void tell_plain(void *ctx, const struct store_file *f) {
    const struct plain *p = ctx;
    p->each(p->ctx, f->name, f->size);
}

static enum err local_list(void *ctx, const char *prefix,
                           void (*each)(void *each_ctx, const char *name, uint64_t size),
                           void *each_ctx) {
    struct plain p = {each, each_ctx};
    struct walk w = {ctx, tell_plain, &p};
    char folder[OBJECT_NAME_MAX];
    size_t n = strlen(prefix);
    if (n < 2 || n >= sizeof(folder) || prefix[n - 1] != '/') {
        return ERR_FORMAT;
    }
    memcpy(folder, prefix, n - 1);
    folder[n - 1] = '\0';
    return store_name_ok(folder) ? walk_folder(&w, folder) : ERR_FORMAT;
}

enum err store_local_walk(const struct store *s,
                          void (*each)(void *ctx, const struct store_file *f), void *ctx) {
    struct walk w = {s->ctx, each, ctx};
    return walk_folder(&w, ".");
}

/* ---- life ---- */

void store_local_prune(const struct store *s, const char *name) {
    const struct local *l = s->ctx;
    char folder[OBJECT_NAME_MAX];
    CHECK(store_name_ok(name));
    snprintf(folder, sizeof(folder), "%s", name);
    for (char *end; (end = strrchr(folder, '/'));) {
        *end = '\0';
        if (l->ops->unlink(l->ops->ctx, l->dir, folder, AT_REMOVEDIR) != 0) {
            return;
        }
    }
}

enum err store_local_space(const struct store *s, struct file_space *ret) {
    const struct local *l = s->ctx;
    return l->ops->space(l->ops->ctx, l->dir, ret) == 0 ? OK : ERR_IO;
}

enum err store_local_open_with(const char *dir, const struct file_ops *ops, struct store *ret) {
    struct local *l = mem_zalloc(1, sizeof(*l));
    if (!l) {
        return ERR_NOMEM;
    }
    l->ops = ops;
    l->dir = l->tmp = -1;
    bool made = ops->mkdir(ops->ctx, AT_FDCWD, dir, 0700) == 0;
    bool ok = made || errno == EEXIST;
    if (ok) {
        l->dir = open_folder(l, AT_FDCWD, dir);
        ok = l->dir >= 0 && (!made || sync_folder(l, l->dir, ".."));
    }
    *ret = (struct store){.ctx = l,
                          .put = local_put,
                          .size = local_size,
                          .read = local_read,
                          .remove = local_remove,
                          .list = local_list};
    if (!ok) {
        store_local_close(ret);
        return ERR_IO;
    }
    return OK;
}

enum err store_local_open(const char *dir, struct store *ret) {
    return store_local_open_with(dir, &file_ops_real, ret);
}

void store_local_close(struct store *s) {
    struct local *l = s->ctx;
    if (l) {
        close_fd(l, l->tmp);
        close_fd(l, l->dir);
        mem_free(l);
    }
    memset(s, 0, sizeof(*s));
}

void store_local_clean(const struct store *s) {
    struct local *l = s->ctx;
    int fd = open_folder(l, l->dir, TMP);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        close_fd(l, fd);
        return;
    }
    for (struct dirent *x; (x = readdir(d));) {
        if (x->d_name[0] != '.') {
            l->ops->unlink(l->ops->ctx, dirfd(d), x->d_name, 0);
        }
    }
    closedir(d);
}
