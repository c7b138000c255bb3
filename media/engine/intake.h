/* How much RTP a tour, and this worker in all, take in, whoever sends it: each m-line keeps to its
 * own limit (recv/police.h), but there may be any number of them. Each has a burst of a second. The
 * last part of it is for hosts, so that what guests send too much of is cut first, stream by stream
 * until the rest fits. Sound counts, and is never left out: it is little, and a tour without it is
 * none. Of what the worker takes in, the tours that send pictures have equal shares: beyond the
 * limit only those lose something that take more than theirs, so that no tour starves another.
 * Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_INTAKE_H
#define ORIEL_MEDIA_ENGINE_INTAKE_H

#include "media/engine/session.h"

/* A packet of n bytes of this session has come and is within the limit of its m-line. True when it
 * may be passed on, and it counts then; always of sound. */
bool intake_pass(struct session *s, us_t now, size_t n, bool video);
/* From when on a picture that was cut may go on. */
us_t intake_room_at(const struct session *s);
/* The tour goes. */
void intake_forget(struct tour *t);

#endif
