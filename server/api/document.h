/* /v1/openapi.json: the document of the API, from the table of routes. */
#ifndef ORIEL_SERVER_API_DOCUMENT_H
#define ORIEL_SERVER_API_DOCUMENT_H

#include "server/http/request.h"
#include "server/rest/operation.h"

extern const struct operation operation_document;

/* Answers its request. */
void document_get(struct request *r);

#endif
