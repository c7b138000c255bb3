/* From the units of the configuration to those of the program: [us], [bytes], [bit/s]. The schema's
 * ranges are such that nothing here overflows. */
#ifndef ORIEL_SERVER_CONFIG_UNITS_H
#define ORIEL_SERVER_CONFIG_UNITS_H

#include "base/time.h"

#include <stddef.h>
#include <stdint.h>

/* Times, [us]. */
static inline us_t us_of_ms(int64_t ms) {
    return ms * US_PER_MS;
}

/* The same. */
static inline us_t us_of_s(int64_t s) {
    return s * US_PER_S;
}

/* The same. */
static inline us_t us_of_hours(int64_t hours) {
    return us_of_s(hours * 3600);
}

/* The same. */
static inline us_t us_of_days(int64_t days) {
    return us_of_hours(days * 24);
}

/* Sizes, [bytes]. */
static inline size_t bytes_of_kib(int64_t kib) {
    return (size_t)kib * 1024;
}

/* The same. */
static inline uint64_t bytes_of_mib(int64_t mib) {
    return (uint64_t)mib * 1024 * 1024;
}

/* Rates, of [kbit/s] to [bit/s]. */
static inline uint64_t bits_of_kbit(int64_t kbit) {
    return (uint64_t)kbit * 1000;
}

/* And to [bytes/s]. */
static inline uint32_t bytes_of_kbit(int64_t kbit) {
    return (uint32_t)(bits_of_kbit(kbit) / 8);
}

#endif
