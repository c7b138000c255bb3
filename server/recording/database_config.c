#include "server/recording/database_config.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "recorder/store/private_file.h"
#include "server/config/units.h"
#include "server/os/clock.h"
#include "server/os/files.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static us_t now(void *ctx) {
    (void)ctx;
    return clock_now();
}

static bool wait_socket(void *ctx, int socket, bool write, us_t until) {
    struct pollfd p = {.fd = socket, .events = write ? POLLOUT : POLLIN};
    for (us_t at = now(ctx); at < until; at = now(ctx)) {
        int n = poll(&p, 1, clock_wait_ms(at, until));
        if (n > 0) {
            return true; /* also when it has failed, which who reads finds */
        }
    }
    return false;
}

/* The file that was looked at, whatever its name leads to by then. */
static enum err read_private(const char *path, char **ret, size_t *ret_n) {
    char opened[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return ERR_IO;
    }
    snprintf(opened, sizeof(opened), "/proc/self/fd/%d", fd);
    enum err e = private_file_wrong(fd, path)
                     ? ERR_DENIED
                     : files_read(opened, POSTGRES_PASSWORD_MAX, ret, ret_n);
    close(fd);
    return e;
}

static enum err password(void *ctx, char out[POSTGRES_PASSWORD_MAX]) {
    const struct config *c = ctx;
    char path[PATH_MAX], *text = NULL;
    size_t n = 0;
    enum err e = read_private(files_credential(c->database_password_file, path), &text, &n);
    if (e != OK) {
        return e;
    }
    size_t line = strcspn(text, "\r\n");
    e = line && line < POSTGRES_PASSWORD_MAX ? OK : ERR_FORMAT;
    if (e == OK) {
        memcpy(out, text, line);
        out[line] = '\0';
    }
    mem_wipe(text, n);
    mem_free(text);
    return e;
}

const struct postgres_config *database_configured(const struct config *c,
                                                  struct postgres_config *ret) {
    *ret = (struct postgres_config){
        .url = c->database_url,
        .connect_most = us_of_s(c->database_connect_s),
        .answer_most = us_of_s(c->database_answer_s),
        .clock = now,
        .wait = wait_socket,
        .password = *c->database_password_file ? password : NULL,
        .ctx = (void *)c,
    };
    return *c->database_url ? ret : NULL;
}
