/* Kinds of values without a bound of their own, which many resources have. */
#ifndef ORIEL_SERVER_REST_SCHEMA_BASICS_H
#define ORIEL_SERVER_REST_SCHEMA_BASICS_H

#include "server/rest/schema.h"

extern const struct schema schema_text, schema_text_or_null, schema_yes_or_no;

#endif
