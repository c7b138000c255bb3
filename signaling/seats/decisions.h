/* What hosts decide about a tour, or a platform does in their place: it is written into the ledger
 * and takes effect. Nothing happens, and no entry is made, when it is so already. */
#ifndef ORIEL_SIGNALING_SEATS_DECISIONS_H
#define ORIEL_SIGNALING_SEATS_DECISIONS_H

#include "base/err.h"
#include "signaling/state/state.h"

/* by: the host who says so; NULL: the REST API. ERR_NOMEM: nothing has changed. */
/* Newcomers are let in no more, or again. */
enum err decide_lock(struct signaling *s, us_t now, struct tour *t, const struct seat *by, bool on);
/* Somebody in the tour is a host from now on, or none any more, on all his devices. */
enum err decide_host(struct signaling *s, us_t now, struct seat *who, const struct seat *by,
                     bool on);
/* Somebody is put on everybody's stage; NULL: nobody in particular. */
enum err decide_spotlight(struct signaling *s, us_t now, struct tour *t, const struct seat *by,
                          const struct seat *who);

#endif
