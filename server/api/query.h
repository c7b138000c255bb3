/* What a query asks of the recordings. */
#ifndef ORIEL_SERVER_API_QUERY_H
#define ORIEL_SERVER_API_QUERY_H

#include "server/http/request.h"
#include "server/recording/reader_thread.h"

/* The arguments of the list. False when a value is none: unprintable, too long, no number.
 * Arguments that nobody knows are nobody's. */
bool query_list(const struct request *r, struct read_list *ret);
/* limit=N, at most 7 digits; 0 when it is not there. */
bool query_limit(const struct request *r, uint32_t *ret);
/* The argument `name` as text of at most cap - 1 bytes; "" when it is not there. */
bool query_text(const struct request *r, const char *name, char *out, size_t cap);

#endif
