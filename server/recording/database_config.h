/* The database of the configuration, for those who open the catalogue. */
#ifndef ORIEL_SERVER_RECORDING_DATABASE_CONFIG_H
#define ORIEL_SERVER_RECORDING_DATABASE_CONFIG_H

#include "recorder/db/postgres.h"
#include "server/config/config.h"

/* How to connect to it; it borrows from c for as long as anybody is connected. NULL: there is none,
 * files do. Its password is read at each connection, so that it may be changed. Any thread. */
const struct postgres_config *database_configured(const struct config *c,
                                                  struct postgres_config *ret);

#endif
