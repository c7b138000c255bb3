/* Marks at what is to be kept and has changed since it was written: whoever changes a field that a
 * record has (signaling/kept/fields.c) marks it. A mark too many costs a look; one that is
 * forgotten is found by tests/sim/tour, which compares after each call. Does nothing where nothing
 * is kept. */
#ifndef ORIEL_SIGNALING_STATE_UNKEPT_H
#define ORIEL_SIGNALING_STATE_UNKEPT_H

#include "signaling/state/state.h"

/* Records of a log, with their names in it (key, sub). */
enum kept_kind {
    KEPT_ALL = 1, /* 0, 0 */
    KEPT_ENDS,    /* 0, 0: tours that were ended a while ago */
    KEPT_TOUR,    /* its handle, 0 */
    KEPT_LISTS,   /* handle of the tour, 0 */
    KEPT_LEDGER,  /* handle of the tour, 0 */
    KEPT_VIEW,    /* handle of the tour, 0 */
    KEPT_SEAT,    /* its handle, 0 */
    KEPT_ENTRY    /* handle of the tour, its seq */
};

/* This part of a run; nothing happens while it does not run, or to a probe's. */
void unkept(struct signaling *s, struct tour *t, enum unkept_part part);
/* A seat; NULL allowed. */
void unkept_seat(struct signaling *s, struct seat *seat);
/* What tours were ended. */
void unkept_ends(struct signaling *s);
/* Anything else (next_handle) may have changed. */
void unkept_any(struct signaling *s);
/* It is no more, whatever was written of it. */
void unkept_gone(struct signaling *s, enum kept_kind kind, uint64_t key, uint64_t sub);
/* The run is no more, and with it all that it has; before t->id is 0. */
void unkept_run(struct signaling *s, struct tour *t);

#endif
