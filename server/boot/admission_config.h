/* What a server counts as too much, as configured. */
#ifndef ORIEL_SERVER_BOOT_ADMISSION_CONFIG_H
#define ORIEL_SERVER_BOOT_ADMISSION_CONFIG_H

#include "server/config/config.h"
#include "server/http/admission.h"

/* All of it. Pure. */
struct admission_config admission_configured(const struct config *c);

#endif
