/* What a process before this one has kept (write.h), read back. */
#ifndef ORIEL_SIGNALING_KEPT_READ_H
#define ORIEL_SIGNALING_KEPT_READ_H

#include "base/bytes.h"
#include "signaling/state/state.h"

/* Read it, into a signaling that has declared tours and nothing else. Nobody is told of anything
 * yet, and no timer of a seat runs. Errors as of signaling_rebuild; then all is as before. */
enum err kept_read(struct signaling *s, struct bytes log, struct signaling_rebuilt *ret);
/* All that was read is gone again, and nobody was told of it. */
void kept_forget(struct signaling *s);

#endif
