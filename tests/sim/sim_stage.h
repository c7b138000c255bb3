/* A model of who should be on whose stage (media/room/stage.h), from what browsers send and what
 * the platform has told: written anew, so that it can be wrong only in other ways. */
#ifndef ORIEL_TESTS_SIM_STAGE_H
#define ORIEL_TESTS_SIM_STAGE_H

#include "tests/sim/sim_world.h"

/* Whether b is to be shown this of x, as far as x sends it and b may receive it. */
bool stage_may_show(const struct browser *b, const struct browser *x, enum source_kind kind);
/* When nothing has changed for a while: every stage shows what belongs there, with the voice that
 * belongs to it, who holds it is heard, and nobody is shown what he may not receive. */
void expect_stages(struct world *w);

#endif
