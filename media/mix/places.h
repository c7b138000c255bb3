/* The voices of a tour that is mixed, in as many places as there are. Private to media/mix.
 *
 * DESIGN. Who comes takes a place that is free. When there is none, a host displaces whoever is no
 * host and has been silent for longest; anybody else does so when he speaks, and only somebody who
 * has been silent for a second. So neither a microphone that is muted in its browser, which sends
 * silence, nor one that nobody speaks into with discontinuous transmission keeps a voice out, and
 * nobody is interrupted but for a host. A voice without a place is remembered, so that its first
 * packet of sound finds one. Owner: the mix thread. */
#ifndef ORIEL_MEDIA_MIX_PLACES_H
#define ORIEL_MEDIA_MIX_PLACES_H

#include "media/mix/mixed.h"

/* Voices without a place that are remembered; others wait until they are told of again. */
#define PLACES_UNHEARD(voices) (4 * (voices))

/* What voices need, at t->now. */
struct voice_work places_work(struct mixed *t);
/* The mixer's input of a participant, which is the same as long as anybody knows of it: a voice, or
 * an output that leaves it out. */
uint32_t places_input(struct mixed *t, uint64_t participant);
/* It gives up its place, and is not heard from now on. */
void places_end(struct mixed *t, struct voice *v);
/* Participant (0: nobody) is not one of ours any more: its voice ends. */
void places_left(struct mixed *t, uint64_t participant);
/* What an engine tells of a source: its state, that it is gone, a packet (whose reference stays the
 * caller's). */
void places_state(struct mixed *t, const struct relay *m);
void places_gone(struct mixed *t, const struct relay *m);
void places_packet(struct mixed *t, const struct relay *m);
/* Voices of which nothing was told for long are forgotten. */
void places_beat(struct mixed *t);

#endif
