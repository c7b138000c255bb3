/* The check of one recording, as deep as its keys let it go: for the command line and for whoever
 * asks over HTTP. Blocks; belongs to its library's thread. */
#ifndef ORIEL_SERVER_RECORDING_VERIFICATION_H
#define ORIEL_SERVER_RECORDING_VERIFICATION_H

#include "base/buffer.h"
#include "recorder/library/library_verify.h"

/* X(symbol, word): words are stable. */
#define VERIFICATION_RESULTS(X)                                              \
    X(VERIFICATION_OK, "ok")                                                 \
    X(VERIFICATION_DAMAGED, "damaged")                                       \
    X(VERIFICATION_SHREDDED, "shredded") /* by order, and nothing is left */ \
    X(VERIFICATION_FAILED, "failed")     /* it could not be checked */
enum verification_result {
#define X(sym, word) sym,
    VERIFICATION_RESULTS(X)
#undef X
        VERIFICATION_RESULT_COUNT
};
/* Never NULL. Thread: any. */
const char *verification_result_name(enum verification_result r);

struct verification_end {
    enum verification_result result;
    /* False: nothing could be opened; the signature was checked, and that the sealed objects are
     * those that were signed. */
    bool opened;
    enum err error; /* why it failed, or why nothing was opened; else OK */
};
struct verification_watch {
    struct library_watch library;
    void (*anew)(void *ctx); /* ctx of library: what was found until now does not count; NULL */
};
/* sealed: do not try to open anything. What is erased or made while it is read is read once more.
 */
struct verification_end verification_run(struct library *l, const char *id, bool sealed,
                                         const struct verification_watch *w);

/* {"object","what","problem","kind","track","epoch","segment"}, those that there are, as
 * docs/api.md says. */
void verification_put_finding(struct buffer *b, const struct library_finding *f);

#endif
