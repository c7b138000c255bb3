/* Tokens as the configuration has them. */
#ifndef ORIEL_SERVER_AUTH_AUTH_CONFIG_H
#define ORIEL_SERVER_AUTH_AUTH_CONFIG_H

#include "server/auth/auth.h"
#include "server/config/config.h"

/* With `create`, a secret file that is missing is made, if the configuration allows it. *ret is for
 * auth_free. Errors as auth_secret_load. */
enum err auth_configured(const struct config *cfg, bool create, struct auth **ret,
                         char why[WHY_MAX]);

#endif
