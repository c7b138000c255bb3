/* The end of a recording, in good order or by recovery: its manifest. Blocks. Owner: one thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_CLOSE_H
#define ORIEL_RECORDER_ARCHIVE_CLOSE_H

#include "recorder/archive/archive.h"

/* Write the next manifest from the catalogue's rows and note it there, durably. head: where the
 * journal stands, its end entry included. version: 1 or the one after the last. Errors of
 * object_put and the catalogue; call again. */
enum err close_recording(struct archive *a, struct key_ring *ring, const struct journal_head *head,
                         uint32_t version);
/* After something was erased: the next version, which lists it as erased. ERR_DENIED: the signing
 * key is not here; ERR_WRONG_STATE: the recording is not closed; else errors of archive_ring, of
 * reading the last version and of close_recording. */
enum err close_again(struct archive *a, const struct id *recording);

#endif
