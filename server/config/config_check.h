/* The rules that join several keys, and the shapes of values that are more than a string. */
#ifndef ORIEL_SERVER_CONFIG_CONFIG_CHECK_H
#define ORIEL_SERVER_CONFIG_CONFIG_CHECK_H

#include "server/config/config.h"

/* False when something does not fit together: *ret_path is the key to look at and *ret_what says
 * what would be right (both static or owned by c). */
bool config_consistent(const struct config *c, const char **ret_path, const char **ret_what);

#endif
