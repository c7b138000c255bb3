/* The end of a recording, in good order or by recovery: its manifest. Blocks. Owner: one thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_CLOSE_H
#define ORIEL_RECORDER_ARCHIVE_CLOSE_H

#include "recorder/archive/archive.h"

/* Write a manifest from the catalogue's rows under the first version that is free, and note it
 * there, durably. head: where the journal stands, its end entry included. first: nobody can have
 * tried before, so the store need not be asked what is there, which may take the network. Errors of
 * object_put, object_get_stored and the catalogue; call again, with first false. */
enum err close_recording(struct archive *a, struct key_ring *ring, const struct journal_head *head,
                         bool first);
/* After something was erased: the next version, which lists it as erased. ERR_DENIED: the signing
 * key is not here; ERR_WRONG_STATE: the recording is not closed; else errors of archive_ring, of
 * reading the last version and of close_recording. */
enum err close_again(struct archive *a, const struct id *recording);

#endif
