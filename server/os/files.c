#include "server/os/files.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIAL "credential:"

const char *files_credential(const char *text, char *out) {
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (strncmp(text, CREDENTIAL, strlen(CREDENTIAL)) != 0) {
        return text;
    }
    int n = snprintf(out, PATH_MAX, "%s/%s", dir ? dir : "/run/credentials/oriel.service",
                     text + strlen(CREDENTIAL));
    return n < PATH_MAX ? out : "";
}

enum err files_make_parents(const char *file) {
    char path[4096];
    if (snprintf(path, sizeof(path), "%s", file) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return ERR_IO;
    }
    for (char *p = path + 1; *path && *p; p++) {
        if (*p != '/') {
            continue;
        }
        *p = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            return ERR_IO;
        }
        *p = '/';
    }
    return OK;
}

static enum err write_all(int fd, struct bytes b) {
    while (b.n > 0) {
        ssize_t n = write(fd, b.p, b.n);
        if (n < 0 && errno != EINTR) {
            return ERR_IO;
        }
        if (n > 0) {
            b.p += n;
            b.n -= (size_t)n;
        }
    }
    return fsync(fd) == 0 ? OK : ERR_IO;
}

enum err files_create(const char *file, struct bytes contents) {
    char temporary[4096];
    int n = snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", file, (long)getpid());
    if (n >= (int)sizeof(temporary) || files_make_parents(file) != OK) {
        return ERR_IO;
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return ERR_IO;
    }
    enum err e = write_all(fd, contents);
    close(fd);
    /* link, not rename: whoever comes second keeps the first one's file. */
    if (e == OK && link(temporary, file) != 0) {
        e = errno == EEXIST ? ERR_EXISTS : ERR_IO;
    }
    int why = errno;
    unlink(temporary);
    errno = why;
    return e;
}

enum err files_read(const char *file, size_t max, char **ret, size_t *ret_n) {
    FILE *f = fopen(file, "re");
    if (!f) {
        return ERR_IO;
    }
    char *text = mem_alloc(max + 2);
    size_t n = text ? fread(text, 1, max + 1, f) : 0;
    enum err e = !text ? ERR_NOMEM : ferror(f) ? ERR_IO : n > max ? ERR_LONG : OK;
    int why = errno;
    fclose(f);
    errno = why;
    if (e != OK) {
        mem_free(text);
        return e;
    }
    text[n] = '\0';
    *ret = text;
    *ret_n = n;
    return OK;
}
