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

enum err secret_file_read(const char *file, size_t max, char **ret, size_t *ret_n,
                          const char **ret_why) {
    char real[PATH_MAX], opened[64];
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
    *ret_why = private_file_wrong(fd, real);
    if (*ret_why) {
        close(fd);
        return ERR_DENIED;
    }
    /* The file that was looked at, whatever its name leads to by now. */
    snprintf(opened, sizeof(opened), "/proc/self/fd/%d", fd);
    enum err e = files_read(opened, max, ret, ret_n);
    int why = errno;
    close(fd);
    errno = why;
    *ret_why = e == ERR_LONG ? "it is too long" : e == ERR_NOMEM ? "out of memory" : strerror(why);
    return e;
}
