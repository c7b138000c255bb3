/* What a scenario looked like, as a picture (SVG): rates, the queue, and what was shown. */
#ifndef ORIEL_TESTS_SIM_PLOT_H
#define ORIEL_TESTS_SIM_PLOT_H

#include "tests/sim/sim_world.h"

struct plot;

/* Never NULL. */
struct plot *plot_new(void);
struct plot *plot_free(struct plot *p);
/* How it is for this viewer now; nothing is noted unless w->plot is set. estimate [bit/s]. */
void plot_sample(struct world *w, struct browser *b, uint64_t estimate);
/* False when the file cannot be written, or nothing was noted. */
bool plot_write(const struct plot *p, const char *file, const char *title);

#endif
