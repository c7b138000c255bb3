/* One tour on two workers: two engines and what they tell each other. The home is worker 0, the
 * other is worker 1 and has clients of its own. */
#ifndef ORIEL_TESTS_UNIT_ENGINE_PAIR_H
#define ORIEL_TESTS_UNIT_ENGINE_PAIR_H

#include "tests/unit/engine/rig.h"

#define EVERYBODY (~1ull & ~(1ull << RELAY_MIX)) /* all workers but the home */

struct pair {
    struct rig home, other;
    unsigned lose; /* bits of relay_type: messages that find no room */
};
extern struct pair pair;

/* Both have the tour; false without memory. */
bool pair_init(void);
void pair_done(void);
/* Carry everything until nothing moves any more. */
void pair_exchange(void);
/* Let time pass for both. */
void pair_run(us_t duration);

#endif
