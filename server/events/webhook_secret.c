#include "server/events/webhook_secret.h"

#include "base/alloc.h"
#include "server/auth/secret_file.h"
#include "server/os/files.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

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
    const char *wrong = "";
    enum err e = secret_file_read(real, SECRET_MAX, &text, &n, &wrong);
    if (e != OK) {
        return refuse(e, file, wrong, why);
    }
    e = webhook_keys_read(text, ret, why);
    mem_wipe(text, n);
    mem_free(text);
    return e == OK ? OK : refuse(e, file, why, why);
}
