#include "server/auth/auth_secret.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "server/auth/secret_file.h"
#include "server/os/clock.h"
#include "server/os/files.h"

#include <errno.h>
#include <stdio.h>

#define SECRET_MIN 32 /* [bytes] RFC 7518 section 3.2: at least the size of the hash */
#define SECRET_MAX 1024

static enum err create_secret(const char *file, char why[WHY_MAX]) {
    uint8_t raw[SECRET_MIN];
    char hex[2 * SECRET_MIN + 2];
    struct rng rng = clock_rng();
    rng_fill(&rng, raw, sizeof(raw));
    hex_encode(hex, raw, sizeof(raw));
    hex[2 * SECRET_MIN] = '\n';
    enum err e = files_create(file, bytes_of(hex, 2 * SECRET_MIN + 1));
    if (e != OK && e != ERR_EXISTS) {
        snprintf(why, WHY_MAX, "%.140s: cannot create the secret file: %.60s", file,
                 strerror(errno));
    }
    mem_wipe(raw, sizeof(raw));
    mem_wipe(hex, sizeof(hex));
    return e == ERR_EXISTS ? OK : e;
}

enum err auth_secret_load(const char *file, bool create, char **ret, char why[WHY_MAX]) {
    char *text = NULL;
    const char *wrong = NULL;
    size_t n = 0;
    enum err e = secret_file_read(file, SECRET_MAX, &text, &n, &wrong);
    if (e == ERR_IO && errno == ENOENT && create) {
        e = create_secret(file, why);
        if (e == ERR_IO) {
            return e;
        }
        e = e == OK ? secret_file_read(file, SECRET_MAX, &text, &n, &wrong) : e;
    }
    if (e != OK) {
        snprintf(why, WHY_MAX, "%.100s: cannot read the secret file: %.80s%s", file,
                 e == ERR_LONG ? "longer than 1024 bytes"
                 : wrong       ? wrong
                               : err_name(e),
                 e == ERR_IO && errno == ENOENT ? " (auth.create_secret makes one)" : "");
        return e;
    }
    text[strcspn(text, "\r\n")] = '\0';
    if (strlen(text) < SECRET_MIN) {
        snprintf(why, WHY_MAX, "%.180s: the secret must have at least %d characters", file,
                 SECRET_MIN);
        mem_wipe(text, n);
        mem_free(text);
        return ERR_SHORT;
    }
    *ret = text;
    return OK;
}
