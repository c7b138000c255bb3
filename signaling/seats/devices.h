/* Several devices of one person: each has a seat of its own, with the same sub of a token. Who
 * comes while another one is in says whether he takes that seat over or sits beside it; nobody is
 * thrown out by a second click on a link. */
#ifndef ORIEL_SIGNALING_SEATS_DEVICES_H
#define ORIEL_SIGNALING_SEATS_DEVICES_H

#include "signaling/seats/seats.h"

/* "ask", "take_over", "beside"; NULL is "ask". False: it is none of them. */
bool seat_choice_read(const char *word, enum seat_choice *ret);

/* The seat, in the tour (NULL: it is about to be made) or in its lobby, that whoever asks for e
 * gets; *ret NULL: a new one. CODE_SEAT_TAKEN: he has to choose, e->offer.why says how many devices
 * there are; CODE_SEATS_FULL. */
enum code devices_choose(const struct signaling *s, const struct tour *t, struct admission *e,
                         struct seat **ret);
/* A seat is in its tour from now on: it gets its number among those of its person. */
void devices_came(struct signaling *s, us_t now, struct seat *seat);
/* One of this sub is no more. */
void devices_left(struct signaling *s, us_t now, struct tour *t, const char *sub);

#endif
