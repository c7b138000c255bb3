/* What changes many times in a second, and of which the last counts: where somebody points, and
 * what a host wants all to see. Each is an entry at most once per tick of the tour. And hands.
 * Owner: the control thread. */
#ifndef ORIEL_SIGNALING_LEDGER_POINTING_H
#define ORIEL_SIGNALING_LEDGER_POINTING_H

#include "base/buffer.h"
#include "base/err.h"
#include "signaling/state/state.h"

/* Somebody of a tour; a seat of NULL is the REST API. */
struct pointing {
    struct signaling *s;
    us_t now;
    struct tour *t;
    const struct seat *seat;
};

/* Set p to this place: x and y from 0, left and top, to 1; source: in which picture, NULL: does not
 * say. False: source may not be shown, or is too long. */
bool pointer_set(struct pointer *p, double x, double y, const char *source);
/* Somebody points there; !p->on: not any more. Nothing happens when somebody else is pointing and
 * this one is not; but the REST API ends whoever's. */
void point(const struct pointing *me, const struct pointer *p);
/* This is to be seen (an object as JSON, whose memory goes; empty: nothing more). CODE_BAD_FIELD:
 * it has more than VIEW_MAX bytes; CODE_INTERNAL: it is bad; nothing has changed then. */
enum code follow(const struct pointing *me, struct buffer *view);
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
