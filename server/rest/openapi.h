/* The OpenAPI 3.1 document (spec.openapis.org/oas/v3.1), written from the tables that requests are
 * answered by. Thread: any. */
#ifndef ORIEL_SERVER_REST_OPENAPI_H
#define ORIEL_SERVER_REST_OPENAPI_H

#include "base/buffer.h"
#include "server/rest/operation.h"

/* A row of the table of routes. */
struct openapi_row {
    const char *method;            /* "GET" */
    const char *path;              /* "/v1/tours/{tour}" */
    const struct operation *about; /* NULL: it is not of the API */
};

/* What a {name} in a path stands for. */
struct openapi_segment {
    const char *name; /* NULL ends them */
    const struct schema *schema;
};

struct openapi_source {
    const char *version; /* of the server */
    const char *url;     /* where it is reached */
    size_t n;            /* rows */
    struct openapi_row (*row)(const void *ctx, size_t i);
    const void *ctx;
    const struct openapi_segment *segments;
    const struct schema *problem; /* the body of all that is refused */
};

/* Append the document. */
void openapi_write(struct buffer *b, const struct openapi_source *s);

#endif
