/* Measured values, kept one by one until a scenario asks for a percentile. */
#ifndef ORIEL_TESTS_SIM_SAMPLES_H
#define ORIEL_TESTS_SIM_SAMPLES_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>

struct samples {
    us_t *v;
    size_t n, cap;
    bool sorted;
};

/* To a zeroed struct. */
void samples_add(struct samples *s, us_t value);
/* The value that percent of them do not exceed; 0 when there are none. Sorts them. */
us_t samples_percentile(struct samples *s, double percent);
void samples_free(struct samples *s);

#endif
