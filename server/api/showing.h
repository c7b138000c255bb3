/* /v1/tours/{tour}/pointer, view: where a platform points, and what it wants all to see, as a host
 * does. Many times in a second, perhaps: of these orders the log says nothing. */
#ifndef ORIEL_SERVER_API_SHOWING_H
#define ORIEL_SERVER_API_SHOWING_H

#include "server/http/request.h"
#include "server/rest/operation.h"

extern const struct operation operation_pointer_set, operation_pointer_clear, operation_view_set,
    operation_view_clear;

/* Each answers its request. */
void showing_point(struct request *r);
void showing_point_no_more(struct request *r);
void showing_view(struct request *r);
void showing_view_no_more(struct request *r);

#endif
