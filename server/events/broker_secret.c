#include "server/events/broker_secret.h"

#include "base/alloc.h"
#include "server/auth/secret_file.h"
#include "server/os/files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err refuse(enum err e, const char *file, const char *what, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX, "%.150s: %.250s", file, what);
    return e;
}

char *broker_secret_free(char *secret) {
    if (secret) {
        mem_wipe(secret, strlen(secret));
    }
    return mem_free(secret);
}

enum err broker_secret_load(const char *file, char **ret, char why[WHY_MAX]) {
    char *text = NULL;
    size_t n = 0;
    char path[PATH_MAX];
    const char *wrong = "";
    enum err e =
        secret_file_read(files_credential(file, path), BROKER_SECRET_MAX, &text, &n, &wrong);
    if (e != OK) {
        return refuse(e, file, wrong, why);
    }
    size_t line = strcspn(text, "\r\n");
    if (line == 0 || text[line + strspn(text + line, "\r\n")] != '\0' || strlen(text) != n) {
        mem_wipe(text, n);
        mem_free(text);
        return refuse(ERR_FORMAT, file, "must be one line", why);
    }
    text[line] = '\0';
    *ret = text;
    return OK;
}

enum err broker_secret_check(const char *file, char why[WHY_MAX]) {
    char path[PATH_MAX];
    const char *wrong = "";
    enum err e = secret_file_check(files_credential(file, path), SECRET_OWNER, &wrong);
    return e == OK ? OK : refuse(e, file, wrong, why);
}

enum err broker_file_check(const char *file, char why[WHY_MAX]) {
    char path[PATH_MAX];
    return access(files_credential(file, path), R_OK) == 0
               ? OK
               : refuse(ERR_IO, file, strerror(errno), why);
}
