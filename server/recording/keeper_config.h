/* What is done for recordings from time to time, as the configuration says. */
#ifndef ORIEL_SERVER_RECORDING_KEEPER_CONFIG_H
#define ORIEL_SERVER_RECORDING_KEEPER_CONFIG_H

#include "server/config/config.h"
#include "server/recording/keeper.h"

/* All of it. */
struct keeper_config keeper_configured(const struct config *c);

#endif
