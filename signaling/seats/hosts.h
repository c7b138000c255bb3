/* Who hosts a tour, who of them leads it, and what it means that none is in. */
#ifndef ORIEL_SIGNALING_SEATS_HOSTS_H
#define ORIEL_SIGNALING_SEATS_HOSTS_H

#include "signaling/state/state.h"

/* Somebody has come, gone, or been lost: choose who leads when nobody does, and begin or end the
 * wait for a host. gone: who was a host until now and is none any more, or has lost the link; NULL:
 * nobody. What it points to may be in the trash. */
void hosts_check(struct signaling *s, us_t now, struct tour *t, const struct seat *gone);
/* Make somebody in the tour a host, or no more. Nothing happens when nothing changes. */
void host_set(struct signaling *s, us_t now, struct seat *seat, bool on);
/* This host leads from now on. */
void host_leads(struct signaling *s, us_t now, const struct seat *seat);
/* This one, who is in the tour, is on everybody's stage from now on; NULL: nobody in particular. */
void host_spotlights(struct signaling *s, us_t now, struct tour *t, const struct seat *who);
/* Another host than this one, on whatever devices, is in. */
bool host_is_other(const struct seat *seat);

#endif
