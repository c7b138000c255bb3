/* A worker with its engine and its connections of ICE-TCP, as the configuration says. */
#ifndef ORIEL_SERVER_BOOT_WORKER_CONFIG_H
#define ORIEL_SERVER_BOOT_WORKER_CONFIG_H

#include "server/config/config.h"
#include "server/relay/worker.h"

/* The worker of index 0. What is of the run is left empty: identity, wall clock, mailboxes of
 * others. */
struct worker_config worker_configured(const struct config *c);

#endif
