/* The only clock of the product: everything below the rim gets `now` as an argument. */
#ifndef ORIEL_SERVER_CLOCK_H
#define ORIEL_SERVER_CLOCK_H

#include "base/rng.h"
#include "base/time.h"

/* CLOCK_MONOTONIC. Any thread. */
us_t clock_now(void);
/* CLOCK_REALTIME. Any thread. */
wall_t clock_wall(void);
/* The operating system's randomness (getrandom); a failure of it ends the process. Any thread. */
struct rng clock_rng(void);

#endif
