/* Schemas as the OpenAPI document has them (JSON Schema 2020-12). Thread: any. */
#ifndef ORIEL_SERVER_REST_OPENAPI_SCHEMA_H
#define ORIEL_SERVER_REST_OPENAPI_SCHEMA_H

#include "base/buffer.h"
#include "server/rest/schema.h"

#define OPENAPI_NAMES_MAX 128

/* Schemas that have names. */
struct openapi_names {
    const struct schema *at[OPENAPI_NAMES_MAX];
    size_t n;
};

/* Add those that s (NULL: none) has in it, and itself. */
void openapi_collect(struct openapi_names *names, const struct schema *s);
/* A schema where it is used: a reference if it has a name. */
void openapi_schema(struct buffer *b, const struct schema *s);
/* A schema itself. */
void openapi_schema_whole(struct buffer *b, const struct schema *s);

#endif
