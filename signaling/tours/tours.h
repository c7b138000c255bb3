/* Tours: declared ones wait in the configuration, others are made by an agent. A run of a tour has
 * a handle and a worker of its own, so that late reports about an earlier run find nobody. How a
 * run ends: signaling/seats/departures.h. */
#ifndef ORIEL_SIGNALING_TOURS_TOURS_H
#define ORIEL_SIGNALING_TOURS_TOURS_H

#include "base/err.h"
#include "signaling/state/state.h"

/* The tour that these claims may join: CODE_OK with *ret NULL when an agent would create it.
 * CODE_TOUR_UNKNOWN, CODE_TOUR_ENDED, CODE_TOUR_EARLY (nothing for an observer to see),
 * CODE_REMOVED. Whether they are let in at this moment, admission_check says. */
enum code tour_for(const struct signaling *s, us_t now, const struct claims *c, struct tour **ret);
/* Create a waiting tour. ERR_FULL, ERR_NOMEM. */
enum err tour_create(struct signaling *s, const char *name, const char *title, struct tour **ret);
/* Give a waiting tour a worker and a handle. */
void tour_start(struct signaling *s, us_t now, struct tour *t);
/* One that has its handle already, of a process before this one: it has a worker, and who must know
 * of it is told. Nobody is in it who has a transport. */
void tour_go_on(struct signaling *s, struct tour *t);
/* Somebody is in, and does not wait in the lobby: from the first on its length counts. */
void tour_enter(struct signaling *s, us_t now, struct tour *t);
/* Take worker and handle from it again: nobody is in it any more. */
void tour_remove(struct signaling *s, struct tour *t);
/* The same of a run that is in no table and that nobody is told of: a probe's. */
void tour_start_untold(struct signaling *s, struct tour *t);
void tour_remove_untold(struct signaling *s, struct tour *t);
/* The worker for the next session of the tour; it may get the tour by this. */
uint32_t tour_place(struct signaling *s, struct tour *t);
void tour_record(struct signaling *s, struct tour *t, bool on);
/* By order of this participant nothing is recorded for now, or again. Nothing happens when nothing
 * changes, or when the tour is not to be recorded. */
void tour_record_pause(struct signaling *s, struct tour *t, uint64_t participant, bool paused);
/* It has been recorded for as long as a recording may be: that one ends, and another begins. */
void tour_record_anew(struct signaling *s, us_t now, struct tour *t);
/* Refuse this sub as long as the tour runs; as many as people fit in a tour, then the oldest is
 * forgotten. ERR_NOMEM. */
enum err tour_refuse(struct signaling *s, struct tour *t, const char *sub);
/* Refuse nobody any more, and forget who was let in. */
void tour_forgive(struct tour *t);
/* Set the empty timer by whether anybody has a seat. While it runs it is not moved: viewers who
 * come and go would keep the tour, and its recording, for ever. */
void tour_touch(struct signaling *s, us_t now, struct tour *t);
/* The name is told as ended for a while, until a tour of that name starts again. */
void tour_note_end(struct signaling *s, us_t now, struct tour *t);
/* It is not told so any more. */
void tour_forget_end(struct signaling *s, struct tour *t);
/* Take a tour without a run out of the tables, into the trash. */
void tour_unlink(struct signaling *s, struct tour *t);

#endif
