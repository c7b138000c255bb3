/* The tables behind the words of the protocol: roles and error codes. */
#include "base/check.h"
#include "signaling/claims.h"
#include "signaling/codes.h"

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

static const struct {
    const char *name;
    int status;
    const char *message;
} codes[] = {
#define X(sym, code, status, message) {code, status, message},
    SIG_CODES(X)
#undef X
};

static unsigned index_of(enum sig_code c) {
    return (unsigned)c < SIG_CODE_COUNT ? (unsigned)c : SIG_INTERNAL;
}

const char *sig_code_name(enum sig_code c) {
    return codes[index_of(c)].name;
}

int sig_code_status(enum sig_code c) {
    return codes[index_of(c)].status;
}

const char *sig_code_message(enum sig_code c) {
    return codes[index_of(c)].message;
}
