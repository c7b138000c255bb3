/* What the floor needs besides what all targets have. Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_FLOOR_H
#define ORIEL_BENCH_LOAD_FLOOR_H

#include "bench/load/floor_server.h"

#include <stdbool.h>

struct target;

/* All its clients have joined, viewers in the order of their rooms: start its process. False with
 * the reason in t->why. */
bool floor_begin(struct target *t);
/* Is this AEAD library there? Its name is that of srtp_aead_name. */
bool floor_has(unsigned engine);
const char *floor_engine_name(unsigned engine);
/* From the next frame on: which library seals (enum floor_engine), and packets of a frame that go
 * to a viewer in one UDP_SEGMENT send; 1 = none do. */
void floor_choose(struct target *t, unsigned engine, unsigned train);

#endif
