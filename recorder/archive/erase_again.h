/* What was erased by order stays erased in what is brought back from before. Blocks. Owner: one
 * thread. */
#ifndef ORIEL_RECORDER_ARCHIVE_ERASE_AGAIN_H
#define ORIEL_RECORDER_ARCHIVE_ERASE_AGAIN_H

#include "recorder/archive/archive.h"

/* A state directory that nobody else has open. */
struct erase_again {
    struct wraps *wraps;
    struct catalogue *catalogue;
    const struct store *store; /* NULL: elsewhere, and never brought back */
    uint64_t other_key; /* counts rows that were taken of a newer database and are under another key
                           than those of this one: both are needed to open everything */
};
/* Carry out everything that `says` knows to be shredded or redacted, which is g->wraps or a newer
 * one: keys, objects, what was made of them (all of a recording, since a person may be seen in it,
 * whether the erasure is news or not: the copy may be from before), names. *count grows by what was
 * news. It needs no key, and may be called again. Purge both databases afterwards. ERR_IO,
 * ERR_NOSPACE, ERR_NOMEM, ERR_BUSY. */
enum err erase_again(struct erase_again *g, struct wraps *says, uint64_t *count);

#endif
