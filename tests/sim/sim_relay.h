/* What two workers tell each other: mailboxes that are full now and then. */
#ifndef ORIEL_TESTS_SIM_RELAY_H
#define ORIEL_TESTS_SIM_RELAY_H

#include "media/media.h"

struct world;

struct sim_relay {
    uint32_t loss;      /* of a message, in millionths */
    us_t full_until[2]; /* [us] nothing gets through to this worker until then */
    uint64_t carried, lost;
};

/* Carry what one engine has for another, at most a batch; false when there was nothing. Then drain
 * the other one. */
bool relay_carry(struct world *w, struct engine *from, struct engine *to);

#endif
