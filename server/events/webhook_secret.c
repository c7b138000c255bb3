#include "server/events/webhook_secret.h"

#include "base/alloc.h"
#include "recorder/store/private_file.h"
#include "server/os/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECRET_MAX 1024 /* [bytes] of a file */

static enum err refuse(enum err e, const char *file, const char *what, char why[WHY_MAX]) {
    char own[256]; /* what may be why */
    snprintf(own, sizeof(own), "%.250s", what);
    snprintf(why, WHY_MAX, "%.150s: %s", file, own);
    return e;
}

enum err webhook_keys_load(const char *file, struct webhook_keys *ret, char why[WHY_MAX]) {
    char path[PATH_MAX];
    const char *real = files_credential(file, path);
    char *text = NULL;
    size_t n = 0;
    int fd = open(real, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return refuse(ERR_IO, file, strerror(errno), why);
    }
    const char *wrong = private_file_wrong(fd, real);
    close(fd);
    if (wrong) {
        return refuse(ERR_DENIED, file, wrong, why);
    }
    enum err e = files_read(real, SECRET_MAX, &text, &n);
    if (e != OK) {
        return refuse(e, file, err_name(e), why);
    }
    e = webhook_keys_read(text, ret, why);
    mem_wipe(text, n);
    mem_free(text);
    return e == OK ? OK : refuse(e, file, why, why);
}
