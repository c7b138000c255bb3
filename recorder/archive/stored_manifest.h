/* A manifest as it lies in the store, of any release: in clear and signed by the installation, or
 * sealed and signed with a key of the recording. Blocks. Owner: one thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_STORED_MANIFEST_H
#define ORIEL_RECORDER_ARCHIVE_STORED_MANIFEST_H

#include "recorder/archive/archive.h"
#include "recorder/journal/manifest.h"

/* Check and decode what object o, a manifest, holds. ring NULL: without keys. It is about that very
 * recording and version when this is OK. ERR_AUTH: not authentic, or the signature is not ours;
 * ERR_FORMAT: malformed, or about something else; ERR_DENIED: what it takes to check it is not here
 * (keys for a sealed one, the public key for one in clear; no trusted key signs a sealed one);
 * ERR_NOMEM. */
enum err stored_manifest_decode(struct archive *a, struct key_ring *ring, const struct object_id *o,
                                struct bytes stored, struct manifest *ret);

#endif
