#include "base/ulid.h"

#include <string.h>

/* Without I, L, O and U, which are read as others. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The low 5 * n bits of v as n digits. */
static void put(char *out, size_t n, uint64_t v) {
    for (size_t i = n; i-- > 0; v >>= 5) {
        out[i] = digits[v & 31];
    }
}

void ulid_make(wall_t at, const struct rng *rng, char *out) {
    uint64_t ms = at.us > 0 ? (uint64_t)at.us / 1000 : 0;
    put(out, 10, ms & ((UINT64_C(1) << 48) - 1));
    put(out + 10, 8, rng_u64(rng));
    put(out + 18, 8, rng_u64(rng));
    out[ULID_LEN] = '\0';
}

bool ulid_valid(const char *text) {
    /* Its first digit has three bits only. */
    return strspn(text, digits) == ULID_LEN && text[ULID_LEN] == '\0' && text[0] <= '7';
}
