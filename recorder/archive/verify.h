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

/* OK only without findings; ERR_AUTH with any; ERR_WRONG_STATE: it was shredded by order, and
 * nothing of it is left; ERR_UNKNOWN for the id; ERR_NOMEM, ERR_IO; errors of
 * the key provider (then verify_chain can still be asked); ERR_AGAIN also: it was closed
 * meanwhile; ERR_DENIED also: what it takes to check
 * the manifest is not here, which was said. */
enum err verify_recording(struct archive *a, const struct id *recording, verify_say *say,
                          void *ctx);
/* What can be proved without any key that reads: the manifest is signed by this installation and
 * the one the catalogue names, and every sealed object is there, unchanged, and none is extra.
 * Results as above. */
enum err verify_chain(struct archive *a, const struct id *recording, verify_say *say, void *ctx);

#endif
