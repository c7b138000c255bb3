/* What the head of a request must be before anybody looks at what it asks for: what two programs
 * could read in two ways (RFC 9112 sections 3.2, 5.1 and 11.2) is refused, and so is what is meant
 * for another server. */
#ifndef ORIEL_SERVER_HTTP_HEAD_H
#define ORIEL_SERVER_HTTP_HEAD_H

#include "server/http/loop.h"

/* 0, or the status that refuses: 400 (no Host or several, space before a colon that delimits), 421
 * (a Host that is not of public_url or origins, unless `any_host`), 505 (neither HTTP/1.1 nor 1.0),
 * 503 (memory is out). Counts by reason. */
int head_status(struct loop *l, struct lws *wsi, bool any_host);

#endif
