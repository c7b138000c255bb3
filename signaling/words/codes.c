#include "signaling/words/codes.h"

static const struct {
    const char *name;
    int status;
    const char *message;
} codes[] = {
#define X(sym, code, status, message) {code, status, message},
    CODES(X)
#undef X
};

static unsigned index_of(enum code c) {
    return (unsigned)c < CODE_COUNT ? (unsigned)c : CODE_INTERNAL;
}

const char *code_name(enum code c) {
    return codes[index_of(c)].name;
}

int code_status(enum code c) {
    return codes[index_of(c)].status;
}

const char *code_message(enum code c) {
    return codes[index_of(c)].message;
}
