#include "signaling/words/claims.h"

#include "base/check.h"

#include <string.h>

static const char *const role_names[] = {"none", "buyer", "agent", "ops"};

const char *role_name(enum role r) {
    return (unsigned)r < ARRAY_LEN(role_names) ? role_names[r] : role_names[ROLE_NONE];
}

enum role role_from_name(const char *name) {
    for (size_t i = ROLE_BUYER; name && i < ARRAY_LEN(role_names); i++) {
        if (strcmp(role_names[i], name) == 0) {
            return (enum role)i;
        }
    }
    return ROLE_NONE;
}

bool tour_name_valid(const char *name) {
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t n = strspn(name, allowed);
    return n > 0 && n <= TOUR_NAME_MAX && name[n] == '\0';
}
