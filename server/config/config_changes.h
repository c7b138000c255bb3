/* What a reload does not take: the keys in which two configurations differ. */
#ifndef ORIEL_SERVER_CONFIG_CONFIG_CHANGES_H
#define ORIEL_SERVER_CONFIG_CONFIG_CHANGES_H

#include "server/config/config.h"

/* The paths of keys that differ and that only a restart reads, "limits.tours, tours", as many as
 * fit into out of n bytes; how many there are. auth.*, log.level, web.images and
 * web.frame_ancestors are no such keys. */
unsigned config_changes(const struct config *a, const struct config *b, char *out, size_t n);

#endif
