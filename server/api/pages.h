/* Pages and what they load. Each answers its request. */
#ifndef ORIEL_SERVER_API_PAGES_H
#define ORIEL_SERVER_API_PAGES_H

#include "server/http/request.h"

/* Those of a path each. */
void pages_index(struct request *r);
void pages_tour(struct request *r);
void pages_agent(struct request *r);
void pages_ops(struct request *r);
/* The catalogue of what pages are made of; only where web.dev_pages is true. */
void pages_dev(struct request *r);
/* Any address that nothing has: a browser that goes there gets a page, others problem+json. */
void pages_unknown(struct request *r);
/* Anything that a page loads. */
void pages_asset(struct request *r);

#endif
