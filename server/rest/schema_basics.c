#include "server/rest/schema_basics.h"

const struct schema schema_text = {.kind = SCHEMA_TEXT};
const struct schema schema_text_or_null = {.kind = SCHEMA_TEXT, .null = true};
const struct schema schema_yes_or_no = {.kind = SCHEMA_BOOL};
