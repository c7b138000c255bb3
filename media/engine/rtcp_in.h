/* RTCP from a client: reports on what it sends, feedback on what it receives. Owner: the engine's
 * thread. */
#ifndef ORIEL_MEDIA_ENGINE_RTCP_IN_H
#define ORIEL_MEDIA_ENGINE_RTCP_IN_H

#include "media/engine/session.h"

/* A decrypted compound packet; the caller keeps its reference. */
void rtcp_in(struct session *s, us_t now, const struct packet *k);

#endif
