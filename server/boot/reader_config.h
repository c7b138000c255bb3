/* What reads recordings, as the configuration says. */
#ifndef ORIEL_SERVER_BOOT_READER_CONFIG_H
#define ORIEL_SERVER_BOOT_READER_CONFIG_H

#include "server/config/config.h"
#include "server/recording/reader_thread.h"

/* Strings are borrowed from c. What is of the run is left empty: keys, stores, the wake. */
struct reader_thread_config reader_configured(const struct config *c);

#endif
