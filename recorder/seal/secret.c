#include "recorder/seal/secret.h"

#include "recorder/store/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define CREDENTIAL "credential:"

static enum err why_io(char why[WHY_MAX], const char *path, const char *what) {
    enum err e = errno == ENOENT ? ERR_UNKNOWN : ERR_IO;
    snprintf(why, WHY_MAX, "key file %.300s: %s: %s", path, what, strerror(errno));
    return e;
}

static enum err refuse(char why[WHY_MAX], const char *path, const char *what) {
    snprintf(why, WHY_MAX, "key file %.300s: %s", path, what);
    return ERR_FORMAT;
}

/* The file's real path. */
static enum err resolve(const char *path, char out[PATH_MAX], char why[WHY_MAX]) {
    size_t n = sizeof(CREDENTIAL) - 1;
    if (strncmp(path, CREDENTIAL, n) != 0) {
        return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX ? OK : refuse(why, path, "too long");
    }
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (!dir || !*dir) {
        return refuse(why, path,
                      "CREDENTIALS_DIRECTORY is not set: systemd sets it for a service"
                      " with LoadCredential=");
    }
    if (strchr(path + n, '/') || !path[n] || path[n] == '.') {
        return refuse(why, path, "is no name of a credential");
    }
    return snprintf(out, PATH_MAX, "%s/%s", dir, path + n) < PATH_MAX
               ? OK
               : refuse(why, path, "too long");
}

static enum err read_text(int fd, const char *path, struct bytes *text, char why[WHY_MAX]) {
    char *out = (char *)(uintptr_t)text->p;
    size_t n = 0;
    for (ssize_t more = 1; more > 0 && n<text->n; n += more> 0 ? (size_t)more : 0) {
        more = read(fd, out + n, text->n - n);
        if (more < 0 && errno != EINTR) {
            return why_io(why, path, "read");
        }
    }
    if (n == text->n) {
        return refuse(why, path, "is too long to be what it should be");
    }
    while (n > 0 && strchr(" \t\r\n", out[n - 1])) {
        n--;
    }
    out[n] = '\0';
    text->n = n;
    return OK;
}

enum err secret_read(const char *path, char *out, size_t cap, size_t *ret_n, char why[WHY_MAX]) {
    char real[PATH_MAX];
    enum err e = resolve(path, real, why);
    if (e != OK) {
        return e;
    }
    int fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return why_io(why, path, "open");
    }
    struct bytes text = bytes_of(out, cap);
    const char *wrong = private_file_wrong(fd, real);
    e = wrong ? refuse(why, path, wrong) : OK;
    e = e == OK ? read_text(fd, path, &text, why) : e;
    close(fd);
    if (e == OK) {
        *ret_n = text.n;
    } else {
        mem_wipe(out, cap);
    }
    return e;
}

static bool sync_folder_of(const char *path) {
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    snprintf(dir, sizeof(dir), "%.*s", n ? (int)n : 1, n ? path : (slash ? "/" : "."));
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool write_text(int fd, struct bytes text) {
    return write(fd, text.p, text.n) == (ssize_t)text.n && write(fd, "\n", 1) == 1 &&
           fsync(fd) == 0;
}

enum err secret_create(const char *path, struct bytes text, char why[WHY_MAX]) {
    char aside[PATH_MAX];
    if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside)) {
        errno = ENAMETOOLONG;
        why_io(why, path, "create");
        return ERR_IO;
    }
    unlink(aside);
    int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_text(fd, text) && (link(aside, path) == 0 || errno == EEXIST) &&
              sync_folder_of(path);
    if (!ok) {
        why_io(why, path, "create");
    }
    if (fd >= 0) {
        close(fd);
        unlink(aside);
    }
    return ok ? OK : ERR_IO;
}

enum err secret_create_key(const char *path, const struct rng *rng, char why[WHY_MAX]) {
    uint8_t key[SECRET_KEY_LEN];
    char hex[2 * SECRET_KEY_LEN + 1];
    rng_fill(rng, key, sizeof(key));
    hex_encode(hex, key, sizeof(key));
    enum err e = secret_create(path, bytes_of(hex, 2 * SECRET_KEY_LEN), why);
    mem_wipe(key, sizeof(key));
    mem_wipe(hex, sizeof(hex));
    return e;
}
