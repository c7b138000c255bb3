#include "server/boot/audit_config.h"

#include <stdio.h>

#define DAY (86400 * US_PER_S)

struct audit_config audit_configured(const struct config *cfg, struct audit_paths *paths) {
    bool elsewhere = *cfg->recording_keys_signing_file != '\0';
    snprintf(paths->key, sizeof(paths->key), "%s%s",
             elsewhere ? cfg->recording_keys_signing_file : cfg->recording_dir,
             elsewhere ? "" : "/signing_key");
    return (struct audit_config){
        .log = {.dir = cfg->audit_dir, .file_max = (uint64_t)cfg->audit_file_mib << 20},
        .key_file = paths->key,
        .make_key = !cfg->recording_enabled, /* else the recorder makes it, where none has signed */
        .keep = cfg->audit_keep_days * DAY,
        .checkpoint = cfg->audit_checkpoint_s * US_PER_S,
        .shorten_addresses = cfg->log_shorten_addresses};
}
