#include "server/jobs/markers.h"

#include "recorder/library/library.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "derived"

/* A descriptor of DIR/derived, or -1. */
static int open_folder(const char *dir, bool make) {
    int base = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (base < 0) {
        return -1;
    }
    if (make && mkdirat(base, FOLDER, 0700) == 0) {
        (void)fsync(base);
    }
    int fd = openat(base, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(base);
    return fd;
}

enum err markers_put(const char *dir, const char *recording) {
    int folder = open_folder(dir, true);
    int fd = folder >= 0 ? openat(folder, recording, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    bool ok = fd >= 0 && fsync(folder) == 0;
    enum err e = ok ? OK : errno == ENOSPC || errno == EDQUOT ? ERR_NOSPACE : ERR_IO;
    if (fd >= 0) {
        close(fd);
    }
    if (folder >= 0) {
        close(folder);
    }
    return e;
}

void markers_remove(const char *dir, const char *recording) {
    int folder = open_folder(dir, false);
    if (folder >= 0) {
        (void)unlinkat(folder, recording, 0);
        close(folder);
    }
}

void markers_each(const char *dir, void (*each)(void *ctx, const char *recording), void *ctx) {
    int folder = open_folder(dir, false);
    DIR *d = folder >= 0 ? fdopendir(folder) : NULL;
    if (!d) {
        if (folder >= 0) {
            close(folder);
        }
        return;
    }
    for (struct dirent *x; (x = readdir(d));) {
        if (strspn(x->d_name, "0123456789abcdef") == RECORDING_ID_LEN &&
            strlen(x->d_name) == RECORDING_ID_LEN) {
            each(ctx, x->d_name);
        }
    }
    closedir(d);
}
