#include "server/auth/secret_file.h"

#include "recorder/store/private_file.h"
#include "server/os/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum err open_private(const char *file, enum secret_readers readers, int *ret_fd,
                             const char **ret_why) {
    char real[PATH_MAX];
    /* A pipe would keep us waiting for somebody to write. */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || !realpath(file, real)) {
        int why = errno;
        if (fd >= 0) {
            close(fd);
        }
        errno = why;
        *ret_why = strerror(why);
        return ERR_IO;
    }
    *ret_why = readers == SECRET_GROUP ? group_file_wrong(fd) : private_file_wrong(fd, real);
    if (*ret_why) {
        close(fd);
        return ERR_DENIED;
    }
    *ret_fd = fd;
    return OK;
}

enum err secret_file_check(const char *file, enum secret_readers readers, const char **ret_why) {
    int fd = -1;
    enum err e = open_private(file, readers, &fd, ret_why);
    if (e == OK) {
        close(fd);
    }
    return e;
}

enum err secret_file_read(const char *file, size_t max, char **ret, size_t *ret_n,
                          const char **ret_why) {
    char opened[64];
    int fd = -1;
    enum err e = open_private(file, SECRET_OWNER, &fd, ret_why);
    if (e != OK) {
        return e;
    }
    /* The file that was looked at, whatever its name leads to by now. */
    snprintf(opened, sizeof(opened), "/proc/self/fd/%d", fd);
    e = files_read(opened, max, ret, ret_n);
    int why = errno;
    close(fd);
    errno = why;
    *ret_why = e == ERR_LONG ? "it is too long" : e == ERR_NOMEM ? "out of memory" : strerror(why);
    return e;
}
