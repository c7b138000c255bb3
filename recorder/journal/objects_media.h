/* A media object's plaintext: the media bytes (whole clusters or fragments), then the segment's own
 * journal entry as JSON, then the length of that entry (4 bytes, big-endian). With it recovery can
 * adopt a segment whose journal line was lost, without knowing any container format. */
#ifndef ORIEL_RECORDER_JOURNAL_OBJECTS_MEDIA_H
#define ORIEL_RECORDER_JOURNAL_OBJECTS_MEDIA_H

#include "recorder/journal/journal.h"

/* Put media as the object of e (an ENTRY_SEGMENT); fills in bytes and info. When the object is
 * there already with the same content (a put that failed late, tried again) that is OK. Errors of
 * object_put and entry_encode. */
enum err media_object_put(const struct object_access *a, const struct id *recording,
                          struct entry *e, struct bytes media);
/* Open the object of *seg (track, epoch, number) and read its entry into *ret, bytes and info
 * filled in. ERR_UNKNOWN, ERR_AUTH (also: its entry is not about this object), ERR_IO. */
enum err media_object_entry(const struct object_access *a, const struct id *recording,
                            const struct entry_segment *seg, struct entry *ret);

#endif
