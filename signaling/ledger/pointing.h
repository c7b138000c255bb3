/* What changes many times in a second, and of which the last counts: where somebody points, and
 * what a host wants all to see. Each is an entry at most once per tick of the tour. And hands.
 * Owner: the control thread. */
#ifndef ORIEL_SIGNALING_LEDGER_POINTING_H
#define ORIEL_SIGNALING_LEDGER_POINTING_H

#include "base/buffer.h"
#include "base/err.h"
#include "signaling/state/state.h"

/* Somebody points there; p->by 0: not any more. Nothing happens when somebody else is pointing and
 * this one is not. */
void point(struct signaling *s, us_t now, const struct seat *seat, const struct pointer *p);
/* This is to be seen (JSON, taken over; NULL: nothing more). */
void follow(struct signaling *s, us_t now, const struct seat *seat, char *view);
/* Somebody goes, or may not point any more: neither does the pointer stay. */
void pointing_ends(struct signaling *s, us_t now, const struct seat *seat);
/* The end of a tick: what waits becomes entries. */
void pointing_tick(struct signaling *s, us_t now, struct tour *t);

/* A hand goes up or down, by order of `by`. ERR_NOMEM: nothing has changed. */
enum err hand_set(struct signaling *s, us_t now, struct seat *seat, const struct seat *by, bool up);

/* The further members of such entries, as JSON objects. */
void spotlight_fields(struct buffer *o, const struct seat *who); /* NULL: nobody */
void hand_fields(struct buffer *o, const struct seat *seat, bool up);
void view_fields(struct buffer *o, const struct ledger *l);
void pointer_fields(struct buffer *o, const struct pointer *p);

#endif
