/* Which store is this? At its first use a store gets one small object of the name STORE_IDENTITY
 * ("oriel-store/1 ", a random id in hex, a newline), which wraps.db remembers: a folder whose
 * volume is not mounted, an empty bucket or somebody else's store is recognised before anything is
 * concluded from what is missing there, or written there. It is not sealed and guards against
 * mistakes, not against people. Owner: one thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_STORE_IDENTITY_H
#define ORIEL_RECORDER_ARCHIVE_STORE_IDENTITY_H

#include "recorder/seal/id.h"
#include "recorder/store/store.h"

/* ERR_UNKNOWN (it has none), ERR_FORMAT (an object that is no identity), ERR_IO. */
enum err store_identity_get(const struct store *s, struct id *ret);
/* Durable when OK. ERR_EXISTS, ERR_NOSPACE, ERR_IO, ERR_NOMEM. */
enum err store_identity_put(const struct store *s, const struct id *id);

#endif
