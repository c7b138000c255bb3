/* The measure of everything here: CPU time of the calling thread, which other work on the machine
 * does not lengthen as it does wall time. */
#ifndef ORIEL_BENCH_CLOCK_H
#define ORIEL_BENCH_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* [ns] of CPU time this thread has used. */
uint64_t cpu_ns(void);
/* The median of n > 0 values; sorts them. */
double median(double *v, size_t n);

#endif
