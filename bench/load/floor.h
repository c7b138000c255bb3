/* What the floor needs besides what all targets have. Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_FLOOR_H
#define ORIEL_BENCH_LOAD_FLOOR_H

#include <stdbool.h>

struct target;

/* All its clients have joined, viewers in the order of their rooms: start its process. False with
 * the reason in t->why. */
bool floor_begin(struct target *t);
/* Packets of a frame that go to a viewer in one UDP_SEGMENT send, from the next frame on; 1 = none
 * do. */
void floor_train(struct target *t, unsigned packets);

#endif
