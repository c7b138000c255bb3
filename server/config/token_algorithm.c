#include "server/config/token_algorithm.h"

#include <stddef.h>
#include <string.h>

static const char *const names[JWS_ALGORITHMS] = {"none", "HS256", "RS256", "ES256"};

const char *jws_algorithm_name(enum jws_algorithm a) {
    return names[a];
}

enum jws_algorithm jws_algorithm_from(const char *name) {
    for (int i = JWS_NONE + 1; name && i < JWS_ALGORITHMS; i++) {
        if (strcmp(names[i], name) == 0) {
            return (enum jws_algorithm)i;
        }
    }
    return JWS_NONE;
}
