#include "server/cli/cli.h"

#include "server/auth/authority.h"
#include "server/os/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int cli_fail(int status, const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fprintf(stderr, "oriel: %s\n", text);
    return status;
}

const char *cli_value(int argc, char **argv, int *i) {
    if (*i + 1 >= argc) {
        cli_fail(CLI_USAGE, "%s needs a value", argv[*i]);
        return NULL;
    }
    return argv[++*i];
}

struct config *cli_config(const char *file) {
    char why[WHY_MAX] = "";
    struct config *cfg = NULL;
    if (!file) {
        file =
            access("/etc/oriel/oriel.json", F_OK) == 0 ? "/etc/oriel/oriel.json" : "conf/dev.json";
    }
    if (config_load(file, &cfg, why) != OK) {
        cli_fail(CLI_FAILED, "%s", why);
        return NULL;
    }
    return cfg;
}

char *cli_mint(const struct config *cfg, const struct claims *who, int64_t ttl_s) {
    char why[WHY_MAX] = "out of memory";
    struct auth *auth = NULL;
    struct claims c = *who;
    wall_t now = clock_wall();
    c.expires.us = now.us + ttl_s * US_PER_S;
    char *token = NULL;
    if (!*cfg->auth_hs256_secret && !*cfg->auth_hs256_secret_file) {
        cli_fail(CLI_FAILED, "auth.hs256_secret_file is empty: no secret of ours signs tokens");
        return NULL;
    }
    if (authority_auth(cfg, true, &auth, why) == OK) {
        token = auth_mint(auth, now, &c);
    }
    auth_free(auth);
    if (!token) {
        cli_fail(CLI_FAILED, "%s", why);
    }
    return token;
}
