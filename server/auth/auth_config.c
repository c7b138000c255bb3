#include "server/auth/auth_config.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "server/auth/auth_secret.h"

#include <string.h>

enum err auth_configured(const struct config *cfg, bool create, struct auth **ret,
                         char why[WHY_MAX]) {
    char *secret = NULL;
    enum err e = OK;
    if (!*cfg->auth_secret) {
        e = auth_secret_load(cfg->auth_secret_file, create && cfg->auth_create, &secret, why);
    }
    if (e != OK) {
        return e;
    }
    struct auth_config c = {
        .secret = secret ? secret : cfg->auth_secret,
        .issuer = cfg->auth_issuer,
        .audience = cfg->auth_audience,
        .leeway_s = cfg->auth_leeway_s,
    };
    *ret = auth_new(&c);
    if (secret) {
        mem_wipe(secret, strlen(secret));
        mem_free(secret);
    }
    return *ret ? OK : ERR_NOMEM;
}
