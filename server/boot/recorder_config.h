/* What captures and writes recordings, as the configuration says. */
#ifndef ORIEL_SERVER_BOOT_RECORDER_CONFIG_H
#define ORIEL_SERVER_BOOT_RECORDER_CONFIG_H

#include "server/config/config.h"
#include "server/recording/recorder_thread.h"

/* Strings are borrowed from c. What is of the run is left empty: keys, store, workers, wakes. */
struct recorder_thread_config recorder_configured(const struct config *c);

#endif
