/* The mix, as the configuration says. */
#ifndef ORIEL_SERVER_BOOT_MIX_CONFIG_H
#define ORIEL_SERVER_BOOT_MIX_CONFIG_H

#include "server/config/config.h"
#include "server/relay/mix_thread.h"

/* mix.listeners 0: it is not started. The number of workers is left empty. */
struct mix_thread_config mix_configured(const struct config *c);

#endif
