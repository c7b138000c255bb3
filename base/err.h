/* Error codes of the core. One list: logs, metrics, protocol errors and tests use these names. */
#ifndef ORIEL_BASE_ERR_H
#define ORIEL_BASE_ERR_H

/* X(symbol, name) - name is what a log or metric label shows. */
#define ERR_LIST(X)                   \
    X(OK, "ok")                       \
    X(ERR_NOMEM, "out_of_memory")     \
    X(ERR_FULL, "full")               \
    X(ERR_SHORT, "too_short")         \
    X(ERR_LONG, "too_long")           \
    X(ERR_FORMAT, "malformed")        \
    X(ERR_RANGE, "out_of_range")      \
    X(ERR_UNSUPPORTED, "unsupported") \
    X(ERR_UNKNOWN, "unknown")         \
    X(ERR_EXISTS, "exists")           \
    X(ERR_WRONG_STATE, "wrong_state") \
    X(ERR_AUTH, "not_authentic")      \
    X(ERR_REPLAY, "replayed")         \
    X(ERR_AGAIN, "again")             \
    X(ERR_BUSY, "busy")               \
    X(ERR_IO, "io")                   \
    X(ERR_NOSPACE, "no_space")        \
    X(ERR_CRYPTO, "crypto")           \
    X(ERR_DENIED, "denied")           \
    X(ERR_GONE, "gone")               \
    X(ERR_KEY_DENIED, "key_denied")   \
    X(ERR_AWAY, "away")

enum err {
#define X(sym, name) sym,
    ERR_LIST(X)
#undef X
};

/* [bytes] of a message for the operator, "what went wrong, and what to do": functions that can say
 * more than an error take a buffer of this size, always called why. */
#define WHY_MAX 512

/* The name of e, never NULL. Thread: any. */
const char *err_name(enum err e);

#endif
