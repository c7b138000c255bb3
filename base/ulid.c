#include "base/ulid.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#define MS_MAX ((UINT64_C(1) << 48) - 1) /* [ms] the year 10889 */
#define TIME_CHARS 10

/* One more. False: it was the last of its millisecond. */
static bool count_on(uint8_t random[ULID_RANDOM]) {
    for (size_t i = ULID_RANDOM; i > 0; i--) {
        if (++random[i - 1]) {
            return true;
        }
    }
    return false;
}

static void write(const struct ulid_maker *m, char out[ULID_CHARS + 1]) {
    uint64_t ms = m->ms;
    for (size_t i = TIME_CHARS; i > 0; i--, ms >>= 5) {
        out[i - 1] = alphabet[ms & 31];
    }
    /* 80 bits are 16 characters: 5 bytes are 8 of them. */
    for (size_t half = 0; half < 2; half++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < 5; i++) {
            bits = bits << 8 | m->random[5 * half + i];
        }
        for (size_t i = 8; i > 0; i--, bits >>= 5) {
            out[TIME_CHARS + 8 * half + i - 1] = alphabet[bits & 31];
        }
    }
    out[ULID_CHARS] = '\0';
}

void ulid_next(struct ulid_maker *m, wall_t wall, const struct rng *rng, char out[ULID_CHARS + 1]) {
    uint64_t ms = wall.us > 0 ? (uint64_t)wall.us / 1000 : 0;
    ms = ms < MS_MAX ? ms : MS_MAX;
    if (ms > m->ms || !count_on(m->random)) {
        m->ms = ms > m->ms ? ms : m->ms + 1;
        rng_fill(rng, m->random, ULID_RANDOM);
    }
    write(m, out);
}

bool ulid_valid(const char *text) {
    return strlen(text) == ULID_CHARS && strspn(text, alphabet) == ULID_CHARS && *text <= '7';
}

wall_t ulid_made(const char *text) {
    int64_t ms = 0;
    for (size_t i = 0; i < TIME_CHARS; i++) {
        ms = ms << 5 | (int64_t)(strchr(alphabet, text[i]) - alphabet);
    }
    return (wall_t){ms * 1000};
}
