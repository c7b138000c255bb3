/* What a request says, by the schemas that the API's document shows. */
#ifndef ORIEL_SERVER_API_BODY_H
#define ORIEL_SERVER_API_BODY_H

#include "server/http/request.h"
#include "server/rest/operation.h"

/* Read the body, a JSON object as s says, into `into`, whose texts are borrowed from *ret_document
 * (json_free it). may_lack: no body at all is an empty object. False: the request is refused, and
 * nothing is to be freed. */
bool body_read(struct request *r, const struct schema *s, bool may_lack, void *into,
               const struct json **ret_document);
/* Read the argument of the query that q describes into a place of its kind, which keeps what it
 * holds when there is none. Faults are added. */
void body_argument(const struct request *r, const struct operation_query *q, void *into,
                   struct faults *f);
/* Refuse for faults: 400 bad_field with "errors". */
void body_refuse(struct request *r, const struct faults *f);

#endif
