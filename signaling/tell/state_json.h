/* State as JSON: the objects of docs/protocol.md section 1.2 and the events about them. */
#ifndef ORIEL_SIGNALING_TELL_STATE_JSON_H
#define ORIEL_SIGNALING_TELL_STATE_JSON_H

#include "base/buffer.h"
#include "signaling/state/state.h"

/* "on", "muted" or "off", as others see it. */
const char *source_state(const struct seat *seat, enum source_kind kind);
/* The participant object. */
void put_participant(struct buffer *o, const struct seat *seat);
/* The tour object, for who is in it. */
void put_tour(struct buffer *o, const struct signaling *s, us_t now, const struct tour *t);
/* The same for who has it already: the property is there only when it has changed since, null when
 * there is none any more. */
void put_tour_changed(struct buffer *o, const struct signaling *s, us_t now, const struct tour *t);
/* The same without what only those in it may know, for who is not (yet). */
void put_tour_outline(struct buffer *o, const struct signaling *s, us_t now, const struct tour *t);
/* All participants, in the order of joining. */
void put_roster(struct buffer *o, const struct tour *t);
/* All slots with what is bound to them; session may be NULL (no transport: none). */
void put_slots(struct buffer *o, const struct signaling *s, const struct session *session);
/* Where somebody points, as members of an object. */
void put_place(struct buffer *o, const struct pointer *p);
/* The event about one slot, params.lines[line]. */
void put_slot(struct buffer *o, const struct signaling *s, const struct session *session, int line);
/* "p7", of its number. */
void put_number(struct buffer *o, const char *key, uint32_t number);
/* "p7", or null for 0 and for those who left. */
void put_id(struct buffer *o, const struct signaling *s, uint64_t participant);
/* An event of this type with the participant to everybody in the tour but `except`. */
void tell_participant(struct signaling *s, const struct seat *seat, const char *type,
                      const struct conn *except);
/* Everybody in the tour: whether it is recorded. */
void tell_recording(struct signaling *s, const struct tour *t);

#endif
