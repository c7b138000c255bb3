/* How media helpers are started, as the configuration says. */
#ifndef ORIEL_SERVER_JOBS_HELPER_CONFIG_H
#define ORIEL_SERVER_JOBS_HELPER_CONFIG_H

#include "server/config/config.h"
#include "server/jobs/helper.h"

/* beside[size] holds the path where the configuration names none: the result borrows it, and c. */
struct helper_config helper_configured(const struct config *c, char *beside, size_t size);

#endif
