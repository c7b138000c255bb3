/* The bucket, what waits for it and what takes it there, as the configuration says. Strings are
 * borrowed from it, and what is of the run is left empty: hooks, other stores, clocks. */
#ifndef ORIEL_SERVER_RECORDING_STORES_CONFIG_H
#define ORIEL_SERVER_RECORDING_STORES_CONFIG_H

#include "recorder/store/http.h"
#include "recorder/store/store_spool.h"
#include "recorder/store/uploader.h"
#include "server/config/config.h"

/* How the bucket is spoken to. */
struct http_config http_configured(const struct config *c);
/* Files of credentials as they are named: files_credential finds them. */
struct s3_config s3_configured(const struct config *c);
/* What waits for it. */
struct spool_config spool_configured(const struct config *c);
/* What takes it there. */
struct uploader_config uploader_configured(const struct config *c);

#endif
