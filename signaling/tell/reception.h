/* How well people receive, told to hosts: everybody who does not receive well, whole, at the end of
 * a tick and at most once a second. So a path that comes and goes, or a crowd whose paths all get
 * narrow at once, costs each host one message a second, and others nothing. */
#ifndef ORIEL_SIGNALING_TELL_RECEPTION_H
#define ORIEL_SIGNALING_TELL_RECEPTION_H

#include "signaling/state/state.h"

/* Media has said so of a participant. */
void reception_report(struct signaling *s, us_t now, struct session *session, enum reception is);
/* Hosts may not know who receives how: a host has come, or somebody's transport has gone. */
void reception_again(struct signaling *s, us_t now, struct tour *t);
/* The end of a tick. */
void reception_tick(struct signaling *s, us_t now, struct tour *t);

#endif
