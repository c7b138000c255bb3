#include "server/relay/live_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "identity"
#define FRESH "identity.new" /* until it is whole */

static ssize_t read_whole(int fd, uint8_t *out, size_t cap) {
    ssize_t n;
    do {
        n = pread(fd, out, cap, 0);
    } while (n < 0 && errno == EINTR);
    return n;
}

static bool write_whole(int fd, const uint8_t *p, size_t n) {
    ssize_t put;
    do {
        put = pwrite(fd, p, n, 0);
    } while (put < 0 && errno == EINTR);
    return put == (ssize_t)n;
}

/* NULL: there is none that may be used. */
static struct dtls_identity *take(int fd, const struct live_identity *how) {
    struct dtls_identity *id = NULL;
    uint8_t bytes[DTLS_IDENTITY_MAX];
    ssize_t n = read_whole(fd, bytes, sizeof(bytes));
    if (n < 0) {
        how->found->dropped.unreadable++;
        return NULL;
    }
    enum err e = dtls_identity_load(bytes_of(bytes, (size_t)n), how->wall, how->max_age, &id);
    how->found->dropped.version += e == ERR_UNSUPPORTED;
    how->found->dropped.damaged += e == ERR_FORMAT;
    mem_wipe(bytes, sizeof(bytes));
    return id;
}

static enum err fail(int number, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX, "runtime_dir: " NAME ": %s", strerror(number));
    return ERR_IO;
}

/* Whole under its name, or not there. */
static enum err put(const struct runtime_dir *d, const uint8_t *p, size_t n, char why[WHY_MAX]) {
    int dir = runtime_dir_fd(d);
    (void)unlinkat(dir, FRESH, 0); /* of a process that was killed here */
    int fd = openat(dir, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_whole(fd, p, n) && renameat(dir, FRESH, dir, NAME) == 0;
    int number = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (!ok) {
        (void)unlinkat(dir, FRESH, 0);
    }
    return ok ? OK : fail(number, why);
}

static enum err make(const struct runtime_dir *d, wall_t wall, struct dtls_identity **ret,
                     char why[WHY_MAX]) {
    struct dtls_identity *id = dtls_identity_new(wall);
    uint8_t bytes[DTLS_IDENTITY_MAX];
    size_t n = 0;
    enum err e = id ? dtls_identity_save(id, bytes, &n) : ERR_CRYPTO;
    if (e == OK) {
        e = put(d, bytes, n, why);
    } else {
        snprintf(why, WHY_MAX, "no certificate for DTLS can be made");
    }
    mem_wipe(bytes, sizeof(bytes));
    if (e != OK) {
        dtls_identity_free(id);
        return e;
    }
    *ret = id;
    return OK;
}

enum err live_identity_take(const struct runtime_dir *d, const struct live_identity *how,
                            struct dtls_identity **ret, char why[WHY_MAX]) {
    struct dtls_identity *id = NULL;
    int fd = openat(runtime_dir_fd(d), NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        id = take(fd, how);
        close(fd);
    } else if (errno != ENOENT) {
        how->found->dropped.unreadable++;
    }
    if (id) {
        *ret = id;
        return OK;
    }
    live_identity_end(d); /* one that is too old has a key, too */
    return make(d, how->wall, ret, why);
}

void live_identity_end(const struct runtime_dir *d) {
    static const uint8_t zero[DTLS_IDENTITY_MAX];
    struct stat st;
    int fd = openat(runtime_dir_fd(d), NAME, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
            (void)write_whole(fd, zero, sizeof(zero));
        }
        close(fd);
    }
    (void)unlinkat(runtime_dir_fd(d), NAME, 0);
}
