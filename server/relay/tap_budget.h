/* A fair share of a mailbox of taps for every tour whose taps go through it. The producer of the
 * mailbox asks before each push.
 *
 * DESIGN. Dynamic thresholds (Choudhury and Hahne, "Dynamic queue length thresholds for
 * shared-memory packet switches", 1998): a tour may hold as many places as are free. One tour alone
 * has half of the mailbox, and however it floods it leaves the other half; n that flood leave
 * 1/(n + 1), in which a tour that holds little always finds a place. Nobody has to know how many
 * tours there are. What a tour holds is known without a word from the consumer: the mailbox is
 * taken in order, so a ring remembers whose message is in which place, and the room that is left
 * tells how many have been taken. O(1) per tap, amortized; no lock, and no allocation but at
 * creation. Owner: one thread, the worker's. */
#ifndef ORIEL_SERVER_RELAY_TAP_BUDGET_H
#define ORIEL_SERVER_RELAY_TAP_BUDGET_H

#include "media/wire/tap.h"

#include <stdbool.h>
#include <stddef.h>

#define TAPS_RESERVED                                                            \
    16 /* of a tour's share, places that packets leave to the other taps: a lost \
          packet is a gap, a lost change of the stage spoils until the next one */

struct tap_budget;

/* places: of the mailbox, its room when it is empty; tours: whose taps may be in it at once; seed:
 * random. NULL without memory. */
struct tap_budget *tap_budget_new(size_t places, size_t tours, uint64_t seed);
/* NULL allowed; returns NULL. */
struct tap_budget *tap_budget_free(struct tap_budget *b);
/* May t be pushed into the mailbox, which has so much room now? True: it counts as pushed, push it;
 * t->dropped tells what its tour (and no other) has lost before. False: it is lost, and the next
 * one of its tour will tell. */
bool tap_budget_admit(struct tap_budget *b, size_t room, struct tap *t);

#endif
