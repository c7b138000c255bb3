/* What the server answers, as a constant table of method, path pattern, what it needs and the
 * function that does it. docs/api.md is this table in prose. */
#ifndef ORIEL_SERVER_API_ROUTES_H
#define ORIEL_SERVER_API_ROUTES_H

#include "server/api/api.h"

/* For the loop; a is borrowed. */
struct http_service routes_service(struct api *a);

#endif
