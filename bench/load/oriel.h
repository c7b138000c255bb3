/* What Oriel has besides what all targets have. Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_ORIEL_H
#define ORIEL_BENCH_LOAD_ORIEL_H

#include "bench/load/target.h"

/* The library that it seals with, as srtp_aead_name. */
const char *oriel_aead(const struct target *t);
/* The sum of all metrics of this name, whatever their labels; -1 when there is no answer. */
double oriel_metric(struct target *t, const char *name);
/* The same of those whose labels contain this text. */
double oriel_metric_of(struct target *t, const char *name, const char *labels);
/* One person, a buyer, comes into a room as a publisher (WHIP) and as a viewer (WHEP). */
void oriel_intrude(struct target *t, struct publisher *p, struct viewer *v, unsigned room);
/* A publisher or viewer that has joined leaves (DELETE); waits for the answer. False when it is not
 * 200. */
bool oriel_leave(struct target *t, const struct client *c, unsigned room);

#endif
