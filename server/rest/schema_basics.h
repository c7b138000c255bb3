/* Kinds of values without a bound of their own, which many resources have. */
#ifndef ORIEL_SERVER_REST_SCHEMA_BASICS_H
#define ORIEL_SERVER_REST_SCHEMA_BASICS_H

#include "base/utf8.h"
#include "server/rest/schema.h"

/* Members of a text for people: characters that can be seen, in one line or in several. They say
 * what utf8_printable and utf8_printable_lines say. */
#define SCHEMA_HIDDEN "\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069"
#define SCHEMA_PRINTABLE .pattern = "^[^\\u0000-\\u001f" SCHEMA_HIDDEN "]*$", .good = utf8_printable
#define SCHEMA_PRINTABLE_LINES \
    .pattern = "^[^\\u0000-\\u0009\\u000b-\\u001f" SCHEMA_HIDDEN "]*$", .good = utf8_printable_lines

extern const struct schema schema_text, schema_text_or_null, schema_yes_or_no;

#endif
