/* Proof that a recording is whole: every object authentic and as listed, none missing or extra, the
 * journal's chain unbroken, the manifest signed and the one the catalogue names. For a recording
 * that is still open: what is there so far. Blocks. */
#ifndef ORIEL_RECORDER_ARCHIVE_VERIFY_H
#define ORIEL_RECORDER_ARCHIVE_VERIFY_H

#include "recorder/archive/archive.h"

/* Called for each finding: an object's name ("" for the recording as a whole) and what is wrong. */
typedef void verify_say(void *ctx, const char *object, const char *what);

/* OK only without findings; ERR_AUTH with any; ERR_UNKNOWN for the id; ERR_NOMEM, ERR_IO. */
enum err verify_recording(struct archive *a, const struct id *recording, verify_say *say,
                          void *ctx);

#endif
