/* How many microphones, cameras and shared screens may flow in a tour at once, and who sends more
 * than a source may. What is too much is refused: media is told to pass nothing of it on, and its
 * client why, who may ask again. */
#ifndef ORIEL_SIGNALING_TOURS_SOURCES_H
#define ORIEL_SIGNALING_TOURS_SOURCES_H

#include "signaling/state/state.h"

/* Media says whether packets of it arrive. Of one too many that of a guest is refused, and of
 * guests the last. */
void sources_report(struct signaling *s, us_t now, struct session *session, enum source_kind kind,
                    bool on);
/* For a second it has sent more than it may. Refused when that goes on. */
void sources_excess(struct signaling *s, us_t now, struct session *session, enum source_kind kind);
/* Its client asks again for what was refused. CODE_SOURCES_FULL: in vain. */
enum code sources_again(struct signaling *s, us_t now, struct session *session,
                        enum source_kind kind);
/* The tour may have another limit: those who came last are refused until the rest fits. */
void sources_declared(struct signaling *s, us_t now, struct tour *t);
/* The session is over. */
void sources_end(struct session *session);

#endif
