/* A file of a recording that is read by ranges: an epoch of a track, a segment of it, or something
 * that was made later. Belongs to its library's thread. */
#ifndef ORIEL_SERVER_RECORDING_READABLE_H
#define ORIEL_SERVER_RECORDING_READABLE_H

#include "recorder/library/library_derived.h"
#include "server/recording/reader_thread.h"

/* Zero is closed. */
struct readable {
    struct library_media *media; /* one of the two; of an epoch, or of one segment */
    struct library_derived *derived;
};

/* What a READ_MEDIA, READ_SEGMENT, READ_THUMBNAIL, READ_WAVEFORM or READ_EXPORT names. *ret is
 * closed after an error: those of library_media_open, library_media_open_segment and
 * library_derived_open. */
enum err readable_open(struct library *l, const struct read_request *q, struct readable *ret);
bool readable_is_open(const struct readable *r);
/* As library_media_current and library_media_snapshot; what was made later never changes, but may
 * have been removed. */
bool readable_current(const struct readable *r);
uint64_t readable_snapshot(const struct readable *r);
/* As library_media_gone. */
bool readable_gone(const struct readable *r);
void readable_close(struct readable *r); /* closed is allowed */
uint64_t readable_size(const struct readable *r);
size_t readable_held(const struct readable *r); /* of the store, in memory [bytes]; closed: 0 */
const char *readable_type(const struct readable *r);
/* As library_media_read. */
enum err readable_read(struct readable *r, uint64_t at, uint8_t *out, size_t n);

#endif
