/* Prometheus text format 0.0.4. */
#ifndef ORIEL_SERVER_API_METRICS_H
#define ORIEL_SERVER_API_METRICS_H

#include "server/api/api.h"

/* All numbers of the server as text (mem_free it), or NULL when memory is out. Names are stable:
 * dashboards and alert rules use them. */
char *metrics_text(const struct api *a, us_t now, size_t *ret_len);

#endif
