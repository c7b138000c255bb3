/* The supplement of a recording in the store: finding the one that counts, and replacing it.
 * Blocks. Owner: the archive's thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_SUPPLEMENTS_H
#define ORIEL_RECORDER_ARCHIVE_SUPPLEMENTS_H

#include "recorder/archive/archive.h"
#include "recorder/journal/supplement.h"

/* The highest version in the store; version 0 where there is none. Frees with supplement_clear; no
 * key that reads is needed. ERR_AUTH (not signed by this installation), ERR_DENIED (its public key
 * is not here), ERR_FORMAT, ERR_UNSUPPORTED (of a later release), ERR_IO, ERR_NOMEM. */
enum err supplements_get(struct archive *a, const struct id *recording, struct supplement *ret);
/* Store *s, which supplements_get gave, as the next version and remove the earlier ones. A
 * recording that was shredded gets none: ERR_UNKNOWN. ERR_EXISTS: somebody else did meanwhile: get
 * it again. ERR_DENIED: there is no signing key; errors of the store. It does not count then. */
enum err supplements_put(struct archive *a, struct supplement *s);
/* Something of this track was erased by order: whatever was made of it goes, too. That is every
 * export, its waveform, and of the programme the thumbnails; those are made again when they are
 * asked for. The objects are removed even where the supplement cannot be replaced. Errors of
 * supplements_get, supplements_put and the store; call again to finish. track NULL: of the whole
 * recording, the supplement with it. */
enum err supplements_forget(struct archive *a, const struct id *recording, const struct id *track);

#endif
