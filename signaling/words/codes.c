#include "signaling/words/codes.h"

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
