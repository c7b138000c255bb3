/* Proof that a recording is whole: every object authentic and as listed, none missing or extra, the
 * journal's chain unbroken, the manifest signed and the one the catalogue names. For a recording
 * that is still open: what is there so far, unless the signature of certain keys is asked for
 * (signers_trust): then that it has none is a finding. One that is neither open nor closed is one.
 * Blocks. */
#ifndef ORIEL_RECORDER_ARCHIVE_VERIFY_H
#define ORIEL_RECORDER_ARCHIVE_VERIFY_H

#include "recorder/archive/archive.h"

/* Called for each finding: an object's name ("" for the recording as a whole) and what is wrong;
 * and for what is none but is to be known (signed by an earlier key). */
typedef void verify_say(void *ctx, const char *object, const char *what);
/* Called when an object was looked at, for each that is listed, also where it was erased: `done` of
 * `total`. total 0: nobody knows, for nothing lists them yet. done never falls, nor is beyond
 * total, which stays; it may end below it when something is damaged. False: look at no more. */
typedef bool verify_step(void *ctx, size_t done, size_t total);
struct verify_watch {
    verify_say *say;
    verify_step *step; /* NULL: to the end */
    void *ctx;         /* of both */
};

/* OK only without findings; ERR_AUTH with any; ERR_WRONG_STATE: it was shredded by order, and
 * nothing of it is left; ERR_UNKNOWN for the id; ERR_NOMEM, ERR_IO; errors of
 * the key provider (then verify_chain can still be asked); ERR_AGAIN also: it was closed
 * meanwhile, or the step said so; ERR_GONE: something of it was erased or
 * made by order meanwhile, ask again; ERR_DENIED also: what it takes to check
 * the manifest is not here, which was said. */
enum err verify_opened(struct archive *a, const struct id *recording, const struct verify_watch *w);
/* The same, to its end. */
static inline enum err verify_recording(struct archive *a, const struct id *recording,
                                        verify_say *say, void *ctx) {
    const struct verify_watch w = {.say = say, .ctx = ctx};
    return verify_opened(a, recording, &w);
}
/* What can be proved without any key that reads: the manifest is signed by this installation and
 * the one the catalogue names, and every sealed object is there, unchanged, and none is extra.
 * Results as above. */
enum err verify_sealed(struct archive *a, const struct id *recording, const struct verify_watch *w);
/* The same, to its end. */
static inline enum err verify_chain(struct archive *a, const struct id *recording, verify_say *say,
                                    void *ctx) {
    const struct verify_watch w = {.say = say, .ctx = ctx};
    return verify_sealed(a, recording, &w);
}

#endif
