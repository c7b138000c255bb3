/* What a host does about somebody's sources. */
#ifndef ORIEL_SIGNALING_SEATS_MODERATION_H
#define ORIEL_SIGNALING_SEATS_MODERATION_H

#include "signaling/state/state.h"

/* A host, `by`, mutes this source of somebody, who is told who did it and may unmute it. Nothing
 * happens when it is muted. */
void seat_silence(struct signaling *s, us_t now, struct seat *seat, enum source_kind kind,
                  const struct seat *by);

#endif
