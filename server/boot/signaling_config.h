/* Signaling, as the configuration says. */
#ifndef ORIEL_SERVER_BOOT_SIGNALING_CONFIG_H
#define ORIEL_SERVER_BOOT_SIGNALING_CONFIG_H

#include "server/config/config.h"

/* Strings are borrowed from c. What is of the run is left empty: workers, fingerprint, callbacks,
 * rng. */
struct signaling_config signaling_configured(const struct config *c);

#endif
