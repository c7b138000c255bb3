/* What nobody needs is not encoded: a client is told which layers of its simulcast to send. Media
 * knows what is needed; here it is put into the client's own names for them. */
#ifndef ORIEL_SIGNALING_TELL_LAYERS_H
#define ORIEL_SIGNALING_TELL_LAYERS_H

#include "signaling/state/state.h"

/* Which layers of this source are needed: bit per rid of its session_line, in that order. */
void layers_tell(struct signaling *s, struct session *session, enum source_kind kind,
                 uint8_t active);
/* A client that may have missed it is told again which layers of its sources are needed. session
 * may be NULL. */
void layers_again(struct signaling *s, const struct session *session);

#endif
