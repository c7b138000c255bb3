/* What a request is answered. */
#ifndef ORIEL_SIGNALING_REQUESTS_REPLY_H
#define ORIEL_SIGNALING_REQUESTS_REPLY_H

#include "base/buffer.h"
#include "signaling/requests/request.h"
#include "signaling/tours/sessions.h"

/* Begin a reply of this type: the object is open, with `re` when there was an id. */
void reply_open(const struct call *c, struct buffer *o, const char *type);
/* Close and send it. */
void reply_send(const struct call *c, struct buffer *o);
/* {"type":"ok"}, only when there was an id. */
void reply_ok(const struct call *c);
/* The members roster, speaker, and for a host lobby. */
void reply_roster(const struct call *c, struct buffer *o, const struct seat *seat);
/* The members that joined and resumed share: participant, tour, slots, and those. */
void reply_state(const struct call *c, struct buffer *o, const struct seat *seat);
/* The members resume and seat_ends_at. */
void reply_secret(const struct call *c, struct buffer *o, const struct seat *seat);
/* Who waits, and what he may know of the tour. */
void reply_lobby(const struct call *c, const struct seat *seat);
/* What was said before: entries, seq, and entries_lost; of the former those behind "seen". */
void reply_entries(const struct call *c, struct buffer *o, const struct seat *seat);
/* The members answer and warnings. */
void reply_answer(const struct call *c, struct buffer *o, const struct session *session,
                  const struct offer *offer);

/* The error, with its field and what is wrong with the offer when they are known. */
void reply_error(const struct call *c, enum code code);

#endif
