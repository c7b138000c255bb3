/* The only clock of the product: everything below the rim gets `now` as an argument. */
#ifndef ORIEL_SERVER_OS_CLOCK_H
#define ORIEL_SERVER_OS_CLOCK_H

#include "base/rng.h"
#include "base/time.h"

/* CLOCK_MONOTONIC. Any thread. */
us_t clock_now(void);
/* CLOCK_REALTIME. Any thread. */
wall_t clock_wall(void);
/* What CLOCK_REALTIME was when CLOCK_MONOTONIC was `then`: of one instant, however long ago the
 * caller has read the one. Any thread. */
wall_t clock_wall_at(us_t then);
/* [ns] CPU time of the calling thread: what a measurement wants, for others do not lengthen it. */
uint64_t clock_cpu_ns(void);
/* How long poll or epoll may sleep until `at` [ms]: 0 when it is due, rounded up because waking
 * early would spin, at most a second. Any thread. */
int clock_wait_ms(us_t now, us_t at);
/* The operating system's randomness (getrandom); a failure of it ends the process. Any thread. */
struct rng clock_rng(void);

#endif
