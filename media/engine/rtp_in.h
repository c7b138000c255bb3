/* RTP from a client: which m-line a packet belongs to, RTX undone, and on to everybody who wants
 * it: ranking, cache, recorder, viewers. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_RTP_IN_H
#define ORIEL_MEDIA_ENGINE_RTP_IN_H

#include "media/engine/session.h"

/* A decrypted packet; the caller keeps its reference. */
void rtp_in(struct session *s, us_t now, struct packet *packet);

#endif
