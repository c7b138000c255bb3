/* DESIGN. An object is written to DIR/tmp/N, synced, linked to its final name and the folder
 * synced. link() rather than rename(): it refuses to replace what is there. A name that another
 * folder must be made for syncs that folder's parent too, or power loss could take the folder. */
#include "recorder/store/store.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TMP_NAME_MAX 32

struct local {
    int dir, tmp; /* descriptors of DIR and DIR/tmp; tmp is -1 until it is needed */
    unsigned next;
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

bool store_name_ok(const char *name) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789/_.-";
    size_t n = strlen(name);
    if (n == 0 || n >= OBJECT_NAME_MAX || strspn(name, allowed) != n || name[n - 1] == '/') {
        return false;
    }
    /* No part is empty or starts with a dot: no "..", no hidden file, no leading slash. */
    return name[0] != '/' && name[0] != '.' && !strstr(name, "//") && !strstr(name, "/.");
}

static bool sync_folder(int dir, const char *path) {
    int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Make every folder of name; *folder_end is the length of the last one's path. */
static bool make_folders(const struct local *l, const char *name, size_t *folder_end) {
    char path[OBJECT_NAME_MAX], parent[OBJECT_NAME_MAX] = ".";
    *folder_end = 0;
    for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/')) {
        size_t n = (size_t)(p - name);
        memcpy(path, name, n);
        path[n] = '\0';
        if (mkdirat(l->dir, path, 0700) == 0) {
            if (!sync_folder(l->dir, parent)) {
                return false;
            }
        } else if (errno != EEXIST) {
            return false;
        }
        memcpy(parent, path, n + 1);
        *folder_end = n;
    }
    return true;
}

static bool write_all(int fd, struct bytes b) {
    while (b.n) {
        ssize_t n = write(fd, b.p, b.n);
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
    if (l->tmp < 0 && (mkdirat(l->dir, "tmp", 0700) == 0 || errno == EEXIST)) {
        l->tmp = openat(l->dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    return l->tmp >= 0;
}

static bool write_tmp(const struct local *l, const char *tmp, struct bytes object) {
    int fd = openat(l->tmp, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool ok = write_all(fd, object) && fsync(fd) == 0;
    int saved = errno;
    ok = close(fd) == 0 && ok;
    errno = saved;
    return ok;
}

/* Give the synced temporary file its name, durably. */
static enum err publish(const struct local *l, const char *tmp, const char *name) {
    char folder[OBJECT_NAME_MAX] = ".";
    size_t n = 0;
    if (!make_folders(l, name, &n)) {
        return err_of_errno();
    }
    if (n) {
        memcpy(folder, name, n);
        folder[n] = '\0';
    }
    if (linkat(l->tmp, tmp, l->dir, name, 0) != 0) {
        return err_of_errno();
    }
    if (!sync_folder(l->dir, folder)) {
        unlinkat(l->dir, name, 0);
        return ERR_IO;
    }
    return OK;
}

static enum err local_put(void *ctx, const char *name, struct bytes object) {
    struct local *l = ctx;
    char tmp[TMP_NAME_MAX];
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    snprintf(tmp, sizeof(tmp), "%u-%u", (unsigned)getpid(), l->next++);
    enum err e = OK;
    if (!open_tmp(l) || !write_tmp(l, tmp, object)) {
        e = err_of_errno();
        e = e == ERR_UNKNOWN || e == ERR_EXISTS ? ERR_IO : e;
    } else {
        e = publish(l, tmp, name);
        e = e == ERR_UNKNOWN ? ERR_IO : e;
    }
    if (l->tmp >= 0) {
        unlinkat(l->tmp, tmp, 0);
    }
    return e;
}

static enum err local_size(void *ctx, const char *name, uint64_t *ret_size) {
    struct local *l = ctx;
    struct stat st;
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    if (fstatat(l->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return err_of_errno();
    }
    if (!S_ISREG(st.st_mode)) {
        return ERR_UNKNOWN;
    }
    *ret_size = (uint64_t)st.st_size;
    return OK;
}

static enum err read_all(int fd, uint64_t at, uint8_t *out, size_t n) {
    while (n) {
        ssize_t got = pread(fd, out, n, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 ? ERR_RANGE : ERR_IO;
        }
        out += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return OK;
}

static enum err local_read(void *ctx, const char *name, uint64_t at, uint8_t *out, size_t n) {
    struct local *l = ctx;
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    if (at > INT64_MAX) {
        return ERR_RANGE;
    }
    int fd = openat(l->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return err_of_errno();
    }
    enum err e = read_all(fd, at, out, n);
    close(fd);
    return e;
}

static enum err local_remove(void *ctx, const char *name) {
    struct local *l = ctx;
    if (!store_name_ok(name)) {
        return ERR_FORMAT;
    }
    return unlinkat(l->dir, name, 0) == 0 ? OK : err_of_errno();
}

struct walk {
    struct local *l;
    void (*each)(void *ctx, const char *name, uint64_t size);
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
static enum err look_at(int fd, const char *name, struct stat *ret) {
    if (fstatat(fd, name, ret, AT_SYMLINK_NOFOLLOW) == 0) {
        return OK;
    }
    return errno == ENOENT ? ERR_UNKNOWN : errno == ENOMEM ? ERR_NOMEM : ERR_IO;
}

/* Names are at most OBJECT_NAME_MAX long, which also bounds the depth of this recursion. */
static enum err walk_folder(const struct walk *w, const char *folder) {
    int fd = openat(w->l->dir, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    enum err e = OK;
    if (!d) {
        e = err_of_errno();
        if (fd >= 0) {
            close(fd);
        }
        return e == ERR_UNKNOWN ? OK : e;
    }
    for (struct dirent *x; e == OK && (x = next_entry(d, &e));) {
        char name[OBJECT_NAME_MAX];
        struct stat st;
        if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0 ||
            snprintf(name, sizeof(name), "%s/%s", folder, x->d_name) >= (int)sizeof(name)) {
            continue;
        }
        e = look_at(fd, x->d_name, &st);
        if (e == ERR_UNKNOWN) {
            e = OK;
        } else if (e == OK && S_ISDIR(st.st_mode)) {
            e = walk_folder(w, name);
        } else if (e == OK) {
            w->each(w->ctx, name, (uint64_t)st.st_size);
        }
    }
    closedir(d);
    return e;
}

static enum err local_list(void *ctx, const char *prefix,
                           void (*each)(void *each_ctx, const char *name, uint64_t size),
                           void *each_ctx) {
    struct walk w = {ctx, each, each_ctx};
    char folder[OBJECT_NAME_MAX];
    size_t n = strlen(prefix);
    if (n < 2 || n >= sizeof(folder) || prefix[n - 1] != '/') {
        return ERR_FORMAT;
    }
    memcpy(folder, prefix, n - 1);
    folder[n - 1] = '\0';
    return store_name_ok(folder) ? walk_folder(&w, folder) : ERR_FORMAT;
}

enum err store_local_open(const char *dir, struct store *ret) {
    struct local *l = mem_zalloc(1, sizeof(*l));
    if (!l) {
        return ERR_NOMEM;
    }
    l->tmp = -1;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        mem_free(l);
        return ERR_IO;
    }
    l->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *ret = (struct store){.ctx = l,
                          .put = local_put,
                          .size = local_size,
                          .read = local_read,
                          .remove = local_remove,
                          .list = local_list};
    if (l->dir < 0) {
        store_local_close(ret);
        return ERR_IO;
    }
    return OK;
}

void store_local_close(struct store *s) {
    struct local *l = s->ctx;
    if (l) {
        if (l->tmp >= 0) {
            close(l->tmp);
        }
        if (l->dir >= 0) {
            close(l->dir);
        }
        mem_free(l);
    }
    memset(s, 0, sizeof(*s));
}

void store_local_clean(struct store *s) {
    struct local *l = s->ctx;
    int fd = openat(l->dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    for (struct dirent *x; (x = readdir(d));) {
        if (x->d_name[0] != '.') {
            unlinkat(dirfd(d), x->d_name, 0);
        }
    }
    closedir(d);
}
