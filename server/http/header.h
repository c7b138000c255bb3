/* Headers of the request being read. */
#ifndef ORIEL_SERVER_HTTP_HEADER_H
#define ORIEL_SERVER_HTTP_HEADER_H

#include "server/http/lws.h"

#include <stdbool.h>

#define HEADER_MAX 16384 /* [bytes] all headers of one request */

/* One of them, copied to the heap (mem_free it); NULL when absent, empty or longer than HEADER_MAX.
 * False when memory is out: it may be there, and NULL says nothing. */
bool header_copy(struct lws *wsi, enum lws_token_indexes h, char **ret);

/* The same of one that libwebsockets has no token for; name in small letters with its colon. */
bool header_copy_named(struct lws *wsi, const char *name, char **ret);

#endif
