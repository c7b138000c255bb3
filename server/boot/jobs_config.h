/* What is made of recordings, as the configuration says. */
#ifndef ORIEL_SERVER_BOOT_JOBS_CONFIG_H
#define ORIEL_SERVER_BOOT_JOBS_CONFIG_H

#include "server/config/config.h"
#include "server/jobs/jobs_thread.h"

/* Strings are borrowed from c. What is of the run is left empty: keys, store, the helper, the wake.
 */
struct jobs_thread_config jobs_configured(const struct config *c);

#endif
