/* ULIDs: names that sort by the time they were made (github.com/ulid/spec): 48 bits of milliseconds
 * since 1970 and 80 random bits, as 26 characters of Crockford's base32. Thread: any. */
#ifndef ORIEL_BASE_ULID_H
#define ORIEL_BASE_ULID_H

#include "base/rng.h"
#include "base/time.h"

#include <stdbool.h>

#define ULID_LEN 26 /* characters, without the NUL */

/* A new one in out[ULID_LEN + 1]. A time before 1970 counts as that. */
void ulid_make(wall_t at, const struct rng *rng, char *out);
/* Is it one, in capital letters, as ulid_make writes it? */
bool ulid_valid(const char *text);

#endif
