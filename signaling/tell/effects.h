/* The queue of effects. Two classes: what media and sockets must be told (connections closed,
 * peers removed) has room reserved when the seat is made, so that undoing never allocates; text
 * for a connection may find no memory, and then that connection is closed, for its client resumes
 * and gets the whole state anew. */
#ifndef ORIEL_SIGNALING_TELL_EFFECTS_H
#define ORIEL_SIGNALING_TELL_EFFECTS_H

#include "base/buffer.h"
#include "signaling/state/state.h"

/* Make sure that n more seats or sessions can be undone without allocating. ERR_NOMEM. */
enum err effects_reserve(struct signaling *s, uint32_t n);
/* Queue an effect that may not be lost. */
void effect(struct signaling *s, struct signaling_effect e);
/* Queue a command to these workers (bit each), which may not be lost either. */
void command(struct signaling *s, uint64_t workers, struct command c);
/* The same about a session that was started, to its worker; fills in tour and peer. */
void command_peer(struct signaling *s, const struct session *session, struct command c);
/* Queue an effect with a text of its own, whose reference is taken over; text may be NULL. */
void effect_text(struct signaling *s, struct signaling_effect e, struct shared_text *text);
/* Queue text for a connection. When memory is out the connection is closed instead. text may be
 * NULL (its allocation failed); the caller keeps its reference. */
void send_text(struct signaling *s, struct conn *c, struct shared_text *text);
/* Finish o and send it. */
void send_out(struct signaling *s, struct conn *c, struct buffer *o);
/* Finish o and send it to everybody in the tour but `except` (may be NULL). */
void send_all(struct signaling *s, const struct tour *t, const struct conn *except,
              struct buffer *o);
/* Finish o and send it to the hosts of the tour. */
void send_hosts(struct signaling *s, const struct tour *t, struct buffer *o);
/* One more error with this code was told, for metrics. */
void count_error(struct signaling *s, enum code code);
void send_error(struct signaling *s, struct conn *c, enum code code);
void close_conn(struct signaling *s, struct conn *c, uint16_t status);
void to_trash(struct signaling *s, struct trash *trash);
/* The oldest of them, as signaling_effect. */
bool effect_next(struct signaling *s, struct signaling_effect *ret);

#endif
