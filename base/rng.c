#include "base/rng.h"

#include "base/check.h"

#include <string.h>

uint32_t rng_u32(const struct rng *r) {
    uint32_t v;
    rng_fill(r, &v, sizeof(v));
    return v;
}

uint64_t rng_u64(const struct rng *r) {
    uint64_t v;
    rng_fill(r, &v, sizeof(v));
    return v;
}

uint32_t rng_below(const struct rng *r, uint32_t n) {
    CHECK(n > 0);
    /* 2^32 mod n values at the bottom would make some results likelier: draw again. */
    uint32_t biased = -n % n, v;
    do {
        v = rng_u32(r);
    } while (v < biased);
    return v % n;
}

void rng_ice_chars(const struct rng *r, char *out, size_t n) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    rng_fill(r, out, n);
    for (size_t i = 0; i < n; i++) {
        out[i] = alphabet[(unsigned char)out[i] & 63];
    }
    out[n] = '\0';
}

/* splitmix64 (Steele, Lea, Flood 2014): the seeding the authors of xoshiro recommend. */
static uint64_t splitmix64(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t rotl(uint64_t x, int k) {
    return x << k | x >> (64 - k);
}

/* xoshiro256** 1.0 (Blackman and Vigna 2018). */
static uint64_t xoshiro_next(uint64_t s[4]) {
    uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

static void seeded_fill(void *ctx, void *out, size_t n) {
    struct rng_seeded *s = ctx;
    unsigned char *p = out;
    while (n > 0) {
        uint64_t v = xoshiro_next(s->s);
        size_t k = n < sizeof(v) ? n : sizeof(v);
        memcpy(p, &v, k);
        p += k;
        n -= k;
    }
}

void rng_seed(struct rng_seeded *s, uint64_t seed) {
    for (size_t i = 0; i < ARRAY_LEN(s->s); i++) {
        s->s[i] = splitmix64(&seed);
    }
}

struct rng rng_from_seeded(struct rng_seeded *s) {
    return (struct rng){seeded_fill, s};
}
