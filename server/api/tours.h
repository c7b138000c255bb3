/* /v1/tours: tours are made, looked at, changed, ended and forgotten. */
#ifndef ORIEL_SERVER_API_TOURS_H
#define ORIEL_SERVER_API_TOURS_H

#include "server/http/request.h"

/* Each answers its request. */
void tours_create(struct request *r);
void tours_list(struct request *r);
void tours_get(struct request *r);
void tours_update(struct request *r);
void tours_end(struct request *r);
void tours_delete(struct request *r);

#endif
