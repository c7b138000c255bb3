#include "server/recording/configured_library.h"

#include "server/recording/database_config.h"

enum err configured_library_open(const struct configured_library *c, struct library **ret,
                                 char why[WHY_MAX]) {
    struct key_config keys;
    struct postgres_config database;
    config_key_config(c->config, &keys);
    keys.kms.stop = c->stop;
    keys.kms.stop_ctx = c->ctx;
    struct library_config l = {.dir = c->config->recording_dir,
                               .kek_file = c->config->recording_kek_file,
                               .keys = &keys,
                               .database = database_configured(c->config, &database),
                               .store = stores_both(c->stores),
                               .store_known = c->store_known,
                               .rng = c->rng};
    return library_open(&l, ret, why);
}
