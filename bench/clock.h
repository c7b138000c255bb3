/* CPU time and medians. Any thread. */
#ifndef ORIEL_BENCH_CLOCK_H
#define ORIEL_BENCH_CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* [ns] of a time of the system. */
uint64_t timespec_ns(const struct timespec *t);
/* [ns] CPU time of this thread, which leaves out what the machine does meanwhile. */
uint64_t cpu_ns(void);
/* [ns] since 1970: the clock of the kernel's stamps on datagrams. */
uint64_t wall_ns(void);
/* The median of v[0 .. n-1], n > 0; sorts v. */
double median(double *v, size_t n);

#endif
