#include "server/config/event_types.h"

#include "base/check.h"

#include <string.h>

static const char *const names[] = {
#define X(sym, name) [sym] = name,
    EVENT_TYPES(X)
#undef X
};

const char *event_type_name(enum event_type t) {
    return (unsigned)t < ARRAY_LEN(names) ? names[t] : "unknown";
}

enum event_type event_type_from_name(const char *name) {
    size_t i = 0;
    while (i < ARRAY_LEN(names) && strcmp(names[i], name) != 0) {
        i++;
    }
    return (enum event_type)i;
}
