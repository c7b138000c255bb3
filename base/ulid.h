/* ULIDs (github.com/ulid/spec): names of 128 bits that sort by the time of their making, as 26
 * characters of Crockford's base32: 48 bits of milliseconds since 1970 and 80 random ones. Those of
 * one maker never go back, also within a millisecond and when the clock does. Clock and randomness
 * are arguments. Thread: any; a maker belongs to one. */
#ifndef ORIEL_BASE_ULID_H
#define ORIEL_BASE_ULID_H

#include "base/rng.h"
#include "base/time.h"

#define ULID_CHARS 26
#define ULID_RANDOM 10 /* [bytes] */

/* What was made last; zero before the first. */
struct ulid_maker {
    uint64_t ms; /* [ms] since 1970 */
    uint8_t random[ULID_RANDOM];
};

/* The next one, with a NUL behind it. Within a millisecond it is the last one plus 1, as the
 * specification says. */
void ulid_next(struct ulid_maker *m, wall_t wall, const struct rng *rng, char out[ULID_CHARS + 1]);
/* Is this one as ulid_next writes them, in capitals? */
bool ulid_valid(const char *text);
/* When it was made; only of one that is valid. */
wall_t ulid_made(const char *text);

#endif
