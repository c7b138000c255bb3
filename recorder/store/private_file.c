#include "recorder/store/private_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIALS "/run/credentials/" /* of all services, each in a folder of its own */

/* A file of that folder itself. */
static bool lies_in(const char *real, const char *dir) {
    size_t n = strlen(dir);
    return n && strncmp(real, dir, n) == 0 && real[n] == '/' && !strchr(real + n + 1, '/');
}

/* The folder keeps everybody else out. That of another process, which the command line reads as
 * root, is known by where it lies. */
static bool is_credential(const char *real) {
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    const char *unit = strncmp(real, CREDENTIALS, sizeof(CREDENTIALS) - 1) == 0
                           ? strchr(real + sizeof(CREDENTIALS) - 1, '/')
                           : NULL;
    return (dir && lies_in(real, dir)) || (unit && !strchr(unit + 1, '/'));
}

static const char *wrong_with(int fd, mode_t forbidden) {
    struct stat st;
    /* The descriptor is what is asked, not the name: nobody exchanges the file in between. */
    if (fstat(fd, &st) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(st.st_mode)) {
        return "is no regular file";
    }
    if (st.st_mode & forbidden) {
        return forbidden & S_IRGRP ? "its group or others can read or write it; chmod 0600 it"
                                   : "its group can write it, or others read it; chmod 0640 it";
    }
    if (geteuid() != 0 && st.st_uid != 0 && st.st_uid != geteuid()) {
        return "belongs to another account";
    }
    return NULL;
}

const char *private_file_wrong(int fd, const char *real) {
    return wrong_with(fd, S_IWGRP | S_IWOTH | S_IROTH | (is_credential(real) ? 0 : S_IRGRP));
}

const char *group_file_wrong(int fd) {
    return wrong_with(fd, S_IWGRP | S_IWOTH | S_IROTH);
}
