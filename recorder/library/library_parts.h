/* The inside of a library, for the files of this folder that make it up: library.c has
 * details, library_list.c lists, library_media.c playback, library_tail.c what is still growing.
 * Owner: as library.h says. */
#ifndef ORIEL_RECORDER_LIBRARY_LIBRARY_PARTS_H
#define ORIEL_RECORDER_LIBRARY_LIBRARY_PARTS_H

#include "base/buffer.h"
#include "base/owner.h"
#include "recorder/archive/archive.h"
#include "recorder/library/library.h"

struct library {
    struct owner owner;
    struct archive *archive;
    char *dir;
    const char *failing; /* of library_failing, borrowed */
};

/* Building one JSON text out of rows. */
struct build {
    struct buffer out;
    struct buffer retracted; /* numbers of entries of the tour, uint64_t each */
    struct catalogue *catalogue;
    const struct store *store;
    const char *failing; /* of the library */
    struct id recording;
};
/* Remove the objects of a recording, or, with track, of one of its tracks. Errors of the store. */
enum err library_remove_objects(struct archive *a, const struct id *recording,
                                const struct id *track);
/* Media of the recording that were redacted are in the store still: whoever did it died, or the
 * store was away. Then *ret is true, and what is left of them and of what was made of them is
 * removed, unless dry. Errors of library_redact behind its keys. */
enum err library_finish_redactions(struct archive *a, const struct id *recording, bool dry,
                                   bool *ret);
/* The fields that list and details share; leaves the object open. */
enum err library_put_recording(struct build *b, const struct recording_row *r);

/* "redacted":[{"track","from_ms","to_ms"}]: what was taken out of the recording, by track and time;
 * nothing where nothing was. Errors of the catalogue and of wraps. */
enum err library_put_redacted(struct library *l, const struct id *recording, struct buffer *out);

/* An error that goes away by itself: what is left to do is done later. */
static inline bool library_passes(enum err e) {
    return e == ERR_IO || e == ERR_NOSPACE || e == ERR_NOMEM || e == ERR_BUSY || e == ERR_AGAIN;
}

#endif
