/* What the configuration says of the tours of the API. Thread: any. */
#ifndef ORIEL_SERVER_BOOT_TOURS_CONFIG_H
#define ORIEL_SERVER_BOOT_TOURS_CONFIG_H

#include "server/config/config.h"

struct tours_config {
    size_t records;          /* there may be, those that ended among them */
    size_t ended;            /* of these */
    size_t per_sub;          /* that have not ended, made with tokens of one sub; 0: any number */
    size_t per_issuer;       /* likewise, of one issuer */
    size_t idempotency_keys; /* whose answers are kept */
};

/* Pure. */
struct tours_config tours_configured(const struct config *c);

#endif
